"""Whether a JSON value follows a JSON Schema, and where it does not.

The vocabulary is that which models are given: types, values, bounds, fields, items, combinations
and references into the schema itself. Formats are not judged, unknown keywords mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from fairlead.errors import InvalidRequest, SchemaMismatch
from fairlead.schemas.assertions import ASSERTIONS, LASTING, is_type, shown, type_of
from fairlead.schemas.growing import Path, inside, may_become, settled
from fairlead.schemas.references import pointed
from fairlead.schemas.type_names import check_type_names

_MOST_HOPS = 100
"""How many references and combinations may lie between a value and what judges it."""


class Problem(Struct, frozen=True):
    """What is wrong, and where: the steps from the root, field names and places in arrays."""

    message: str
    path: Path = ()

    @property
    def place(self) -> str:
        return place_of(self.path)

    def __str__(self) -> str:
        return f"{self.message} at {self.place}"


def place_of(path: Sequence[str | int]) -> str:
    """A path as `$.tags[0].name`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


class Validator:
    """One schema, for any number of values. Raises `InvalidRequest` for one that is none.

    `known`: it is part of a schema that another has taken.
    """

    __slots__ = ("_schema",)

    def __init__(self, schema: Mapping[str, object] | bool, *, known: bool = False) -> None:
        if not isinstance(schema, Mapping | bool):
            raise InvalidRequest(f"a schema must be a JSON object, not {shown(schema)}")
        if not known:
            check_type_names(schema)
        self._schema = schema

    def problems(self, value: object) -> Iterator[Problem]:
        """All that is wrong with a whole value, from the outside in.

        Raises `InvalidRequest` for a schema that refers to what it does not have.
        """
        return self._guarded(value, None)

    def valid(self, value: object) -> bool:
        return next(self.problems(value), None) is None

    def check(self, value: object) -> None:
        """Raises `SchemaMismatch` for the first problem."""
        problem = next(self.problems(value), None)
        if problem is not None:
            raise SchemaMismatch(problem.message, problem.place, shown(value))

    def check_partial(self, value: object, growing: Path | None) -> Problem | None:
        """What is wrong with a value that still grows, and cannot come right any more.

        `growing` are the steps to the innermost part that grows: every array and object on the way
        may still get more, an unfinished text or number at its end too; all else is complete.
        `()` means that the value itself grows, None that all of it is complete. It never gives up
        too early, as long as no field is written twice.
        """
        return next(self._guarded(value, growing), None)

    def _guarded(self, value: object, growing: Path | None) -> Iterator[Problem]:
        try:
            yield from Check(self._schema).problems(self._schema, value, (), growing, 0)
        except RecursionError:
            yield Problem("the value is nested too deeply")


class Check:
    """One run of a schema over a value. `absent_nulls`: null may stand for a field's absence.

    What alternatives inside alternatives ask of one part again and again is judged once.
    """

    __slots__ = ("_absent_nulls", "_judged", "_root")

    def __init__(self, root: object, *, absent_nulls: bool = False) -> None:
        self._root = root
        self._absent_nulls = absent_nulls
        self._judged: dict[tuple[int, Path], Problem | None] = {}

    def fits(self, schema: object, value: object, path: Path) -> bool:
        """Whether the part of the value at `path` follows a part of the schema."""
        return self._first(schema, value, path, None, 0) is None

    def problems(
        self, schema: object, value: object, path: Path, growing: Path | None, hops: int
    ) -> Iterator[Problem]:
        if schema is False:
            yield Problem("nothing may stand here", path)
        if not isinstance(schema, Mapping):
            return
        if hops > _MOST_HOPS:
            raise InvalidRequest("the schema's references lead in a circle, or nest too deeply")
        if (wrong := _wrong_type(schema.get("type"), value, growing)) is not None:
            yield Problem(wrong, path)
            return
        yield from (Problem(said, path) for said in _asserted(schema, value, growing))
        if "$ref" in schema:
            target = pointed(self._root, schema["$ref"])
            yield from self.problems(target, value, path, growing, hops + 1)
        if isinstance(value, dict):
            yield from self._fields(schema, value, path, growing, hops)
        elif isinstance(value, list | tuple):
            yield from self._items(schema, value, path, growing, hops)
        yield from self._combined(schema, value, path, growing, hops)

    def _first(
        self, schema: object, value: object, path: Path, growing: Path | None, hops: int
    ) -> Problem | None:
        if not isinstance(value, dict | list | tuple):
            return next(self.problems(schema, value, path, growing, hops + 1), None)
        place = (id(schema), path)
        if place not in self._judged:
            found = next(self.problems(schema, value, path, growing, hops + 1), None)
            self._judged[place] = found
        return self._judged[place]

    def _fields(
        self,
        schema: Mapping[str, object],
        value: dict[str, object],
        path: Path,
        growing: Path | None,
        hops: int,
    ) -> Iterator[Problem]:
        if growing is None:
            for name in _names(schema.get("required")):
                if name not in value:
                    yield Problem(f"the field {name!r} is missing", path)
        for name, item in value.items():
            if item is None and self._absent_nulls and _may_be_absent(schema, name):
                continue
            if (names := schema.get("propertyNames")) is not None and (
                found := self._first(names, name, path, None, hops)
            ) is not None:
                yield Problem(f"the field {name!r} has a wrong name: {found.message}", path)
            for part in _parts_of(schema, name):
                if part is False:
                    yield Problem(f"the field {name!r} is not allowed", path)
                else:
                    step = (*path, name)
                    yield from self.problems(part, item, step, inside(growing, name), 0)

    def _items(
        self,
        schema: Mapping[str, object],
        value: Sequence[object],
        path: Path,
        growing: Path | None,
        hops: int,
    ) -> Iterator[Problem]:
        first, rest = schema.get("prefixItems"), schema.get("items")
        if isinstance(rest, list | tuple):  # as drafts before 2020-12 write it
            first, rest = rest, schema.get("additionalItems")
        places = first if isinstance(first, list | tuple) else ()
        for place, item in enumerate(value):
            part = places[place] if place < len(places) else rest
            if part is False and place >= len(places):
                yield Problem(f"expected at most {len(places)} items, got {len(value)}", path)
                return
            step = (*path, place)
            yield from self.problems(part, item, step, inside(growing, place), 0)

    def _combined(
        self,
        schema: Mapping[str, object],
        value: object,
        path: Path,
        growing: Path | None,
        hops: int,
    ) -> Iterator[Problem]:
        for part in _list(schema.get("allOf")):
            yield from self.problems(part, value, path, growing, hops + 1)
        for keyword in ("anyOf", "oneOf"):
            options = _list(schema.get(keyword))
            if not options:
                continue
            found = [self._first(option, value, path, growing, hops) for option in options]
            wrong = [problem for problem in found if problem is not None]
            if len(wrong) == len(found):
                yield _nearest(wrong, value, path)
            elif keyword == "oneOf" and growing is None and len(found) - len(wrong) > 1:
                yield Problem("the value fits more than one of the alternatives", path)
        banned = schema.get("not")
        ruled_out = growing is None and banned is not None
        if ruled_out and self._first(banned, value, path, None, hops) is None:
            yield Problem(f"{shown(value)} is ruled out", path)


