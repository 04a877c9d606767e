"""Reads an answer: the events of a stream, or one object."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.cohere import wire
from fairlead.dialects.cohere.failures import api_error, stream_error
from fairlead.dialects.cohere.parts import Parts
from fairlead.dialects.cohere.reasons import finish_reason
from fairlead.dialects.cohere.tally import usage_of
from fairlead.dialects.decoding import EventDecoder
from fairlead.errors import DecodeError
from fairlead.framing.sse import Frame
from fairlead.ports import Limits
from fairlead.types.events import TextDelta
from fairlead.types.targets import Target


class ChatDecoder(EventDecoder):
    """One answer. A stream is complete at `message-end`; `[DONE]` may follow it."""

    __slots__ = ("_parts",)

    terminal = "message-end"

    def __init__(self, target: Target, limits: Limits) -> None:
        super().__init__(wire.NAME, target, limits)
        self._parts = Parts(self._assembly)

    def _frames(self, frames: list[Frame]) -> None:
        """The hot path: a text delta costs one decode, one event and one appended chunk."""
        decode = wire.FRAME.decode
        texts = self._parts.texts
        events = self._assembly.events
        for _, payload, _ in frames:
            try:
                frame = decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                if payload.strip() == b"[DONE]":
                    continue
                frame = wire.read_frame(payload)
            delta = frame.delta
            if frame.type == "content-delta" and delta is not None and delta.message is not None:
                content = delta.message.content
                if type(content) is wire.Content and content.text and not bytes(frame.logprobs):
                    slot = texts.get(frame.index)
                    if slot is not None:
                        slot.chunks.append(content.text)
                        events.append(TextDelta(content.text, slot.index))
                        continue
            self._event(frame, payload)
            if self.finished:
                return

    def _event(self, frame: wire.Frame, data: bytes) -> None:
        kind, delta = frame.type, frame.delta
        if kind is None:
            raise (
                api_error(data, self._target)
                if rawjson.present(frame.message)
                else DecodeError("an event has no type", jsontext.excerpt(data))
            )
        self._assembly.start(frame.id or "", "")
        message = delta.message if delta is not None else None
        if kind == "message-end":
            self._end(delta or wire.Delta())
        elif kind == "tool-call-end":
            self._parts.end_call(frame.index)
        elif kind == "content-end":
            self._parts.end_content(frame.index)
        elif message is None:
            return
        elif kind in ("content-start", "content-delta"):
            self._parts.content(frame.index, message.content, frame.logprobs)
        elif kind in ("message-start", "tool-plan-delta"):
            self._parts.plan(message.tool_plan)
        elif kind in ("tool-call-start", "tool-call-delta"):
            self._parts.calls(frame.index, message.tool_calls)
        elif kind == "citation-start":
            self._parts.citations(message.citations)

    def _end(self, delta: wire.Delta) -> None:
        self._assembly.usage = usage_of(delta.usage)
        if delta.error:
            raise stream_error(delta.error, delta.error_type, self._target)
        self._finish(delta.finish_reason)

    def _answer(self, body: bytes) -> None:
        answer = jsontext.decode(body, wire.ANSWER)
        message = answer.message
        if message is None or isinstance(message, str):
            if message:
                raise api_error(body, self._target)
            raise DecodeError("the answer has no message", jsontext.excerpt(body))
        self._assembly.start(answer.id or "", "")
        parts = self._parts
        parts.plan(message.tool_plan)
        parts.whole(message.content)
        parts.calls(None, message.tool_calls)
        parts.citations(message.citations)
        self._assembly.usage = usage_of(answer.usage)
        self._logprobs(answer.logprobs)
        self._finish(answer.finish_reason)

    def _logprobs(self, raw: Raw) -> None:
        for item in rawjson.optional(raw, wire.LOGPROB_LIST) or ():
            self._parts.told(item)

    def _finish(self, raw: str | None) -> None:
        assembly = self._assembly
        assembly.finish(finish_reason(raw, has_tool_calls=assembly.has_tool_calls), raw)
        self.finished = True
