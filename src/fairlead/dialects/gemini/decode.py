"""Reads an answer: the chunks of a stream, in either of its forms, or one whole body.

A stream has no last word: it is complete when every candidate that came has ended, and ends with
the connection. What it sends after an ending, such as the result of a tool, still counts.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.decoding import AnswerDecoder
from fairlead.dialects.gemini import wire
from fairlead.dialects.gemini.answer import Answer
from fairlead.dialects.gemini.failures import api_error
from fairlead.dialects.gemini.objects import ObjectParser
from fairlead.errors import DecodeError
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


class GeminiDecoder(AnswerDecoder):
    """One answer. Whatever comes in half at the end of a stream is left out."""

    __slots__ = ("_objects", "_page", "_parser", "_reply", "_undecided")

    terminal = "finishReason"

    def __init__(self, request: ChatRequest, target: Target, limits: Limits) -> None:
        super().__init__(wire.NAME, target, limits)
        self._reply = Answer(request, target, limits)
        self._assembly = self._reply.first.assembly
        self._parser = SseParser(limits.line, limits.event)
        self._objects: ObjectParser | None = None
        self._page: bytearray | None = None
        self._undecided = True

    def close(self) -> list[Event]:
        if self._page is not None and not self.finished and self.failure is None:
            return self.whole(bytes(self._page))
        return super().close()

    def partial(self) -> tuple[Message, Usage | None]:
        """Figures told before the end are those of what had come by then."""
        message, usage = self._reply.partial()
        if usage is not None and not self._reply.ended:
            usage = msgspec.structs.replace(usage, estimated=True)
        return message, usage

    def result(
        self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> ChatResponse:
        return self._reply.response(receipt, raw, warnings)

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
        if self._undecided:
            self._decide(data)
        if self._objects is not None:
            for payload in self._objects.feed(data):
                self._chunk(payload)
        elif self._page is not None:
            self._page += data
        else:
            self._events(self._parser.feed(data))
            if self._parser.overflow is not None:
                raise self._parser.overflow
        self._reply.settle()

    def _rest(self) -> None:
        half = self._last()
        if self._reply.ended:
            self._finish(half)
        elif self._parser.overflow is not None:
            raise self._parser.overflow

    def _events(self, frames: list[Frame]) -> None:
        """The hot path: a text delta costs one decode, one event and one appended chunk.

        A piece of text goes on with the part that is being written; `Struct`s are compared whole,
        which says at once that they hold nothing else.
        """
        decode, answer = wire.FRAME.decode, self._reply
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
        if rawjson.present(chunk.error):
            raise api_error(payload, self._target)
        self._reply.add(chunk)

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
        rest = self._parser.rest.strip()
        if rest.startswith((b"{", b"[")) and b'"error"' in rest:
            raise api_error(rest, self._target) if _is_whole(rest) else self._interrupted()
        try:
            self._events(self._parser.close())
        except DecodeError:
            return True
        return False

    def _answer(self, body: bytes) -> None:
        """An answer that is no stream, or the list that a stream would have been."""
        text = body.strip()
        if not text:
            self._reply.warn("the provider answered with an empty body")
        elif text.startswith(b"["):
            for raw in jsontext.decode(text, wire.RAW_LIST):
                self._chunk(bytes(raw))
        else:
            self._chunk(text)
        if text and not self._reply.started:
            raise DecodeError("the answer has no candidates", jsontext.excerpt(body))
        self._finish(half=False)

    def _finish(self, half: bool) -> None:
        if half:
            self._reply.warn(HALF_EVENT)
        self._reply.finish()
        self.finished = True


def _is_whole(data: bytes) -> bool:
    """Whether the JSON did not break off."""
    try:
        jsontext.decode(data, msgspec.json.Decoder(Raw))
    except DecodeError:
        return False
    return True
