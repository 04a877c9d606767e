"""Reads what llama.cpp writes in its own words: pieces of text, the last of which says `stop`."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.classify import classify, fields_of
from fairlead.dialects.decoding import EventDecoder
from fairlead.errors import ApiError, DecodeError
from fairlead.framing.sse import Frame
from fairlead.ports import Limits
from fairlead.types.responses import FinishReason
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

_TEXT = "text"
_REASONS: dict[str | None, FinishReason] = {"limit": "length"}
_NO_REASON = "the provider gave no finish reason"
_OTHERS = "further completions were left out"


class _Timings(Struct, gc=False):
    cache_n: int | None = None


class _Chunk(Struct, gc=False):
    content: str | None = None
    stop: bool | None = None
    index: int | None = None
    tokens_predicted: int | None = None
    tokens_evaluated: int | None = None
    timings: _Timings | None = None
    stop_type: str | None = None
    error: object = None


_CHUNK = msgspec.json.Decoder(_Chunk)


class InfillDecoder(EventDecoder):
    """Decodes one answer. Never raises for what it reads; see `ports.Decoder`."""

    __slots__ = ()
    terminal = "piece that says stop"

    def __init__(self, target: Target, limits: Limits) -> None:
        super().__init__("llamacpp_infill", target, limits)

    def _frames(self, frames: list[Frame]) -> None:
        for name, payload, _ in frames:
            chunk = jsontext.decode(payload, _CHUNK)
            if name == b"error" or chunk.error is not None:
                raise self._error(payload)
            self._chunk(chunk)
            if self.finished:
                return

    def _answer(self, body: bytes) -> None:
        chunk = jsontext.decode(body, _CHUNK)
        if chunk.error is not None:
            raise self._error(body)
        if chunk.content is None:
            raise DecodeError("the answer has no content", jsontext.excerpt(body))
        chunk.stop = True
        self._chunk(chunk)

    def _error(self, payload: bytes) -> ApiError:
        message, code, kind = fields_of(jsontext.untyped(payload))
        return classify(message, status=None, target=self._target.label, code=code, kind=kind)

    def _chunk(self, chunk: _Chunk) -> None:
        assembly = self._assembly
        if chunk.index:
            if _OTHERS not in assembly.warnings:
                assembly.warnings.append(_OTHERS)
            return
        # Only the last piece tells of the model.
        assembly.start("", self._target.model)
        assembly.text(_TEXT, chunk.content or "")
        assembly.usage = _usage(chunk) or assembly.usage
        if chunk.stop:
            if chunk.stop_type is None:
                assembly.warnings.append(_NO_REASON)
            assembly.finish(_REASONS.get(chunk.stop_type, "stop"), chunk.stop_type)
            self.finished = True


def _usage(chunk: _Chunk) -> Usage | None:
    """The counts are running ones: each piece tells of all before it."""
    read, written = chunk.tokens_evaluated, chunk.tokens_predicted
    if read is None or written is None or read < 0 or written < 0:
        return None
    cached = (chunk.timings.cache_n if chunk.timings else None) or 0
    cached = min(max(cached, 0), read)
    return Usage(input=read - cached, cache_read=cached, output=written)
