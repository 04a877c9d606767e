"""Finds the JSON in what a model writes, in any split: fences and words around it are left out."""

from __future__ import annotations

import re

_MARK = re.compile(r'["\\{}\[\]]')
_FENCE = re.compile(r"```[\w+-]*")


class JsonInText:
    """Feed it text in any split; it gives what belongs to the first object or array.

    `opening` are the characters that begin it. `talk` says whether there were words around it.
    Text without any JSON is held back, for `close` to give.
    """

    __slots__ = ("_depth", "_escaped", "_found", "_in_string", "_opening", "_outside", "found")

    def __init__(self, opening: str = "{[") -> None:
        self._opening = opening
        self._outside: list[str] = []
        self._found: list[str] = []
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self.found = False
        """Whether the JSON has begun."""

    @property
    def text(self) -> str:
        """The JSON as far as it has come; of an answer without any, all of it."""
        return "".join(self._found if self.found else self._outside)

    @property
    def talk(self) -> bool:
        """Whether there is more around the JSON than space and a fence."""
        return self.found and bool(_FENCE.sub("", "".join(self._outside)).strip())

    def feed(self, text: str) -> str:
        """What of `text` is JSON."""
        if self.found and not self._depth:
            self._outside.append(text)
            return ""
        start = 0 if self.found else self._begin(text)
        if start is None:
            self._outside.append(text)
            return ""
        end = self._end(text, start)
        self._outside += [text[:start], "\n", text[end:]]
        self._found.append(text[start:end])
        return text[start:end]

    def close(self) -> str:
        """The text has ended: gives it all where it held no JSON."""
        return "" if self.found else self.text

    def _begin(self, text: str) -> int | None:
        places = [place for mark in self._opening if (place := text.find(mark)) >= 0]
        self.found = bool(places)
        return min(places) if places else None

    def _end(self, text: str, start: int) -> int:
        """Where the JSON ends in `text`, or `text` does."""
        place = start
        if self._escaped and place < len(text):
            self._escaped = False
            place += 1
        while (mark := _MARK.search(text, place)) is not None:
            place = mark.end()
            if mark[0] == "\\":
                if self._in_string:
                    self._escaped = place == len(text)
                    place += 1
            elif mark[0] == '"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += 1 if mark[0] in "{[" else -1
                if not self._depth:
                    return place
        return len(text)
