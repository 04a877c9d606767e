"""Reasoning and the field it came in, so that it can go back in the same one.

Providers spell it `reasoning_content`, `reasoning`, `reasoning_text`, `reasoning_details`, as
`thinking` chunks of the content, or in `<think>` tags. The state kept is a JSON object: `field`
names the spelling; `reasoning_details`, `reasoning_opaque` and `chunk` hold what must go back.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fairlead.dialects.assembly import Assembly
from fairlead.dialects.openai_chat.wire import Delta

KEY = "reasoning"
THINK_TAGS = "think_tags"
_GROWING = ("text", "summary")


class ReasoningReader:
    """The reasoning of one choice."""

    __slots__ = ("_assembly", "_chunk", "_details", "_field", "_growing", "_kept")

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._field = ""
        self._details: list[dict[str, object]] = []
        self._growing: dict[str, list[dict[str, object]]] = {}
        self._kept: dict[str, object] = {}
        self._chunk: dict[str, object] = {}

    def add(self, delta: Delta) -> None:
        """Take the reasoning fields of a delta. The same text under two names counts once."""
        if delta.reasoning_details:
            self._assembly.slot(KEY, "reasoning")
            self._field = "reasoning_details"
            self._merge(delta.reasoning_details)
        if delta.reasoning_content:
            self.text("reasoning_content", delta.reasoning_content)
        elif delta.reasoning:
            self.text("reasoning", delta.reasoning)
        elif delta.reasoning_text:
            self.text("reasoning_text", delta.reasoning_text)
        elif delta.reasoning_details:
            self.text("reasoning_details", _visible(delta.reasoning_details))
        if delta.reasoning_opaque:
            self._assembly.slot(KEY, "reasoning")
            self._kept["reasoning_opaque"] = delta.reasoning_opaque

    def text(self, field: str, text: str) -> None:
        self._field = self._field or field
        self._assembly.reasoning(KEY, text)

    def chunk(self, item: Mapping[str, object]) -> None:
        """A thinking chunk of the content; what it holds beside text is kept."""
        self.text("content", _thought(item.get("thinking")))
        for name, value in item.items():
            if name not in ("type", "thinking"):
                self._assembly.slot(KEY, "reasoning")
                self._chunk[name] = value

    def finish(self) -> None:
        slot = self._assembly.get(KEY)
        if slot is None:
            return
        slot.redacted = not slot.chunks
        kept = {"field": self._field or "reasoning_text", **self._kept}
        if self._chunk:
            kept["chunk"] = self._chunk
        if self._details:
            kept["reasoning_details"] = self._details
        slot.state = msgspec.json.encode(kept).decode()

    def _merge(self, items: list[dict[str, object]]) -> None:
        """Details of a stream grow piece by piece; those of one list stand apart as they are."""
        new: list[dict[str, object]] = []
        for item in items:
            like = () if "data" in item else self._growing.get(_key(item), ())
            held = next((d for d in like if _same(d, item)), None)
            if held is None:
                new.append(dict(item))
                continue
            for name, value in item.items():
                if name in _GROWING and isinstance(value, str):
                    held[name] = f"{held.get(name) or ''}{value}"
                elif value is not None:
                    held[name] = value
        self._details += new
        for item in new:
            self._growing.setdefault(_key(item), []).append(item)


def _key(item: dict[str, object]) -> str:
    """Alike for details that may be one: there can be thousands."""
    return f"{item.get('type')} {item.get('index')}"


def _same(held: dict[str, object], item: dict[str, object]) -> bool:
    """Whether `item`, which holds no sealed data, goes on with `held`: no other index, type, id."""
    if (held.get("type"), held.get("index")) != (item.get("type"), item.get("index")):
        return False
    ids = (held.get("id"), item.get("id"))
    return ids[0] == ids[1] or None in ids


def _visible(items: list[dict[str, object]]) -> str:
    texts = [item.get("text") or item.get("summary") for item in items]
    return "".join([text for text in texts if isinstance(text, str)])


def _thought(value: object) -> str:
    """The text of a thinking chunk: a string, or a list of text chunks."""
    if isinstance(value, str):
        return value
    items = value if isinstance(value, list) else []
    texts = [item.get("text") for item in items if isinstance(item, dict)]
    return "".join([text for text in texts if isinstance(text, str)])
