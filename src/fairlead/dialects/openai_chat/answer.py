"""One answer under construction: its choices, its usage, its sources, and how it ends."""

from __future__ import annotations

import msgspec

from fairlead.dialects.openai_chat import extras, failures
from fairlead.dialects.openai_chat.choice import ChoiceReader
from fairlead.dialects.openai_chat.options import OpenAIChatOptions
from fairlead.dialects.openai_chat.usage import Reported
from fairlead.dialects.openai_chat.wire import USAGE_TEXT, Answer, Choice, Chunk
from fairlead.errors import DecodeError, FairleadError, StreamInterrupted
from fairlead.ports import Limits
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import Alternative, ChatResponse, FinishReason, RawResponse
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

MOST_CHOICES = 128  # what OpenAI allows for `n`
NO_REASON = "the provider gave no finish reason"
EMPTY = "the answer was empty"


class AnswerReader:
    """Takes chunks and whole bodies that have been decoded already."""

    __slots__ = (
        "_choices",
        "_expected",
        "_first",
        "_limits",
        "_reported",
        "_results",
        "_sources",
        "_target",
        "failure",
        "finished",
    )

    def __init__(self, target: Target, limits: Limits) -> None:
        self._target = target
        self._limits = limits
        self.failure: FairleadError | None = None
        self.finished = False

    def begin(self, request: ChatRequest) -> None:
        """Make ready for an answer in pieces, or with more in it than text."""
        self._reported = Reported()
        self._first = self._reader()
        self._choices = {0: self._first}
        self._expected = 1
        if isinstance(request.options, OpenAIChatOptions):
            self._expected = request.options.n or 1
        self._sources: list[object] = []
        self._results: list[object] = []

    def partial(self) -> tuple[Message, Usage | None]:
        """What has come so far, for a stream that was cut."""
        return self._first.partial(), self._reported.usage(self._target.quirks)

    def result(
        self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> ChatResponse:
        """The finished answer; only after `finished`."""
        others = self._alternatives() if len(self._choices) > 1 else ()
        return self._first.assembly.response(receipt, raw, warnings, others)

    def _alternatives(self) -> tuple[Alternative, ...]:
        """The other choices that were asked for with `n`, in their order."""
        return tuple(
            Alternative(r.assembly.message(), _reason(r), r.assembly.raw_finish_reason)
            for index, r in sorted(self._choices.items())
            if index
        )

    def _reader(self) -> ChoiceReader:
        return ChoiceReader(
            self._limits.tool_arguments, inline_thinking=self._target.quirks.inline_thinking
        )

    def _open(self, index: int) -> ChoiceReader:
        if len(self._choices) == MOST_CHOICES:
            raise DecodeError(f"the answer has more than {MOST_CHOICES} choices")
        reader = self._choices[index] = self._reader()
        reader.assembly.id = self._first.assembly.id
        return reader

    def _take(self, chunk: Chunk, payload: bytes) -> None:
        """Usage before choices: it may stand on a chunk that has none."""
        if chunk.usage is not None or chunk.x_groq is not None or chunk.cost is not None:
            self._usage(chunk, payload)
        if chunk.x_groq is not None and chunk.x_groq.get("error"):
            self.failure = failures.in_band(chunk.x_groq, self._target)
            return
        if chunk.base_resp is not None and self._target.quirks.base_resp_errors:
            self.failure = failures.of_base_resp(chunk.base_resp, self._target)
            if self.failure is not None:
                return
        self._sources = chunk.citations or self._sources
        self._results = chunk.search_results or self._results
        if isinstance(chunk, Answer):
            self._reported.add_tier(chunk.service_tier)
            if chunk.id or chunk.model or chunk.choices:
                self._first.assembly.start(chunk.id or "", chunk.model or "")
        for position, choice in enumerate(chunk.choices or ()):
            self._choice(position, choice)

    def _choice(self, position: int, choice: Choice) -> None:
        if choice.error is not None:
            self.failure = failures.in_band({"error": choice.error}, self._target)
            return
        index = position if choice.index is None else choice.index
        reader = self._choices.get(index) or self._open(index)
        reader.take(choice, choice.delta if choice.delta is not None else choice.message)
        if index:
            reader.assembly.events.clear()

    def _usage(self, chunk: Chunk, payload: bytes) -> None:
        if chunk.usage is not None:
            try:
                raw = bytes(USAGE_TEXT.decode(payload).usage).decode()
            except (msgspec.DecodeError, UnicodeDecodeError):
                raw = msgspec.json.encode(chunk.usage).decode()
            self._reported.add(chunk.usage, raw)
        if chunk.x_groq is not None and isinstance(usage := chunk.x_groq.get("usage"), dict):
            raw = self._reported.raw or msgspec.json.encode(usage).decode()
            self._reported.add(usage, raw)
        if chunk.cost is not None:
            self._reported.add_cost(chunk.cost)

    def _end_of_stream(self) -> None:
        ended = [reader.raw_finish is not None for reader in self._choices.values()]
        if all(ended) and len(ended) >= self._expected:
            self._finish()
            return
        message, usage = self.partial()
        self.failure = StreamInterrupted(
            "the stream ended before the answer did: neither a finish reason nor [DONE] came",
            partial=message,
            usage=usage,
        )

    def _finish(self) -> None:
        first = self._first
        assembly = first.assembly
        assembly.start("", "")
        if first.raw_finish is None and EMPTY not in assembly.warnings:
            assembly.warnings.append(NO_REASON)
        assembly.usage = self._reported.usage(self._target.quirks)
        assembly.cost = self._reported.cost()
        if self._sources or self._results:
            first.cite(list(extras.sources(self._sources, self._results, first.cited)))
        for reader in self._choices.values():
            reader.finish()
        self.finished = True


def _reason(reader: ChoiceReader) -> FinishReason:
    reason = reader.assembly.finish_reason
    assert reason is not None
    return reason
