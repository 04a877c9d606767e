"""A JSON document that comes piece by piece, and what is known of it so far.

Nothing is read twice, and the value grows in place: a fragment costs what it is long, however much
came before it. Standard JSON alone is read (`repaired_json.py` has the way around that).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairlead.errors import DecodeError, ResponseTooLarge
from fairlead.framing import json_scan as scan
from fairlead.framing.json_reader import IN_STRING, CompletedValue, JsonReader

_UNREAD = 4096
"""How many characters of an open string may wait to be read together."""


class PartialJson(JsonReader):
    """Feed it text in any split. Past its first fault, `failure` tells of it, and it reads no more.

    `value` is always plain and whole: a string is as long as it has come, a container holds what
    has come of it, a number or literal appears once it is certain, a name once its value begins.
    A name that comes twice counts with its last value, as elsewhere; halves of surrogate pairs
    that stand alone become U+FFFD. Numbers that are not finite are refused.

    `told_depth` is how deep the values lie that `feed` tells of: 1 for the fields or items of the
    document, 2 for those inside them as well.
    """

    __slots__ = ("_due", "_max_size", "_size", "_unread")

    def __init__(
        self,
        *,
        max_depth: int = scan.MAX_DEPTH,
        max_size: int = 4 << 20,
        told_depth: int = 1,
    ) -> None:
        super().__init__(max_depth, told_depth)
        self._max_size = max_size
        self._size = 0
        self._unread: list[str] = []  # of an open string, for as long as nobody asks
        self._due = 0  # the size at which that is read; 0 where no string is open

    @property
    def begun(self) -> bool:
        """Whether there is a value at all."""
        return bool(self._root)

    @property
    def value(self) -> object:
        """What is known so far; None before it has begun.

        It is live: its containers are the same ones from call to call, and grow with the next
        fragment. Asking brings an open string in it up to date. `snapshot()` stays as it is.
        """
        if self._unread:
            self._catch_up()
        if self._pieces and self._step is IN_STRING and not self._is_name:
            self._show()
        return self._root[0] if self._root else None

    @property
    def complete(self) -> bool:
        """Whether the document is whole, and nothing but space came after it."""
        return self.is_over and self._failure is None

    @property
    def failure(self) -> DecodeError | None:
        """Why it reads no more."""
        if self._unread:
            self._catch_up()
        return self._failure

    @property
    def max_depth(self) -> int:
        """How many containers may stand in each other."""
        return self._max_depth

    @property
    def size(self) -> int:
        """How many characters have come."""
        return self._size

    def is_complete(self, *path: str | int) -> bool:
        """Whether the value at `path` is there and will not change any more.

        A name that comes again may still replace it.
        """
        holder: Any = self._root
        for step in (0, *path):
            if type(holder) is dict:
                there = step in holder
            else:
                there = type(holder) is list and type(step) is int and 0 <= step < len(holder)
            if not there:
                return False
            holder = holder[step]
        above = self._above()
        if self.is_in_string:
            above.append(self._place())
        return above[: len(path) + 1] != [0, *path]

    @property
    def growing(self) -> tuple[str | int, ...] | None:
        """Where it grows: the steps to the innermost open container or string.

        None before it has begun, and when it is over.
        """
        if not self._root or self.is_over:
            return None
        steps = self._above()
        if self.is_in_string:
            steps.append(self._place())
        return tuple(steps[1:])

    def snapshot(self) -> object:
        """A copy of `value` that does not grow."""
        copied: list[Any] = [self.value]
        unread: list[Any] = [copied]
        while unread:
            holder = unread.pop()
            for key, inner in holder.items() if type(holder) is dict else enumerate(holder):
                if type(inner) is dict or type(inner) is list:
                    holder[key] = inner.copy()
                    unread.append(holder[key])
        return copied[0]

    def feed(self, fragment: str) -> Sequence[CompletedValue]:
        """Read on. Gives the values that the fragment completes, in the order of their ends."""
        self._size = size = self._size + len(fragment)
        if size < self._due and ('"' not in fragment or scan.stays_open(fragment, self._unread)):
            self._unread.append(fragment)
            return ()
        if size > self._max_size and self.failure is None:
            self._fail(ResponseTooLarge(f"the JSON is longer than {self._max_size:,} characters"))
        if self._failure is not None:
            return ()
        if self._unread:
            self._unread.append(fragment)
            fragment = self._waited()
        return self._read_on(fragment)

    def close(self) -> Sequence[CompletedValue]:
        """The text has ended: a number that stands alone counts, an open value is a failure."""
        told: Sequence[CompletedValue] = ()
        if self.failure is None and self.is_in_number and not self._holders:
            told = self._read(" ")
        if self.failure is None and not self.is_over:
            self._fail(scan.ended(self._size))
        return told

    def _read_on(self, text: str) -> Sequence[CompletedValue]:
        told = self._read(self._held + scan.cleaned(text))
        self._due = 0
        if self._step is IN_STRING and self._failure is None:
            self._due = min(self._size + _UNREAD, self._max_size + 1)
        return told

    def _catch_up(self) -> None:
        """Read what has waited of a string, which goes on behind it."""
        text = self._waited()
        piece = None if self._held else scan.whole_body(text)
        if piece is None:
            self._read_on(text)
        else:
            self._base += len(text)
            self._append(piece)

    def _waited(self) -> str:
        text = "".join(self._unread)
        self._unread.clear()
        return text

    def _fail(self, failure: DecodeError) -> None:
        self._due = 0
        self._failure = failure
