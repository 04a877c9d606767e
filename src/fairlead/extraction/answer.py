"""One answer of the model while it comes: what is known of its value, and whether it can be right.

Each field is judged the moment it is complete, and a text with every piece where that can tell.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Generic, cast

from msgspec import Struct

from fairlead.errors import DecodeError, MalformedJson, SchemaMismatch
from fairlead.extraction.places import Place, walked
from fairlead.framing.partial_json import PartialJson
from fairlead.schemas.validate import Problem, place_of
from fairlead.types.extraction import T_, Partial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead.extraction.fields import FieldReader
    from fairlead.extraction.shape import Shape
    from fairlead.framing.json_reader import CompletedValue
    from fairlead.schemas.growing import Path

_TOLD_DEPTH = 32
_AT_ONCE = 16 << 10
"""How many characters are judged together: of each value in them is told, which takes memory."""
_MOST_FAULTS = 8
_MOVES = re.compile(r'["{}\[\]]')
"""What must come for something else to grow."""


class Fault(Struct, frozen=True):
    """What is wrong, and where in what the model wrote, as `$.tags[0]`."""

    reason: str
    place: str = "$"

    def __str__(self) -> str:
        return self.reason if self.place == "$" else f"{self.reason} at {self.place}"


class Answer(Generic[T_]):
    """Feed it text; `fault` is the first thing that can never come right.

    `lenient`: items are judged only when they are whole, and wrong ones are put into `skipped`.
    """

    def __init__(self, shape: Shape, number: int, max_size: int, *, lenient: bool = False) -> None:
        self.fault: Fault | None = None
        self.skipped: list[Fault] = []
        self.items: list[object] = []
        """Where the value is a list: its items as their type, in order."""
        self._shape = shape
        self._number = number
        self._lenient = lenient
        self._inner = shape.path
        self._pieces: list[str] = []
        depth = len(self._inner) + 1 if lenient else _TOLD_DEPTH
        self._json = PartialJson(max_size=max_size, told_depth=depth)
        self._complete: dict[str | int, None] = {}
        self._fields: dict[str | int, object] = {}
        self._shown: tuple[Path, dict[str | int, object]] | None = None
        self._growing: Path | None = None
        self._grew_at: Path | None = None
        self._place: Place | None = None

    @property
    def text(self) -> str:
        """All that has come."""
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    @property
    def is_malformed(self) -> bool:
        """Whether it is no JSON, and will be none."""
        return self._json.failure is not None

    @property
    def is_whole(self) -> bool:
        """Whether its JSON has come to its end, right or wrong."""
        return self._json.complete

    @property
    def complete(self) -> Path:
        """The fields or items that are finished and valid."""
        return self._settled()[0]

    def feed(self, text: str) -> None:
        if len(text) > _AT_ONCE:
            for start in range(0, len(text), _AT_ONCE):
                self.feed(text[start : start + _AT_ONCE])
            return
        self._pieces.append(text)
        if self.fault is not None:
            return
        told = self._json.feed(text)
        if told or _MOVES.search(text) is not None:
            self._growing = self._json.growing
        self._judge(told)
        if self.fault is None and not self._lenient:
            self._judge_growth()

    def close(self) -> T_ | None:
        """The answer has ended: its value as the type; None beside a `fault`."""
        if self.fault is None:
            self._judge(self._json.close())
            self._growing = self._json.growing
        if self.fault is not None or self._lenient:
            return None
        try:
            return cast("T_", self._shape.read(self._json.value))
        except SchemaMismatch as error:
            self.fault = Fault(error.reason, place_of(self._inner) + error.path.removeprefix("$"))
            return None

    def partial(self, final: T_ | None = None) -> Partial[T_]:
        """What is known, as a value of its own."""
        growing, held = self._growing, len(self._inner)
        value = _frozen(self._json.value, growing)
        complete, fields = self._settled()
        inside = growing is not None and growing[:held] == self._inner
        return Partial(
            self._shape.inner(value),
            complete,
            fields,
            self._number,
            final,
            growing[held:] if inside and growing is not None else None,
        )

    def faults(self) -> list[Fault]:
        """All that is wrong with the answer as it is now, for the model to mend."""
        if self.fault is None:
            return []
        if not self._json.complete:
            return [self.fault]
        problems = islice(self._shape.validator.problems(self._json.value), _MOST_FAULTS)
        return [Fault(problem.message, problem.place) for problem in problems] or [self.fault]

    # -- judging ---------------------------------------------------------------------------------

    def _judge(self, told: Sequence[CompletedValue]) -> None:
        for path, value in told:
            if self.fault is None:
                self._ended(path, value)
        failure = self._json.failure
        if failure is not None and self.fault is None:
            self.fault = Fault(_said(failure))

    def _ended(self, path: Path, value: object) -> None:
        """Judge a part that is complete, by its type where that is known, else by its schema.

        The whole is left to `close`.
        """
        depth = len(path) - len(self._inner)
        if depth < 1 or path[:-depth] != self._inner:
            return
        reader = self._shape.fields.reader(path[-1]) if depth == 1 else None
        if not self._lenient and (reader is None or not reader.sure):
            place = walked(self._shape.places, path)
            self._found(None if place is None else place.problem(value), path)
        if depth == 1 and self.fault is None:
            self._read(path, value, reader)

    def _read(self, path: Path, value: object, reader: FieldReader | None) -> None:
        """A field or item is complete: its Python value, if its type is known."""
        step, made = path[-1], value
        if reader is not None and not (reader.optional and value is None):
            try:
                made = reader.read(value)
            except SchemaMismatch as error:
                fault = Fault(error.reason, place_of(path) + error.path.removeprefix("$"))
                if self._lenient:
                    self.skipped.append(fault)
                elif reader.sure:
                    self.fault = fault
                return
            self._fields[step] = made
        if isinstance(step, int):
            self.items.append(made)
        self._complete[step] = None
        self._shown = None

    def _judge_growth(self) -> None:
        """The text or container that is open now, where it is new or every piece may tell."""
        growing = self._growing
        if growing is None:
            return
        if growing is not self._grew_at:
            self._grew_at = growing
            self._place = walked(self._shape.places, growing)
        elif self._place is None or not self._place.bounded:
            return
        if self._place is not None:
            value = _at(self._json.value, growing)
            self._found(self._place.lasting_problem(value), growing)

    def _found(self, problem: Problem | None, path: Path) -> None:
        if problem is not None and self.fault is None:
            self.fault = Fault(problem.message, place_of((*path, *problem.path)))

    def _settled(self) -> tuple[Path, dict[str | int, object]]:
        """What is complete, copied only where there is more of it."""
        if self._shown is None:
            self._shown = (tuple(self._complete), dict(self._fields))
        return self._shown


def _at(value: object, path: Path) -> object:
    for step in path:
        value = value[step]  # type: ignore[index]  # the path is of this value
    return value


def _frozen(value: object, growing: Path | None) -> object:
    """`value` as it is now: what is open is copied, what is complete never changes."""
    if growing is None or not isinstance(value, dict | list):
        return value
    root = holder = value.copy()
    for step in growing:
        inner = holder[step]  # type: ignore[index]  # what grows is inside the value
        if not isinstance(inner, dict | list):
            break
        inner = inner.copy()
        holder[step] = inner  # type: ignore[index]  # the same place
        holder = inner
    return root


def _said(failure: DecodeError) -> str:
    if isinstance(failure, MalformedJson):
        return f"it is no JSON: {failure.reason} at character {failure.offset:,}"
    return str(failure)
