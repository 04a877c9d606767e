"""Nulls that stand for nothing: strict modes let no field be absent, so a model writes null.

A null in a field that may be absent, and may not be null, is taken for the absence it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.errors import SchemaMismatch
from fairlead.schemas.growing import Path
from fairlead.schemas.references import followed
from fairlead.schemas.validate import Check

_COMBINED = frozenset({"allOf", "anyOf", "oneOf"})
_HOLDERS = (dict, list)


def without_nulls(value: object, schema: object) -> object:
    """`value` without the fields that are null only because they had to be there.

    `schema` is the whole schema. What fits it already comes back as it is. Raises `SchemaMismatch`
    for a value that is nested too deeply.
    """
    if not isinstance(value, _HOLDERS):
        return value
    try:
        return _Cleaner(schema).clean(value, schema, ())
    except RecursionError:
        raise SchemaMismatch("the value is nested too deeply", "$", "") from None


class _Cleaner:
    def __init__(self, root: object) -> None:
        self._root = root
        self._check = Check(root, absent_nulls=True)

    def clean(self, value: object, schema: object, path: Path) -> object:
        """A dictionary or list; nothing else has fields."""
        schema = followed(self._root, schema)
        if not isinstance(schema, Mapping):
            return value
        if not _COMBINED.isdisjoint(schema):
            for part in self._others(value, schema, path):
                value = self.clean(value, part, path)
        if isinstance(value, list):
            return self._array(value, schema, path)
        return self._object(value, schema, path) if isinstance(value, dict) else value

    def _others(self, value: object, schema: Mapping[str, object], path: Path) -> list[object]:
        """What else the value follows: all that holds together, of alternatives one that fits."""
        found = list(_parts(schema, "allOf"))
        for keyword in ("anyOf", "oneOf"):
            options = _parts(schema, keyword)
            found += [one for one in options if self._check.fits(one, value, path)][:1]
        return found

    def _array(self, value: list[object], schema: Mapping[str, object], path: Path) -> object:
        first, rest = _parts(schema, "prefixItems"), schema.get("items")
        if isinstance(rest, list | tuple):  # as drafts before 2020-12 write it
            first, rest = rest, schema.get("additionalItems")
        return [
            self.clean(item, first[place] if place < len(first) else rest, (*path, place))
            if isinstance(item, _HOLDERS)
            else item
            for place, item in enumerate(value)
        ]

    def _object(self, value: dict[str, object], schema: Mapping[str, object], path: Path) -> object:
        fields = schema.get("properties")
        known = fields if isinstance(fields, Mapping) else {}
        rest = schema.get("additionalProperties")
        required = _parts(schema, "required")
        return {
            name: self.clean(item, known.get(name, rest), (*path, name))
            if isinstance(item, _HOLDERS)
            else item
            for name, item in value.items()
            if item is not None
            or name in required
            or name not in known
            or self._check.fits(known[name], None, path)
        }


def _parts(schema: Mapping[str, object], keyword: str) -> list[object] | tuple[object, ...]:
    value = schema.get(keyword)
    return value if isinstance(value, list | tuple) else ()
