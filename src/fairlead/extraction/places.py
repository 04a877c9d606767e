"""The parts of a schema by where their values stand, to judge a value while it comes.

Each part is looked up once. Where a schema leaves several ways open, the parts behind them are not
known, and what stands there is judged with the whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.schemas.assertions import is_type
from fairlead.schemas.growing import Path
from fairlead.schemas.references import followed
from fairlead.schemas.validate import Problem, Validator

_DEFINITIONS = ("$defs", "definitions")
_BOUNDED = frozenset({"enum", "const", "maxLength", "anyOf", "oneOf", "allOf", "$ref"})
_OPEN = frozenset({"allOf", "oneOf", "not", "if", "patternProperties"})
"""Keywords that say more of an object's fields than its `properties` do."""
Schema = Mapping[str, object]


class Place:
    """A part of a schema, and the places inside."""

    __slots__ = ("_children", "_definitions", "_schema", "_validator", "bounded", "refusal")

    def __init__(self, schema: object, definitions: Schema, refusal: str | None = None) -> None:
        self._schema = schema
        self._definitions = definitions
        self._validator: Validator | None = None
        self._children: dict[object, Place | None] = {}
        self.refusal = refusal
        self.bounded = isinstance(schema, Mapping) and not schema.keys().isdisjoint(_BOUNDED)
        """Whether a text here may go wrong with every character."""

    def inside(self, step: str | int) -> Place | None:
        """The place of a field or item; None where the schema does not say."""
        key = step if isinstance(step, str) else ("item", self._distinct(step))
        if key not in self._children:
            self._children[key] = self._found(step)
        return self._children[key]

    def problem(self, value: object) -> Problem | None:
        """What is wrong with a value that is whole."""
        if self.refusal is not None:
            return Problem(self.refusal)
        return next(self._checker.problems(value), None)

    def lasting_problem(self, value: object) -> Problem | None:
        """What is wrong with a value that grows, looking at itself and at nothing inside."""
        if self.refusal is not None:
            return Problem(self.refusal)
        empty: object = {} if isinstance(value, dict) else []
        return self._checker.check_partial(value if isinstance(value, str) else empty, ())

    @property
    def _checker(self) -> Validator:
        if self._validator is None:
            schema = self._schema
            if isinstance(schema, Mapping):
                schema = {**self._definitions, **schema}
            whole = schema if isinstance(schema, Mapping | bool) else True
            self._validator = Validator(whole, known=True)
        return self._validator

    def _distinct(self, index: int) -> int:
        """The same for all items that the schema does not tell apart."""
        schema = self._settled("array")
        first = schema.get("prefixItems")
        named = len(first) if isinstance(first, list | tuple) else 0
        most = schema.get("maxItems")
        if isinstance(most, int) and index >= most:
            return max(most, named) + 1
        return min(index, named)

    def _found(self, step: str | int) -> Place | None:
        if isinstance(step, int):
            return self._item(step)
        schema = self._settled("object")
        known = schema.get("properties")
        if isinstance(known, Mapping) and step in known:
            return Place(known[step], self._definitions)
        if not schema.keys().isdisjoint(_OPEN) or "additionalProperties" not in schema:
            return None
        rest = schema["additionalProperties"]
        refusal = f"the field {step!r} is not allowed" if rest is False else None
        return Place(rest, self._definitions, refusal)

    def _item(self, index: int) -> Place | None:
        schema = self._settled("array")
        most = schema.get("maxItems")
        if isinstance(most, int) and index >= most:
            return Place(False, {}, f"expected at most {most} items")
        first = schema.get("prefixItems")
        if isinstance(first, list | tuple) and index < len(first):
            return Place(first[index], self._definitions)
        rest = schema.get("items")
        return Place(rest, self._definitions) if isinstance(rest, Mapping) else None

    def _settled(self, kind: str) -> Schema:
        """The schema of the object or array that stands here; nothing where it may be several."""
        found: object = self._schema
        for _ in range(8):
            found = followed(self._definitions, found)
            options = found.get("anyOf") if isinstance(found, Mapping) else None
            if not isinstance(options, list | tuple):
                break
            fitting = [option for option in options if self._may_be(option, kind)]
            found = fitting[0] if len(fitting) == 1 else {}
        return found if isinstance(found, Mapping) else {}

    def _may_be(self, option: object, kind: str) -> bool:
        schema = followed(self._definitions, option)
        if not isinstance(schema, Mapping):
            return schema is not False
        named = schema.get("type")
        names = named if isinstance(named, list | tuple) else (named,)
        empty: object = {} if kind == "object" else []
        return named is None or any(is_type(name, empty) for name in names)


def places_of(schema: Schema) -> Place:
    """The outermost place. A schema that refers to more than its definitions is not taken apart."""
    definitions = {name: schema[name] for name in _DEFINITIONS if name in schema}
    if _refers_elsewhere(schema):
        return Place(True, {})
    return Place(schema, definitions)


def walked(place: Place | None, path: Path) -> Place | None:
    """The place at the end of `path`."""
    for step in path:
        if place is None:
            return None
        place = place.inside(step)
    return place


def _refers_elsewhere(value: object) -> bool:
    if isinstance(value, Mapping):
        target = value.get("$ref")
        if isinstance(target, str) and not target.startswith(("#/$defs/", "#/definitions/")):
            return True
        return any(_refers_elsewhere(item) for item in value.values())
    return isinstance(value, list | tuple) and any(_refers_elsewhere(item) for item in value)