def _wrong_type(wanted: object, value: object, growing: Path | None) -> str | None:
    if wanted is None:
        return None
    names = wanted if isinstance(wanted, list | tuple) else (wanted,)
    if any(is_type(name, value) for name in names):
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if growing is not None and number and any(name in ("integer", "number") for name in names):
        return None
    return f"expected {' or '.join(str(name) for name in names)}, got {type_of(value)}"


def _asserted(schema: Mapping[str, object], value: object, growing: Path | None) -> Iterator[str]:
    if growing is not None:
        yield from _asserted_of_growing(schema, value, growing)
        return
    for keyword, wanted in schema.items():
        assertion = ASSERTIONS.get(keyword)
        if assertion is not None and (said := assertion(wanted, value)) is not None:
            yield said


def _asserted_of_growing(
    schema: Mapping[str, object], value: object, growing: Path
) -> Iterator[str]:
    now = settled(value) if isinstance(value, str) else value
    for keyword in LASTING:
        if keyword in schema and (said := ASSERTIONS[keyword](schema[keyword], now)) is not None:
            yield said
    if schema.get("uniqueItems") is True and isinstance(value, list | tuple):
        complete = value[:-1] if growing else value
        if (said := ASSERTIONS["uniqueItems"](True, complete)) is not None:
            yield said
    wanted = _list(schema.get("enum"))
    if "enum" in schema and wanted and not any(may_become(value, one, growing) for one in wanted):
        yield f"{shown(value)} begins none of {', '.join(shown(one) for one in wanted)}"
    if "const" in schema and not may_become(value, schema["const"], growing):
        yield f"{shown(value)} does not begin {shown(schema['const'])}"


def _may_be_absent(schema: Mapping[str, object], name: str) -> bool:
    known = schema.get("properties")
    return (
        isinstance(known, Mapping) and name in known and name not in _list(schema.get("required"))
    )


def _parts_of(schema: Mapping[str, object], name: str) -> Iterator[object]:
    """The schemas that a field must follow."""
    known = schema.get("properties")
    named = isinstance(known, Mapping) and name in known
    if named:
        assert isinstance(known, Mapping)
        yield known[name]
    patterns = schema.get("patternProperties")
    for pattern, part in patterns.items() if isinstance(patterns, Mapping) else ():
        try:
            matches = re.search(pattern, name) is not None
        except re.error:
            matches = named = True  # nobody can tell, so nothing is ruled out
            part = True
        if matches:
            named = True
            yield part
    if not named and "additionalProperties" in schema:
        yield schema["additionalProperties"]


def _nearest(problems: Sequence[Problem], value: object, path: Path) -> Problem:
    """Of the alternatives, the one that went furthest is most likely meant."""
    if len(problems) == 1:
        return problems[0]
    deepest = max(problems, key=lambda problem: len(problem.path))
    if len(deepest.path) > len(path):
        return deepest
    unlike = list(dict.fromkeys(problem.message for problem in problems))
    if len(unlike) == 1:
        return problems[0]
    return Problem(f"{shown(value)} fits none of the alternatives: {'; '.join(unlike)}", path)


def _names(value: object) -> Iterator[str]:
    return (name for name in _list(value) if isinstance(name, str))


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()
