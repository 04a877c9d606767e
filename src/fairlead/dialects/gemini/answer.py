"""One answer under construction: its candidates, its usage, and how it ends."""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.gemini import wire
from fairlead.dialects.gemini.candidate import CandidateReader
from fairlead.dialects.gemini.resource import service
from fairlead.dialects.gemini.tally import UsageTally
from fairlead.errors import DecodeError
from fairlead.ports import Limits
from fairlead.types.events import Event
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import Alternative, ChatResponse, RawResponse
from fairlead.types.targets import Target
from fairlead.types.tools import ProviderTool
from fairlead.types.usage import Usage

MOST_CANDIDATES = 128
PENDING = 64
NO_REASON = "the provider gave no finish reason"


class Answer:
    """Takes chunks that have been decoded already. `first` is the candidate that is told of."""

    __slots__ = ("_candidates", "_max_arguments", "_provider_runs", "_service", "first", "tally")

    def __init__(self, request: ChatRequest, target: Target, limits: Limits) -> None:
        self._service = service(target)
        self._max_arguments = limits.tool_arguments
        self._provider_runs = any(
            isinstance(tool, ProviderTool) and "mcpServers" in tool.definition
            for tool in request.tools
        )
        self.tally = UsageTally()
        self.first = self._reader()
        self._candidates: dict[int, CandidateReader] = {}

    @property
    def started(self) -> bool:
        return self.first.assembly.started

    @property
    def events(self) -> list[Event]:
        """What nobody has taken yet."""
        return self.first.assembly.events

    @property
    def ended(self) -> bool:
        """Whether something was answered or refused, and all of it is complete."""
        if self.first.raw_finish is None:
            return False
        return all(reader.raw_finish is not None for reader in self._candidates.values())

    def settle(self) -> None:
        """Hold no more usage than must be held."""
        if len(self.tally.pending) >= PENDING:
            self.tally.look()

    def warn(self, warning: str) -> None:
        self.first.assembly.warnings.append(warning)

    def add(self, chunk: wire.Chunk) -> None:
        """Usage before candidates: it may stand on a chunk that has none."""
        self.tally.pending.append(chunk.usageMetadata)
        named = chunk.modelVersion or chunk.responseId
        if chunk.candidates or named or rawjson.present(chunk.promptFeedback):
            self.first.assembly.start(chunk.responseId or "", chunk.modelVersion or "")
        for place, candidate in enumerate(chunk.candidates or ()):
            index = place if candidate.index is None else candidate.index
            reader = self.first if index == 0 else self._other(index)
            reader.take(candidate)
            if index:
                reader.assembly.events.clear()
        self._feedback(chunk.promptFeedback)

    def finish(self) -> None:
        first = self.first.assembly
        first.start("", "")
        first.usage = self.tally.usage()
        for reader in (self.first, *self._candidates.values()):
            if reader.raw_finish is None:
                first.warnings.append(NO_REASON)
            reader.finish()

    def partial(self) -> tuple[Message, Usage | None]:
        return self.first.assembly.message(), self.tally.usage()

    def response(
        self, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> ChatResponse:
        return self.first.assembly.response(receipt, raw, warnings, self._alternatives())

    def _alternatives(self) -> tuple[Alternative, ...]:
        """The other candidates that were asked for, in their order."""
        found = []
        for _, reader in sorted(self._candidates.items()):
            reason = reader.assembly.finish_reason
            assert reason is not None, "only a finished answer has alternatives"
            found.append(
                Alternative(reader.assembly.message(), reason, reader.assembly.raw_finish_reason)
            )
        return tuple(found)

    def _feedback(self, raw: Raw) -> None:
        feedback = rawjson.optional(raw, wire.PROMPT_FEEDBACK)
        if feedback is not None and feedback.blockReason:
            message = feedback.blockReasonMessage or ""
            self.first.refuse(str(feedback.blockReason), message)

    def _other(self, index: int) -> CandidateReader:
        reader = self._candidates.get(index)
        if reader is None:
            if len(self._candidates) == MOST_CANDIDATES:
                raise DecodeError(f"the answer has more than {MOST_CANDIDATES} candidates")
            reader = self._candidates[index] = self._reader()
            reader.assembly.id = self.first.assembly.id
        return reader

    def _reader(self) -> CandidateReader:
        return CandidateReader(
            self._max_arguments, self._service, provider_runs=self._provider_runs
        )
