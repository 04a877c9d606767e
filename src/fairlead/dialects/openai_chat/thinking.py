"""Reasoning that stands in `<think>` tags at the head of the text (quirk `inline_thinking`)."""

from __future__ import annotations

from typing import Literal

OPEN = "<think>"
CLOSE = "</think>"

Piece = tuple[Literal["reasoning", "text"], str]


class InlineThinking:
    """Tells reasoning from text, in any split. White space around the tags belongs to neither."""

    __slots__ = ("_held", "_state")

    def __init__(self) -> None:
        self._held = ""
        self._state: Literal["head", "trim", "inside", "after", "text"] = "head"

    def feed(self, delta: str) -> list[Piece]:
        """What `delta` adds to reasoning and text; a half tag is held back."""
        pieces: list[Piece] = []
        self._held += delta
        while self._held and self._step(pieces):
            pass
        return pieces

    def close(self) -> list[Piece]:
        """What was held back, once no more comes."""
        held, self._held = self._held, ""
        if not held or self._state in ("trim", "after"):
            return []
        return [("reasoning" if self._state == "inside" else "text", held)]

    def _step(self, pieces: list[Piece]) -> bool:
        """Take one step; false when more text is needed for the next."""
        if self._state == "text":
            pieces.append(("text", self._held))
            self._held = ""
            return False
        if self._state == "inside":
            return self._inside(pieces)
        if self._state == "head":
            return self._head()
        self._held = self._held.lstrip()
        if self._held:
            self._state = "inside" if self._state == "trim" else "text"
        return bool(self._held)

    def _head(self) -> bool:
        start = self._held.lstrip()
        if start.startswith(OPEN):
            self._held = start[len(OPEN) :]
            self._state = "trim"
            return True
        if OPEN.startswith(start):
            return False
        self._state = "text"
        return True

    def _inside(self, pieces: list[Piece]) -> bool:
        thought, tag, rest = self._held.partition(CLOSE)
        if tag:
            if thought := thought.rstrip():
                pieces.append(("reasoning", thought))
            self._held, self._state = rest, "after"
            return True
        kept = _tail(self._held)
        if len(kept) < len(self._held):
            pieces.append(("reasoning", self._held[: len(self._held) - len(kept)]))
        self._held = kept
        return False


def _tail(text: str) -> str:
    """The end of `text` that may be white space before the closing tag, or part of the tag."""
    half = next((n for n in range(len(CLOSE) - 1, 0, -1) if text.endswith(CLOSE[:n])), 0)
    body = text[: len(text) - half] if half else text
    return text[len(body.rstrip()) :]
