"""Bytes of a Chat Completions answer, streamed or whole, to events and a finished answer.

`feed` is the hot path: a chunk of nothing but text, or more of a call's arguments, costs one JSON
decode and one event. Everything else goes through `_take`, the same for a chunk and a whole body.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

import msgspec

from fairlead.dialects import jsontext
from fairlead.dialects.assembly import Slot
from fairlead.dialects.openai_chat import failures
from fairlead.dialects.openai_chat.answer import EMPTY, AnswerReader
from fairlead.dialects.openai_chat.choice import TEXT
from fairlead.dialects.openai_chat.plain import PlainAnswer, plain_answer
from fairlead.dialects.openai_chat.wire import (
    ANSWER,
    CALLING_CHUNK,
    CHUNK,
    PLAIN_CHUNK,
    Answer,
    Chunk,
    Delta,
    read,
)
from fairlead.errors import DecodeError, ResponseTooLarge
from fairlead.framing.sse import Frame, SseParser
from fairlead.ports import Limits
from fairlead.types.events import Event, TextDelta
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

_NOTHING = Chunk()
_EMPTY = (_NOTHING, Answer())
_DONE = b"[DONE]"
_BAD_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class OpenAIChatDecoder(AnswerReader):
    """Decodes one answer. Never raises for what it reads; see `ports.Decoder`."""

    __slots__ = (
        "_begun",
        "_body",
        "_calling",
        "_framed",
        "_frames",
        "_left",
        "_plain",
        "_plainly",
        "_request",
        "_text",
    )

    _shortly: ClassVar[bool] = True
    """Whether pieces of a call may be taken the short way."""

    def __init__(self, request: ChatRequest, target: Target, limits: Limits) -> None:
        super().__init__(target, limits)
        self._request = request
        self._begun = False
        self._plain: PlainAnswer | None = None

    def begin(self, request: ChatRequest) -> None:
        super().begin(request)
        self._begun = True
        self._left = self._limits.total
        self._frames = SseParser(self._limits.line, self._limits.event)
        self._framed = False
        self._body: bytearray | None = None  # of an answer that turned out not to be a stream
        self._text: Slot | None = None  # where a chunk of plain text goes
        self._plainly = True  # until a chunk holds more than text
        self._calling = False  # whether the last chunk was a piece of one call

    def feed(self, data: bytes) -> list[Event]:
        """Bytes of a stream, in any split."""
        if self.failure is not None or self.finished:
            return []
        if not self._begun:
            self.begin(self._request)
        over = len(data) - self._left
        if over > 0:
            data = data[:-over]
        self._left -= len(data)
        try:
            self._consume(self._frames.feed(data) if self._framed else self._split(data))
        except DecodeError as error:
            self.failure = error
        except RecursionError:
            self.failure = _too_deep()
        if self.failure is None and not self.finished:
            self.failure = self._frames.overflow
            if over > 0 and self.failure is None:
                self.failure = self._too_long()
        return self._first.assembly.take()

    def close(self) -> list[Event]:
        """The stream has ended; a half event at its end means nothing."""
        if self.failure is not None or self.finished:
            return []
        if not self._begun:
            self.begin(self._request)
        if self._body is not None:
            return self.whole(bytes(self._body))
        for _, payload, _ in self._frames.close():
            self._try(partial(self._last, payload))
        if self.failure is None and not self.finished:
            self.failure = self._frames.overflow
        if self.failure is None and not self.finished:
            self._end_of_stream()
        return self._first.assembly.take()

    def whole(self, body: bytes) -> list[Event]:
        """A body that is not a stream, complete."""
        if not self._begun:
            if len(body) <= self._limits.total:
                self._plain = plain_answer(body, self._target.quirks)
            if self._plain is not None:
                self.finished = True
                return self._plain.events()
            self.begin(self._request)
        if body.lstrip().startswith((b"data:", b":", b"event:")):
            return self.feed(body) + self.close()
        self._try(partial(self._whole, body))
        return self._first.assembly.take()

    def partial(self) -> tuple[Message, Usage | None]:
        """What has come so far, for a stream that was cut."""
        if self._plain is not None:
            return self._plain.message, self._plain.usage
        return super().partial() if self._begun else (Message("assistant", ()), None)

    def result(
        self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> ChatResponse:
        """The finished answer; only after `finished`."""
        if self._plain is not None:
            return self._plain.response(receipt, raw, warnings)
        return super().result(receipt=receipt, raw=raw, warnings=warnings)

    def _try(self, step: Callable[[], None]) -> None:
        """Take a step; what it meets that cannot be read becomes the failure."""
        try:
            step()
        except DecodeError as error:
            self.failure = error
        except RecursionError:
            self.failure = _too_deep()

    def _split(self, data: bytes) -> list[Frame]:
        """The frames in the first of `data`. A body that is no stream is kept for the end."""
        if self._body is None:
            head = data.lstrip()
            if head[:1] in (b"{", b"[", b"<"):
                self._body = bytearray()
            else:
                self._framed = bool(head)
        if self._body is not None:
            self._body += data
            return []
        return self._frames.feed(data)

    def _consume(self, frames: list[Frame]) -> None:
        first = self._first
        assembly, text = first.assembly, self._text
        events = assembly.events
        decode = CHUNK.decode if assembly.started else ANSWER.decode
        for name, payload, _ in frames:
            if text is not None and self._plainly and not name:
                try:
                    content = PLAIN_CHUNK.decode(payload).choices[0].delta.content
                except _BAD_JSON:
                    self._plainly = False
                else:
                    if content:
                        text.chunks.append(content)
                        events.append(TextDelta(content, text.index))
                    continue
            if self._calling and not name and self._goes_on(payload):
                continue
            try:
                chunk = decode(payload)
            except _BAD_JSON:
                self._odd(name, payload)
                delta = None
            else:
                delta = None if name else _lone_delta(chunk)
                if delta is None or not assembly.started:
                    self._chunk(name, chunk, payload)
                    delta = None
            if delta is not None:
                first.piece(delta)
                self._calling = self._shortly and delta.tool_calls is not None
            elif self.failure is not None or self.finished:
                return
            else:
                decode = CHUNK.decode if assembly.started else ANSWER.decode
            if text is None:
                text = self._text = self._plain_slot()

    def _goes_on(self, payload: bytes) -> bool:
        """Take a chunk that holds more arguments of a call that has begun, and nothing else."""
        try:
            call = CALLING_CHUNK.decode(payload).choices[0].delta.tool_calls[0]
        except _BAD_JSON:
            self._calling = False
            return False
        return self._first.tools.goes_on(call.index, call.function.arguments)

    def _odd(self, name: bytes, payload: bytes) -> None:
        """A frame that is not a chunk as we know it: the end of the stream, or a misfit."""
        if payload.strip() == _DONE:
            self._finish()
            return
        try:
            chunk, misfits = read(payload)
        except DecodeError as error:
            text = jsontext.excerpt(payload)
            self.failure = failures.in_band(text, self._target) if name == b"error" else error
            return
        warnings = self._first.assembly.warnings
        warnings += [f"{place} has an unknown shape and was left out" for place in misfits]
        self._chunk(name, chunk, payload)

    def _chunk(self, name: bytes, chunk: Chunk, payload: bytes) -> None:
        flat = chunk.choices is None and _is_flat_error(chunk, payload)
        if flat or chunk.error is not None or name == b"error":
            self.failure = failures.in_band(jsontext.untyped(payload), self._target)
            return
        self._take(chunk, payload)

    def _too_long(self) -> ResponseTooLarge:
        return ResponseTooLarge(f"the answer is longer than {self._limits.total:,} bytes")

    def _plain_slot(self) -> Slot | None:
        """The text part, once it is open and its text needs no further look."""
        quirks = self._target.quirks
        return None if quirks.inline_thinking else self._first.assembly.get(TEXT)

    def _last(self, payload: bytes) -> None:
        """A frame that the end of the stream cut from its blank line, if it is whole at all."""
        if payload.endswith(b"}"):
            try:
                read(payload)
            except DecodeError:
                return
        elif payload.strip() != _DONE:
            return
        self._consume([(b"", payload, b"")])

    def _whole(self, body: bytes) -> None:
        if len(body) > self._limits.total:
            raise self._too_long()
        if not body:
            self._first.assembly.start("", "")
            self._first.assembly.warnings.append(EMPTY)
            self._finish()
            return
        answer, misfits = read(body)
        warnings = self._first.assembly.warnings
        warnings += [f"{place} has an unknown shape and was left out" for place in misfits]
        if answer.error is not None:
            self.failure = failures.in_band(jsontext.untyped(body), self._target)
            return
        if answer.choices is None and answer.base_resp is None:
            value = jsontext.untyped(body)
            if failures.is_flat_error(value):
                self.failure = failures.in_band(value, self._target)
                return
            raise DecodeError("the answer has no choices", jsontext.excerpt(body))
        for choice in answer.choices or ():
            # Some providers send both, and the message is the whole of it.
            choice.delta = choice.message or choice.delta
            if choice.delta is None and choice.text is None and choice.error is None:
                raise DecodeError("a choice has no message", jsontext.excerpt(body))
        self._take(answer, body)
        if self.failure is None:
            self._first.assembly.start("", "")
            self._finish()


def _too_deep() -> DecodeError:
    return DecodeError("the answer is nested too deeply to be read")


def _lone_delta(chunk: Chunk) -> Delta | None:
    """The delta of a chunk that holds nothing else; None for every other chunk."""
    choices = chunk.choices
    if choices is None or len(choices) != 1:
        return None
    choice = choices[0]
    if choice.finish_reason is not None or choice.logprobs is not None or choice.index:
        return None
    chunk.choices = None
    lone = chunk == _NOTHING and choice.error is None
    chunk.choices = choices
    return choice.delta if lone else None


def _is_flat_error(chunk: Chunk, payload: bytes) -> bool:
    return chunk in _EMPTY and failures.is_flat_error(jsontext.untyped(payload))
