"""Schemas that must hold together (`allOf`) as one, where that can be said in one."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.schemas.references import followed

Schema = dict[str, object]


def merged(root: object, part: Mapping[str, object]) -> Schema | None:
    """`part` with its `allOf` worked in; None where two members say what cannot be joined."""
    members = part.get("allOf")
    outer = {key: value for key, value in part.items() if key != "allOf"}
    if not isinstance(members, list):
        return outer
    if len(members) == 1 and _is_reference(members[0]) and "anyOf" not in outer:
        return {**outer, "anyOf": members} if outer else dict(members[0])
    made: Schema | None = {}
    for member in members:
        resolved = followed(root, member)
        inner = merged(root, resolved) if isinstance(resolved, Mapping) else None
        made = _joined(made, inner)
    return _joined(made, outer)


def _joined(first: Schema | None, second: Schema | None) -> Schema | None:
    """Both at once. Descriptions and titles are the second's, which stands further out."""
    if first is None or second is None:
        return None
    made = dict(first)
    for key, value in second.items():
        there = made.get(key, value)
        if there == value or key in ("title", "description"):
            made[key] = value
        elif key == "required" and isinstance(there, list) and isinstance(value, list):
            made[key] = [*there, *(name for name in value if name not in there)]
        elif key == "properties" and isinstance(there, Mapping) and isinstance(value, Mapping):
            if any(there[name] != value[name] for name in there.keys() & value.keys()):
                return None
            made[key] = {**there, **value}
        else:
            return None
    return made


def _is_reference(member: object) -> bool:
    return isinstance(member, Mapping) and member.keys() == {"$ref"}
