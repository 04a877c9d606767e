"""Finished text that is nearly JSON, read for what can only have been meant.

Whoever asks for it is told of every liberty that was taken. What has two readings is refused, and
so is text that was cut: an open string, a name without a value, a comma at the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from msgspec import Struct

from fairlead.errors import MalformedJson, ResponseTooLarge
from fairlead.framing import json_scan as scan
from fairlead.framing.partial_json import PartialJson

_FENCE = re.compile(r"```[a-zA-Z0-9]*[ \t]*\r?\n(.*?)\r?\n?[ \t]*```", re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*+")
_BARE_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*+")
_WORD = re.compile(r"[A-Za-z]++")
_WORDS: dict[str, tuple[bool | None, bool]] = {
    "true": (True, False),
    "false": (False, False),
    "null": (None, False),
    "True": (True, True),
    "False": (False, True),
    "None": (None, True),
}
"""Values by their words, and whether that is Python and not JSON."""
_PIECE = re.compile(
    r"""[^"'\\\x00-\x1f]++|\\u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*+|\\.|.""", re.DOTALL
)


class JsonRepair(Struct, frozen=True):
    """What was not JSON, in plain words, at the character `offset` of the text."""

    what: str
    offset: int


def repaired_json(
    text: str, *, max_depth: int = scan.MAX_DEPTH, max_size: int = 4 << 20
) -> tuple[object, tuple[JsonRepair, ...]]:
    """The value of `text`, and what had to be repaired: nothing where it is JSON.

    Repairs a comma behind the last item, closing brackets that are missing at the end, single
    quotes, names without quotes, Python's `True`, `False` and `None`, line breaks and other control
    characters inside strings, and text or a code fence around an object or array. Raises
    `MalformedJson` for all else, and `ResponseTooLarge`.
    """
    strict = PartialJson(max_depth=max_depth, max_size=max_size, told_depth=-1)
    strict.feed(text)
    strict.close()
    if strict.complete:
        return strict.value, ()
    if isinstance(strict.failure, ResponseTooLarge):
        raise strict.failure
    start, end, around = _inside(text)
    reader = _Reader(text, start, end, max_depth)
    value = reader.document()
    return value, (*around, *reader.repairs)


def _inside(text: str) -> tuple[int, int, Sequence[JsonRepair]]:
    """Where the JSON begins, where it must have ended, and what had to be cut away for that."""
    begin = _SPACE.match(text)
    start = begin.end() if begin is not None else 0
    if text[start : start + 1] in ("{", "[", '"', "'", ""):
        return start, len(text), ()
    fence = _FENCE.search(text)
    if fence is not None:
        outside = text[: fence.start()] + text[fence.end() :]
        if not any(mark in outside for mark in "{}[]"):
            return (
                fence.start(1),
                fence.end(1),
                [JsonRepair("a code fence around it", fence.start())],
            )
    brackets = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    if not brackets:
        return start, len(text), ()
    return min(brackets), len(text), [JsonRepair("text in front of it", start)]


class _Reader:
    """Reads one document between two places, and writes down what it put right."""

    def __init__(self, text: str, place: int, end: int, max_depth: int) -> None:
        self._text = text
        self._place = place
        self._end = end
        self._max_depth = max_depth
        self.repairs: list[JsonRepair] = []

    def document(self) -> object:
        value = self._value(0)
        if self._peek():
            self._rest(value)
        return value

    def _rest(self, value: object) -> None:
        """Text behind an object or array may go, unless there is more JSON in it."""
        rest = self._text[self._place : self._end]
        if not isinstance(value, dict | list) or any(mark in rest for mark in "{}[]"):
            raise scan.unexpected(self._text, self._place)
        self.repairs.append(JsonRepair("text behind it", self._place))

    def _value(self, depth: int) -> object:
        char = self._peek()
        if char in ('"', "'"):
            return self._string(char)
        if char and char in "{[":
            if depth >= self._max_depth:
                raise scan.too_deep(self._max_depth, self._place)
            self._place += 1
            return self._object(depth + 1) if char == "{" else self._array(depth + 1)
        if char and char in "-0123456789":
            return self._number()
        return self._word()

    def _object(self, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        while not self._closed("}", comma=bool(found)):
            name = self._name()
            if self._peek() != ":":
                raise self._wrong()
            self._place += 1
            found[name] = self._value(depth)
        return found

    def _array(self, depth: int) -> list[object]:
        found: list[object] = []
        while not self._closed("]", comma=bool(found)):
            found.append(self._value(depth))
        return found

    def _closed(self, mark: str, *, comma: bool) -> bool:
        """Whether the container ends here; reads the comma before an item that is not the first."""
        char = self._peek()
        if comma and char == ",":
            place = self._place
            self._place += 1
            if self._peek() != mark:
                return False
            self.repairs.append(JsonRepair("a comma behind the last item", place))
            self._place += 1
            return True
        if not char:
            self.repairs.append(JsonRepair(f"a missing {mark!r}", self._place))
            return True
        if char != mark:
            if comma:
                raise self._wrong()
            return False
        self._place += 1
        return True

    def _name(self) -> str:
        char = self._peek()
        if char in ('"', "'"):
            return self._string(char)
        match = _BARE_NAME.match(self._text, self._place, self._end)
        if match is None:
            raise self._wrong()
        self.repairs.append(JsonRepair(f"a name without quotes: {match[0]:.40}", self._place))
        self._place = match.end()
        return match[0]

    def _number(self) -> int | float:
        run = scan.number_run(self._text, self._place, self._end)
        token = run[0] if run is not None else ""
        value = scan.number_value(token, self._place)
        self._place += len(token)
        return value

    def _word(self) -> bool | None:
        match = _WORD.match(self._text, self._place, self._end)
        if match is None or match[0] not in _WORDS:
            raise self._wrong()
        value, is_python = _WORDS[match[0]]
        if is_python:
            self.repairs.append(JsonRepair(f"Python's {match[0]}", self._place))
        self._place = match.end()
        return value

    def _string(self, quote: str) -> str:
        start = self._place
        pieces: list[str] = []
        controls = False
        self._place += 1
        while True:
            match = _PIECE.match(self._text, self._place, self._end)
            if match is None:
                raise scan.ended(self._end)
            piece = match[0]
            if piece == quote:
                break
            controls = controls or piece < " "
            pieces.append(self._written(piece, quote))
            self._place = match.end()
        self._place += 1
        if quote == "'":
            self.repairs.append(JsonRepair("single quotes", start))
        if controls:
            self.repairs.append(JsonRepair("a raw control character in a string", start))
        return scan.cleaned("".join(pieces))

    def _written(self, piece: str, quote: str) -> str:
        """What a piece of a string says."""
        if piece[0] != "\\":
            return piece
        if piece == "\\'":
            if quote != "'":
                self.repairs.append(JsonRepair("an escape that JSON does not have", self._place))
            return "'"
        try:
            return str(json.loads(f'"{piece}"'))
        except ValueError as error:
            if len(piece) == 1:
                raise scan.ended(self._end) from error
            raise scan.unexpected(self._text, self._place + 1) from error

    def _peek(self) -> str:
        """The next character that is not space; empty at the end."""
        match = _SPACE.match(self._text, self._place, self._end)
        self._place = match.end() if match is not None else self._place
        return self._text[self._place : min(self._place + 1, self._end)]

    def _wrong(self) -> MalformedJson:
        if self._place >= self._end:
            return scan.ended(self._end)
        return scan.unexpected(self._text, self._place)
