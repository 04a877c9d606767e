"""Reads one candidate: its parts, why it ended, and what tells where its text comes from."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.assembly import Assembly
from fairlead.dialects.gemini import wire
from fairlead.dialects.gemini.calls import Calls
from fairlead.dialects.gemini.citations import citations
from fairlead.dialects.gemini.logprobs import logprobs
from fairlead.dialects.gemini.parts import PartReader
from fairlead.dialects.gemini.reasons import UNSPECIFIED, finish_reason
from fairlead.dialects.gemini.resource import SERVICE
from fairlead.types.messages import Citation

_SOURCES = ("groundingMetadata", "urlContextMetadata")
"""What answers rest on, kept with the message: search results must be shown with their own
suggestions, which is more than citations hold."""


class CandidateReader:
    """One candidate under construction. `raw_finish` is None until it has ended."""

    __slots__ = (
        "_blocked",
        "_calls",
        "_grounding",
        "_message",
        "_quotations",
        "_sources",
        "assembly",
        "parts",
        "raw_finish",
    )

    def __init__(self, max_arguments: int, service: str, *, provider_runs: bool) -> None:
        self.assembly = Assembly(wire.NAME, max_arguments)
        self._calls = Calls(self.assembly, provider_runs=provider_runs)
        self.parts = PartReader(self.assembly, self._calls)
        self.raw_finish: str | None = None
        self._message = ""
        self._blocked = False
        self._grounding: list[Raw] = []
        self._quotations: list[Raw] = []
        self._sources = {SERVICE: Raw(msgspec.json.encode(service))}
        self.assembly.state = wire.written(self._sources)

    def take(self, candidate: wire.Candidate) -> None:
        """Raises `DecodeError` or `ResponseTooLarge`."""
        told = logprobs(candidate.logprobsResult)
        if told:
            self.assembly.logprobs = (self.assembly.logprobs or []) + list(told)
        for raw in (candidate.content and candidate.content.parts) or ():
            self.parts.read(raw, told)
            told = ()
        self._note(candidate)
        if candidate.finishReason is not None and str(candidate.finishReason) not in UNSPECIFIED:
            self.raw_finish = str(candidate.finishReason)
            self._message = rawjson.optional(candidate.finishMessage, wire.STRING) or ""

    def refuse(self, reason: str, message: str) -> None:
        """The prompt was blocked: nothing was answered."""
        self.raw_finish = reason
        self._message = message or reason
        self._blocked = True

    def finish(self) -> None:
        """The candidate is complete."""
        self.parts.close()
        self._calls.close()
        self._cite()
        self.assembly.state = wire.written(self._sources)
        raw = self.raw_finish
        reason = finish_reason(raw, has_tool_calls=self.assembly.has_tool_calls)
        if self._blocked:
            reason = "content_filter"
        if self._message and reason == "content_filter":
            self._refusal(self._message)
        elif self._message and reason != "tool_call" and raw not in ("STOP", "1"):
            self.assembly.warnings.append(f"the provider ended with {raw}: {self._message}")
        self.assembly.finish(reason, raw)

    def _refusal(self, text: str) -> None:
        """Why nothing more came, in the provider's words; nothing of it goes back."""
        slot = self.assembly.slot("refusal", "refusal")
        slot.state = "{}"
        self.assembly.refusal("refusal", text)

    def _note(self, candidate: wire.Candidate) -> None:
        if bytes(candidate.groundingMetadata) not in (b"", b"null", b"{}"):
            self._grounding.append(candidate.groundingMetadata)
        if rawjson.present(candidate.citationMetadata):
            self._quotations.append(candidate.citationMetadata)
        for name in _SOURCES:
            value: Raw = getattr(candidate, name)
            if bytes(value) not in (b"", b"null", b"{}"):
                self._sources[name] = value

    def _cite(self) -> None:
        if not (self._grounding or self._quotations):
            return
        slots = self.parts.texts
        texts = ["".join(slot.chunks) for slot in slots]
        for number, citation in citations(texts, self._grounding, self._quotations):
            if slots:
                self.assembly.citation(slots[number].index, citation)
            else:
                self._stand_alone(citation)

    def _stand_alone(self, citation: Citation) -> None:
        self.assembly.whole(("citation", citation), citation)
