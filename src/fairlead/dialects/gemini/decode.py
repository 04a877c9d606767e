"""Reads an answer: the chunks of a stream, in either of its forms, or one whole body.

A stream has no last word: it is complete when every candidate that came has ended, and ends with
the connection. What it sends after an ending, such as the result of a tool, still counts.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext
from fairlead.dialects.gemini import wire
from fairlead.dialects.gemini.answer import Answer
from fairlead.dialects.gemini.failures import api_error
from fairlead.dialects.gemini.objects import ObjectParser
from fairlead.errors import DecodeError, FairleadError, ResponseTooLarge, StreamInterrupted
from fairlead.framing.sse import Frame, SseParser
from fairlead.ports import Limits
from fairlead.types.events import Event, TextDelta
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

_PLAIN = (wire.TextCandidate(index=0), wire.TextCandidate())
"""Candidates that hold nothing but their content."""
_PLAIN_PART = wire.TextPart()
HALF_EVENT = "the stream ended inside an event, after the answer was complete"


class GeminiDecoder:
    """One answer. Whatever comes in half at the end of a stream is left out."""

    __slots__ = (
        "_answer",
        "_limits",
        "_objects",
        "_page",
        "_parser",
        "_target",
        "_total",
        "_undecided",
        "failure",
        "finished",
    )

    def __init__(self, request: ChatRequest, target: Target, limits: Limits) -> None:
        self._target = target
        self._limits = limits
        self._answer = Answer(request, target, limits)
        self._parser = SseParser(limits.line, limits.event)
        self._objects: ObjectParser | None = None
        self._page: bytearray | None = None
        self._undecided = True
        self._total = 0
        self.failure: FairleadError | None = None
        self.finished = False

    def feed(self, data: bytes) -> list[Event]:
        if self.finished or self.failure is not None:
            return []
        try:
            self._count(len(data))
            if self._undecided:
                self._decide(data)
            self._read(data)
        except FairleadError as error:
            self.failure = error
        if self.failure is None:
            self.failure = self._parser.overflow
        return self._answer.take()

    def close(self) -> list[Event]:
        if self.finished or self.failure is not None:
            return []
        try:
            half = self._last()
            if self._answer.ended:
                self._finish(half)
            else:
                self.failure = self._parser.overflow or self._interrupted()
        except FairleadError as error:
            self.failure = error
        return self._answer.take()

    def whole(self, body: bytes) -> list[Event]:
        try:
            self._count(len(body))
            self._body(body)
        except FairleadError as error:
            self.failure = error
        return self._answer.take()

    def partial(self) -> tuple[Message, Usage | None]:
        """Figures told before the end are those of what had come by then."""
        message, usage = self._answer.partial()
        if usage is not None and not self._answer.ended:
            usage = msgspec.structs.replace(usage, estimated=True)
        return message, usage

    def result(
        self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> ChatResponse:
        return self._answer.response(receipt, raw, warnings)

    def _decide(self, data: bytes) -> None:
        """By its first byte, a stream is JSON, or a page that somebody put in between."""
        head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if not head:
            return
        self._undecided = False
        if head in b"[{":
            self._objects = ObjectParser(self._limits.event)
        elif head == b"<":
            self._page = bytearray()

    def _read(self, data: bytes) -> None:
        if self._objects is not None:
            for payload in self._objects.feed(data):
                self._chunk(payload)
        elif self._page is not None:
            self._page += data
        else:
            self._events(self._parser.feed(data))

    def _events(self, frames: list[Frame]) -> None:
        """The hot path: a text delta costs one decode, one event and one appended chunk.

        A piece of text goes on with the part that is being written; `Struct`s are compared whole,
        which says at once that they hold nothing else.
        """
        decode, answer = wire.FRAME.decode, self._answer
        parts, told, events = answer.first.parts, answer.tally.pending, answer.events
        for _, payload, _ in frames:
            try:
                chunk = decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._odd(payload)
                continue
            candidates = chunk.candidates
            if candidates is not None and len(candidates) == 1:
                candidate = candidates[0]
                content, candidate.content = candidate.content, None
                if content is not None and content.parts is not None and len(content.parts) == 1:
                    part = content.parts[0]
                    text, part.text = part.text, None
                    if text and candidate in _PLAIN:
                        slot = parts.text
                        if slot is not None and part == _PLAIN_PART:
                            slot.chunks.append(text)
                            events.append(TextDelta(text, slot.index))
                            told.append(chunk.usageMetadata)
                            continue
            self._chunk(payload)

    def _chunk(self, payload: bytes) -> None:
        """Any chunk. Raises the error that it is, or `DecodeError`."""
        chunk = jsontext.decode(payload, wire.CHUNK)
        if wire.present(chunk.error):
            raise api_error(payload, self._target)
        self._answer.add(chunk)

    def _odd(self, payload: bytes) -> None:
        """What is not one object: the end mark of others, a list, or events with no blank line."""
        text = payload.strip()
        if text in (b"", b"[DONE]"):
            return
        if text.startswith(b"["):
            for raw in jsontext.decode(text, wire.RAW_LIST):
                self._chunk(bytes(raw))
        elif b"}\n{" in text:
            for line in text.split(b"\n"):
                self._chunk(line)
        else:
            self._chunk(payload)

    def _last(self) -> bool:
        """Read what the end has left over; whether it broke off inside an event."""
        if self._objects is not None:
            half = self._objects.open
            self._objects = ObjectParser(self._limits.event)
            return half
        if self._page is not None:
            self._body(bytes(self._page))
        rest = self._parser.rest.strip()
        if rest.startswith((b"{", b"[")) and b'"error"' in rest:
            raise api_error(rest, self._target) if _is_whole(rest) else self._interrupted()
        try:
            self._events(self._parser.close())
        except DecodeError:
            return True
        return False

    def _body(self, body: bytes) -> None:
        """An answer that is no stream, or the list that a stream would have been."""
        text = body.strip()
        if not text:
            self._answer.warn("the provider answered with an empty body")
        elif text.startswith(b"["):
            for raw in jsontext.decode(text, wire.RAW_LIST):
                self._chunk(bytes(raw))
        else:
            self._chunk(text)
        if text and not self._answer.started:
            raise DecodeError("the answer has no candidates", jsontext.excerpt(body))
        self._finish(half=False)

    def _finish(self, half: bool) -> None:
        if half:
            self._answer.warn(HALF_EVENT)
        self._answer.finish()
        self.finished = True

    def _count(self, size: int) -> None:
        self._total += size
        if self._total > self._limits.total:
            raise ResponseTooLarge(f"the answer is longer than {self._limits.total:,} bytes")

    def _interrupted(self) -> StreamInterrupted:
        message, usage = self.partial()
        return StreamInterrupted(
            "the stream ended before the answer did (no finishReason came); what had come is kept",
            partial=message,
            usage=usage,
        )


def _is_whole(data: bytes) -> bool:
    """Whether the JSON did not break off."""
    try:
        jsontext.decode(data, msgspec.json.Decoder(Raw))
    except DecodeError:
        return False
    return True
