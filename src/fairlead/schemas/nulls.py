"""Nulls that stand for nothing: strict modes let no field be absent, so a model writes null.

A null in a field that may be absent, and may not be null, is taken for the absence it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.schemas.references import followed
from fairlead.schemas.validate import Validator


def without_nulls(value: object, schema: object) -> object:
    """`value` without the fields that are null only because they had to be there.

    `schema` is the whole schema. What fits it already comes back as it is.
    """
    return _Cleaner(schema).clean(value, schema)


class _Cleaner:
    def __init__(self, root: object) -> None:
        self._root = root

    def clean(self, value: object, schema: object) -> object:
        if not isinstance(value, dict | list):
            return value
        schema = followed(self._root, schema)
        if not isinstance(schema, Mapping):
            return value
        options = schema.get("anyOf")
        if isinstance(options, list):
            return self._fitting(value, options)
        if isinstance(value, list):
            rest = schema.get("items")
            return [self.clean(item, rest) for item in value]
        return self._object(value, schema)

    def _object(self, value: dict[str, object], schema: Mapping[str, object]) -> object:
        known = schema.get("properties")
        if not isinstance(known, Mapping):
            rest = schema.get("additionalProperties")
            return {name: self.clean(item, rest) for name, item in value.items()}
        required = schema.get("required")
        needed = required if isinstance(required, list | tuple) else ()
        return {
            name: self.clean(item, known.get(name))
            for name, item in value.items()
            if item is not None or name in needed or self._takes_null(known.get(name))
        }

    def _takes_null(self, schema: object) -> bool:
        return self._fits(None, schema)

    def _fits(self, value: object, schema: object) -> bool:
        if not isinstance(schema, Mapping):
            return True
        known = self._root.get("$defs", {}) if isinstance(self._root, Mapping) else {}
        return Validator({**schema, "$defs": known}).valid(value)

    def _fitting(self, value: object, options: list[object]) -> object:
        for option in options:
            cleaned = self.clean(value, option)
            if self._fits(cleaned, option):
                return cleaned
        return value
