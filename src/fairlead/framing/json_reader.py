"""Reads JSON text in any split, and builds its value as it comes.

`PartialJson` is what others use; here is how each character moves it on. A state is a function that
reads on from a place in the text, and gives the place where the next one begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fairlead.errors import DecodeError, MalformedJson
from fairlead.framing import json_scan as scan

_SHOWN_EVERY = 4096
"""How many characters of an open string may wait in pieces, which are larger than their text."""


class CompletedValue(NamedTuple):
    """A value that will not change any more. Containers are the live ones: do not alter them.

    `path` holds names and places, from the outside in; it is empty for the document.
    """

    path: tuple[str | int, ...]
    value: object


class JsonReader:
    """The document stands in a list of its own, so that it hangs somewhere like all else."""

    __slots__ = (
        "_base",
        "_failure",
        "_held",
        "_holders",
        "_is_name",
        "_key",
        "_keys",
        "_max_depth",
        "_names",
        "_patience",
        "_pieces",
        "_root",
        "_step",
        "_told",
        "_told_depth",
        "_top",
        "_waiting",
    )

    def __init__(self, max_depth: int, told_depth: int) -> None:
        self._max_depth = max_depth
        self._told_depth = told_depth
        self._root: list[Any] = []
        self._top: Any = self._root  # the container that is open, and where its next value goes
        self._key = ""
        self._holders: list[Any] = []  # the same of those around it
        self._keys: list[str] = []
        self._names: dict[str, str] = {}
        self._pieces: list[str] = []  # of the string, name or number that is open
        self._waiting = 0
        self._patience = _SHOWN_EVERY
        self._is_name = False
        self._held = ""  # the head of an escape or literal, to be read again with what comes next
        self._base = 0
        self._told: list[CompletedValue] = []
        self._step: Step = JsonReader._value
        self._failure: DecodeError | None = None

    @property
    def is_over(self) -> bool:
        """Whether the document has come to its end."""
        return self._step is JsonReader._over

    @property
    def is_in_number(self) -> bool:
        """Whether a number is open, which only the end of the text would end."""
        return self._step is JsonReader._in_number

    @property
    def is_in_string(self) -> bool:
        """Whether a value is open that is a string."""
        return self._step is IN_STRING and not self._is_name

    def _read(self, text: str) -> list[CompletedValue]:
        self._held = ""
        place, end = 0, len(text)
        try:
            while place < end:
                place = self._step(self, text, place)
        except MalformedJson as error:
            self._failure = MalformedJson(error.reason, error.offset + self._base)
        self._base += end - len(self._held)
        told, self._told = self._told, []
        return told

    # -- the states: each reads on from a place in the text, and gives the next one ---------------

    def _value(self, text: str, place: int) -> int:
        char = text[place]
        if char == '"':
            whole = scan.whole_string(text, place)
            if whole is not None:
                self._put(whole[1])
                return whole.end()
            self._hang("")
            return self._open_string(place, is_name=False)
        if char == "{":
            return self._enter({}, JsonReader._first_name, place)
        if char == "[":
            return self._enter([], JsonReader._first_item, place)
        if char in "-0123456789":
            return self._in_number(text, place)
        if char in scan.LITERALS:
            return self._literal(text, place)
        return _space(text, place)

    def _first_item(self, text: str, place: int) -> int:
        if text[place] == "]":
            return self._leave(place)
        if text[place] in " \t\n\r":
            return _space(text, place)
        return self._value(text, place)

    def _first_name(self, text: str, place: int) -> int:
        return self._leave(place) if text[place] == "}" else self._name(text, place)

    def _name(self, text: str, place: int) -> int:
        if text[place] != '"':
            return _space(text, place)
        whole = scan.whole_name(text, place)
        if whole is None:
            return self._open_string(place, is_name=True)
        key = whole[1]
        self._key = self._names.setdefault(key, key)
        self._step = JsonReader._value
        return whole.end()

    def _colon(self, text: str, place: int) -> int:
        if text[place] != ":":
            return _space(text, place)
        self._step = JsonReader._value
        return place + 1

    def _after(self, text: str, place: int) -> int:
        char = text[place]
        in_object = type(self._top) is dict
        if char == ",":
            self._step = JsonReader._name if in_object else JsonReader._value
            return place + 1
        if char == ("}" if in_object else "]"):
            return self._leave(place)
        return _space(text, place)

    def _over(self, text: str, place: int) -> int:
        return _space(text, place)

    def _in_string(self, text: str, place: int) -> int:
        body = scan.string_body(text, place)
        end = place if body is None else body.end()
        if end > place:
            self._append(scan.unescaped(text[place:end]))
        if end == len(text):
            return end
        if text[end] == '"':
            self._close_string()
            return end + 1
        if text[end] != "\\":
            raise scan.unexpected(text, end)
        length = scan.odd_escape(text, end)
        if not length:
            self._held = text[end:]
            return len(text)
        self._append(scan.REPLACEMENT)
        return end + length

    def _in_number(self, text: str, place: int) -> int:
        run = scan.number_run(text, place)
        end = place if run is None else run.end()
        token, begun = text[place:end], place - self._waiting
        if self._pieces or end == len(text):
            self._pieces.append(token)
            self._waiting += len(token)
            if self._waiting > scan.MAX_NUMBER:
                raise scan.long_number(begun)
            if end == len(text):
                self._step = JsonReader._in_number
                return end
            token = self._taken()
        self._put(scan.number_value(token, begun))
        return end

    def _literal(self, text: str, place: int) -> int:
        word, value = scan.LITERALS[text[place]]
        come = text[place : place + len(word)]
        if come == word:
            self._put(value)
            return place + len(word)
        for ahead, char in enumerate(come):
            if char != word[ahead]:
                raise scan.unexpected(text, place + ahead)
        self._held = come
        return len(text)

    # -- what they do ----------------------------------------------------------------------------

    def _hang(self, value: Any) -> None:
        if type(self._top) is dict:
            self._top[self._key] = value
        else:
            self._top.append(value)

    def _put(self, value: object) -> None:
        self._hang(value)
        self._ended(value)

    def _ended(self, value: object) -> None:
        if len(self._holders) <= self._told_depth:
            self._told.append(CompletedValue((*self._above(), self._place())[1:], value))
        self._step = JsonReader._after if self._holders else JsonReader._over

    def _enter(self, holder: Any, step: Step, place: int) -> int:
        if len(self._holders) >= self._max_depth:
            raise scan.too_deep(self._max_depth, place)
        self._hang(holder)
        self._holders.append(self._top)
        self._keys.append(self._key)
        self._top = holder
        self._step = step
        return place + 1

    def _leave(self, place: int) -> int:
        value, self._top = self._top, self._holders.pop()
        self._key = self._keys.pop()
        self._ended(value)
        return place + 1

    def _open_string(self, place: int, *, is_name: bool) -> int:
        self._is_name = is_name
        self._patience = _SHOWN_EVERY
        self._step = IN_STRING
        return place + 1

    def _append(self, piece: str) -> None:
        self._pieces.append(piece)
        self._waiting += len(piece)
        if self._waiting > self._patience:
            if self._is_name:
                self._pieces = ["".join(self._pieces)]
                self._patience = self._waiting + self._waiting // 4
            else:
                self._patience = max(_SHOWN_EVERY, self._show() // 4)

    def _show(self) -> int:
        """Put what has come of an open string into its place. Gives its length.

        The place lets go of the text meanwhile, so that Python lengthens it and does not copy it.
        """
        holder = self._top
        place = self._key if type(holder) is dict else -1
        more = "".join(self._pieces)
        self._pieces.clear()
        self._waiting = 0
        text = holder[place]
        holder[place] = ""
        text += more
        holder[place] = text
        return len(text)

    def _taken(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        self._waiting = 0
        return text

    def _close_string(self) -> None:
        if self._is_name:
            key = self._taken()
            self._key = self._names.setdefault(key, key)
            self._step = JsonReader._colon
        else:
            self._show()
            self._ended(self._top[self._key if type(self._top) is dict else -1])

    def _above(self) -> list[str | int]:
        """Where the innermost open container is; a first step 0 stands for the document."""
        return [
            key if type(holder) is dict else len(holder) - 1
            for holder, key in zip(self._holders, self._keys, strict=True)
        ]

    def _place(self) -> str | int:
        return self._key if type(self._top) is dict else len(self._top) - 1


Step = Callable[[JsonReader, str, int], int]
IN_STRING: Step = JsonReader._in_string


def _space(text: str, place: int) -> int:
    match = scan.skip_space(text, place)
    if match is None or match.end() == place:
        raise scan.unexpected(text, place)
    return match.end()
