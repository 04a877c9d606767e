"""What stands in `Annotated` beside a type: constraints and words, whoever's they are.

Known by what they carry, so that none of their libraries is imported: `msgspec.Meta`,
`annotated_types`, pydantic's `Field` and `StringConstraints`, `Doc`, and plain strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Schema = dict[str, object]

_NUMBERS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
_LENGTHS = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_WORDS = ("title", "description", "documentation")


def is_foreign(metadata: Iterable[object]) -> bool:
    """Whether some of it constrains, and is not msgspec's: msgspec checks only its own."""
    return any(
        next(_keywords(item, "string"), None) or next(_keywords(item, "number"), None)
        for item in _flat(metadata)
        if not type(item).__module__.startswith("msgspec")
    )


def with_metadata(schema: Schema, metadata: Iterable[object]) -> Schema:
    """`schema` with what `metadata` adds. Constraints of an optional type stand at the type."""
    found = dict(schema)
    for item in _flat(metadata):
        if isinstance(item, str):
            found["description"] = item
            continue
        for name in _WORDS:
            said = getattr(item, name, None)
            if isinstance(said, str) and said:
                found["description" if name == "documentation" else name] = said
        examples = getattr(item, "examples", None)
        if isinstance(examples, list) and examples:
            found["examples"] = examples
        found = _constrained(found, item)
        for name in ("extra_json_schema", "json_schema_extra"):
            extra = getattr(item, name, None)
            if isinstance(extra, dict):
                found.update(extra)
    return found


def _flat(metadata: Iterable[object]) -> Iterator[object]:
    """pydantic's `Field` holds its constraints in a list; grouped ones unpack by iteration."""
    for item in metadata:
        held = getattr(item, "metadata", None)
        if isinstance(held, list):
            yield from _flat(held)
        elif getattr(item, "__is_annotated_types_grouped_metadata__", False) is True:
            yield from _flat(iter(item))  # type: ignore[call-overload]
        yield item


def _constrained(schema: Schema, item: object) -> Schema:
    options = schema.get("anyOf")
    if isinstance(options, list) and "type" not in schema:
        return {**schema, "anyOf": [_constrained(option, item) for option in options]}
    kind = schema.get("type")
    return {**schema, **dict(_keywords(item, kind if isinstance(kind, str) else ""))}


def _keywords(item: object, kind: str) -> Iterator[tuple[str, object]]:
    if kind in ("integer", "number"):
        for name, keyword in _NUMBERS.items():
            bound = getattr(item, name, None)
            if isinstance(bound, int | float) and not isinstance(bound, bool):
                yield keyword, bound
    for name, keyword in zip(("min_length", "max_length"), _LENGTHS.get(kind, ()), strict=False):
        size = getattr(item, name, None)
        # A length of at least 0 says nothing.
        if isinstance(size, int) and not isinstance(size, bool) and (size or name != "min_length"):
            yield keyword, size
    pattern = getattr(item, "pattern", None)
    if isinstance(pattern, re.Pattern):
        pattern = pattern.pattern
    if kind == "string" and isinstance(pattern, str):
        yield "pattern", pattern
