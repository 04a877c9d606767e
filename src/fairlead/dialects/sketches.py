"""What a value of a schema looks like: small models copy a form more surely than they read one."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.schemas.references import followed

_DEEPEST = 6
_PLAIN: dict[str, object] = {"string": "...", "integer": 0, "number": 0, "boolean": False}


def sketch_of(schema: Mapping[str, object]) -> object:
    """Every field once, with a placeholder; what refers to itself ends in a null."""
    return _sketched(schema, schema, _DEEPEST)


def _sketched(root: Mapping[str, object], schema: object, depth: int) -> object:
    schema = followed(root, schema)
    if not isinstance(schema, Mapping) or not depth:
        return None
    values, kind = schema.get("enum"), schema.get("type")
    if isinstance(values, list | tuple) and values:
        return values[0]
    if "const" in schema:
        return schema["const"]
    for keyword in ("anyOf", "oneOf", "allOf"):
        options = schema.get(keyword)
        if isinstance(options, list | tuple) and options:
            return _sketched(root, options[0], depth - 1)
    if isinstance(kind, list | tuple):
        kind = kind[0] if kind else None
    known = schema.get("properties")
    if isinstance(known, Mapping):
        return {name: _sketched(root, part, depth - 1) for name, part in known.items()}
    if kind == "array":
        first = schema.get("prefixItems")
        parts = first if isinstance(first, list | tuple) else [schema.get("items", {})]
        return [_sketched(root, part, depth - 1) for part in parts]
    if kind == "object":
        return {}
    return _PLAIN.get(kind) if isinstance(kind, str) else None
