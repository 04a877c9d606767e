"""The names that `type` may have in a JSON Schema, and where a schema has another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.errors import InvalidRequest
from fairlead.schemas.assertions import TYPES, shown

_MAPS = ("properties", "patternProperties", "$defs", "definitions")
_PARTS = (
    "items", "additionalItems", "additionalProperties", "propertyNames", "not", "prefixItems",
    "allOf", "anyOf", "oneOf",
)  # fmt: skip


def check_type_names(schema: object) -> None:
    """Raises `InvalidRequest` for a `type` that JSON Schema does not know, with its place."""
    waiting: list[tuple[str, object]] = [("$", schema)]
    seen: set[int] = set()
    while waiting:
        place, part = waiting.pop()
        if not isinstance(part, Mapping) or id(part) in seen:
            continue
        seen.add(id(part))
        wanted = part.get("type")
        for name in wanted if isinstance(wanted, list | tuple) else (wanted,):
            if name is not None and (not isinstance(name, str) or name not in TYPES):
                raise InvalidRequest(
                    f"the schema has the type {shown(name)} at {place}; JSON Schema knows "
                    f"{', '.join(TYPES)}"
                )
        waiting += _inside(place, part)


def _inside(place: str, part: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for keyword in _MAPS:
        held = part.get(keyword)
        for name, inner in held.items() if isinstance(held, Mapping) else ():
            yield f"{place}.{keyword}.{name}", inner
    for keyword in _PARTS:
        held = part.get(keyword)
        if isinstance(held, list | tuple):
            yield from ((f"{place}.{keyword}[{at}]", inner) for at, inner in enumerate(held))
        else:
            yield f"{place}.{keyword}", held
