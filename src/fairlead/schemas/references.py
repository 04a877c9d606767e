"""Where a `$ref` leads: within the schema itself, never outside it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from fairlead.errors import InvalidRequest

MOST_HOPS = 64


def pointed(root: object, reference: object) -> object:
    """The part of `root` that a `$ref` such as `#/$defs/Node` names. Raises `InvalidRequest`."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise InvalidRequest(f"the schema refers to {reference!r}; it may only refer to itself (#)")
    found = root
    for step in unquote(reference[1:]).split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list | tuple) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            raise InvalidRequest(f"the schema refers to {reference!r}, which it does not have")
    if reference != "#" and not reference.startswith("#/"):
        raise InvalidRequest(
            f"the schema refers to {reference!r}; refer to a place as #/$defs/Name"
        )
    return found


def followed(root: object, schema: object) -> object:
    """What a chain of bare references ends in. Raises `InvalidRequest` where it has no end."""
    for _ in range(MOST_HOPS):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            return schema
        schema = pointed(root, schema["$ref"])
    raise InvalidRequest("the schema's references lead in a circle")
