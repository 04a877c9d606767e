"""Reads an answer: the lines of a stream, or one object. Both are the same shape."""

from __future__ import annotations

import math
from zlib import crc32

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.decoding import AnswerDecoder
from fairlead.dialects.ollama import wire
from fairlead.dialects.ollama.failures import api_error
from fairlead.dialects.ollama.tally import usage_of
from fairlead.errors import DecodeError, ResponseTooLarge
from fairlead.framing.ndjson import NdjsonParser
from fairlead.ports import Limits
from fairlead.types.events import TextDelta
from fairlead.types.responses import FinishReason, TokenLogprob
from fairlead.types.targets import Target

THINKING = '{"field":"thinking"}'
MOST_CALLS = 1024

_REASONS: dict[str | None, FinishReason] = {"length": "length"}
"""`stop`, and `load` and `unload` of a model that was asked nothing, are ends like any other."""


class LineDecoder(AnswerDecoder):
    """One answer of `/api/chat` or `/api/generate`. A stream is complete at `done`."""

    __slots__ = ("_calls", "_lines")

    terminal = "line that is done"

    def __init__(self, dialect: str, target: Target, limits: Limits) -> None:
        super().__init__(dialect, target, limits)
        self._lines = NdjsonParser(limits.event)
        self._calls = 0

    def _read(self, data: bytes) -> None:
        self._take(self._lines.feed(data))

    def _rest(self) -> None:
        self._take(self._lines.close())

    def _answer(self, body: bytes) -> None:
        """One object; or several lines, which some servers send though they were not asked to."""
        body = body.strip()
        try:
            line = jsontext.decode(body, wire.LINE)
        except DecodeError:
            if b"\n" not in body:
                raise
            self._take([*self._lines.feed(body), *self._lines.close()])
        else:
            if line.message is None and line.response is None and not bytes(line.error):
                raise DecodeError("the answer holds no message", jsontext.excerpt(body))
            self._line(line, body)
            if line.done is None and not self.finished:
                self._finish(line, body)
        if not self.finished:
            raise self._interrupted()

    def _take(self, lines: list[bytes]) -> None:
        """The hot path: a line of text costs one decode, one event and one appended chunk."""
        decode = wire.LINE.decode
        assembly = self._assembly
        slot = assembly.get("text")
        for data in lines:
            try:
                line = decode(data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                line = jsontext.decode(data, wire.LINE)
            message = line.message
            if slot is not None and not line.done and not bytes(line.logprobs):
                if message is None:
                    text, more = line.response, bool(line.thinking)
                else:
                    text = message.content
                    more = bool(message.thinking or message.tool_calls)
                if text and not more:
                    slot.chunks.append(text)
                    assembly.events.append(TextDelta(text, slot.index))
                    continue
            self._line(line, data)
            if self.finished:
                return
            slot = assembly.get("text")

    def _line(self, line: wire.Line, data: bytes) -> None:
        if rawjson.present(line.error):
            raise api_error(data, self._target)
        self._assembly.start("", line.model or "")
        message = line.message or wire.Message()
        self._think(message.thinking or line.thinking)
        self._assembly.text(
            "text", message.content or line.response or "", self._told(line.logprobs)
        )
        for call in message.tool_calls or ():
            self._call(call, line.created_at or "")
        if line.done:
            self._finish(line, data)

    def _think(self, delta: str | None) -> None:
        if delta:
            self._assembly.slot("thinking", "reasoning").state = THINKING
            self._assembly.reasoning("thinking", delta)

    def _call(self, call: wire.Call, created: str) -> None:
        """Older servers give no id: one is made up, the same for the same line."""
        function = call.function or wire.Function()
        if not function.name:
            raise DecodeError("a tool call came without the tool's name")
        if self._calls == MOST_CALLS:
            raise ResponseTooLarge(f"the answer has more than {MOST_CALLS} tool calls")
        arguments = _arguments(function.arguments)
        seed = f"{created}/{self._calls}/{function.name}/{arguments}"
        call_id = call.id or f"call_{crc32(seed.encode('utf-8', 'replace')):08x}"
        key = ("call", self._calls)
        self._calls += 1
        slot = self._assembly.tool_start(key, call_id, function.name)
        self._assembly.tool_arguments(slot, arguments)
        self._assembly.end(key)

    def _told(self, raw: Raw) -> tuple[TokenLogprob, ...]:
        told = tuple(_logprob(item) for item in rawjson.optional(raw, wire.LOGPROBS) or ())
        if told:
            self._assembly.logprobs = [*(self._assembly.logprobs or ()), *told]
        return told

    def _finish(self, line: wire.Line, data: bytes) -> None:
        """The reason of an answer with tool calls is a plain `stop`."""
        assembly = self._assembly
        assembly.usage = usage_of(data)
        reason = _REASONS.get(line.done_reason, "stop")
        if reason == "stop" and assembly.has_tool_calls:
            reason = "tool_call"
        assembly.finish(reason, line.done_reason)
        self.finished = True


def _arguments(raw: Raw) -> str:
    """An object, or its JSON text as a string."""
    if not rawjson.present(raw) or bytes(raw) == b"{}":
        return ""
    text = rawjson.optional(raw, rawjson.STRING)
    return rawjson.text_of(raw) if text is None else text


def _logprob(item: wire.TokenLogprob) -> TokenLogprob:
    return TokenLogprob(
        item.token,
        item.logprob if math.isfinite(item.logprob) else 0.0,
        tuple(item.bytes) if item.bytes is not None else None,
        tuple(_logprob(other) for other in item.top_logprobs or ()),
    )
