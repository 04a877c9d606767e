"""Parts of an answer, each read into the assembly; adjacent pieces of plain text are one part.

A part with a signature is never merged with another: the signature counts for its own place.
"""

from __future__ import annotations

import binascii

from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.assembly import Assembly, Slot
from fairlead.dialects.gemini import wire
from fairlead.dialects.gemini.calls import Calls
from fairlead.dialects.gemini.extras import extras
from fairlead.errors import DecodeError
from fairlead.types.messages import Audio, File, Image, Opaque, ProviderState
from fairlead.types.responses import TokenLogprob

_STANDARD = str.maketrans("-_", "+/")
PLAIN_THOUGHT = '{"thought":true}'


class PartReader:
    """Reads the parts of one candidate. `text` and `thought` can be gone on with; mostly one can.

    `texts` holds all slots of text, in order.
    """

    __slots__ = ("_assembly", "_calls", "_count", "text", "texts", "thought")

    def __init__(self, assembly: Assembly, calls: Calls) -> None:
        self._assembly = assembly
        self._calls = calls
        self._count = 0
        self.text: Slot | None = None
        self.thought: Slot | None = None
        self.texts: list[Slot] = []

    def read(self, raw: Raw, logprobs: tuple[TokenLogprob, ...] = ()) -> None:
        """Raises `DecodeError` or `ResponseTooLarge`."""
        part = _part(raw)
        if part.text is not None:
            if part.thought:
                self._thought(raw, part.text)
            else:
                self._text(raw, part.text, logprobs)
        elif bytes(raw) != b"{}":
            self._other(raw, part)

    def close(self) -> None:
        """No text follows what stands here; a thought is complete."""
        if self.thought is not None:
            self._assembly.end(self.thought.index)
        self.text = self.thought = None

    def _text(self, raw: Raw, text: str, logprobs: tuple[TokenLogprob, ...]) -> None:
        kept = extras(raw, "text")
        if kept is None and not text and not logprobs:
            return
        slot = self.text
        if slot is None or kept is not None:
            self.close()
            slot = self._assembly.slot(self._next(), "text")
            slot.state = kept
            self.texts.append(slot)
        self._assembly.text(slot.index, text, logprobs)
        self.text = slot if kept is None else None

    def _thought(self, raw: Raw, text: str) -> None:
        kept = extras(raw, "text") or PLAIN_THOUGHT
        plain = kept == PLAIN_THOUGHT
        if plain and not text:
            return
        slot = self.thought
        if slot is None or not plain:
            self.close()
            slot = self._assembly.slot(self._next(), "reasoning")
            slot.state = kept
        self._assembly.reasoning(slot.index, text)
        self.thought = slot
        if not plain:
            self.close()

    def _other(self, raw: Raw, part: wire.Part) -> None:
        self.close()
        key = self._next()
        if rawjson.present(part.functionCall):
            self._calls.call(key, part.functionCall, raw)
        elif rawjson.present(part.functionResponse):
            self._calls.answered(key, part.functionResponse, raw)
        elif rawjson.present(part.executableCode):
            self._calls.code(key, part.executableCode, raw)
        elif rawjson.present(part.codeExecutionResult):
            self._calls.code_result(key, part.codeExecutionResult, raw)
        elif rawjson.present(part.toolCall):
            self._calls.provider_call(key, part.toolCall, raw)
        elif rawjson.present(part.toolResponse):
            self._calls.provider_result(key, part.toolResponse, raw)
        else:
            self._assembly.whole(key, _media(raw, part) or _opaque(raw))

    def _next(self) -> int:
        """The key of the next part, which will be its index too."""
        while self._assembly.get(self._count) is not None:
            self._count += 1
        return self._count


def _part(raw: Raw) -> wire.Part:
    """The part; one of a kind unknown here may have any shape."""
    try:
        return jsontext.decode(bytes(raw), wire.PART)
    except DecodeError:
        if wire.fields_of(raw).keys() & {"text", "functionCall"}:
            raise
        return wire.Part()


def _media(raw: Raw, part: wire.Part) -> Image | Audio | File | None:
    """Bytes in the answer. A thought's are no answer: a sketch goes back, but is not shown."""
    inline = rawjson.optional(part.inlineData, wire.INLINE_DATA)
    if inline is None or part.thought or not inline.mimeType or inline.data is None:
        return None
    try:
        text = inline.data.translate(_STANDARD)
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None
    state = ProviderState(wire.NAME, extras(raw, "inlineData") or "{}")
    if inline.mimeType.startswith("image/"):
        return Image(data=data, media_type=inline.mimeType, provider_state=state)
    if inline.mimeType.startswith("audio/"):
        return Audio(data, inline.mimeType, provider_state=state)
    return File(data=data, media_type=inline.mimeType, provider_state=state)


def _opaque(raw: Raw) -> Opaque:
    """A part that nobody here knows, called after its first field."""
    names = [name for name in wire.fields_of(raw) if name not in ("thought", "thoughtSignature")]
    return Opaque((names or ["part"])[0], ProviderState(wire.NAME, rawjson.text_of(raw)))
