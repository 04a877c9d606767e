"""Where a schema is at fault, by the words of a provider that has refused it."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CONTEXT = re.compile(r"context=\(([^)]*)\)")
_PROPERTIES = re.compile(r"properties[\[.]'?([\w-]+)")
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
_NO_FIELDS = frozenset({"properties", "items", "anyOf", "oneOf", "allOf", "$defs", "prefixItems"})
_NUMBERED = re.compile(r"(?:tools?|function_?declarations)[.\[](\d+)", re.IGNORECASE)


def refused_place(said: str) -> str | None:
    """The field of the schema that an error's words name, such as `$.tags`; None without."""
    context = _CONTEXT.search(said)
    if context is not None:
        names = [name for name in _QUOTED.findall(context[1]) if name not in _NO_FIELDS]
    elif "schema" in said.lower():
        names = [name for name in _PROPERTIES.findall(said) if name not in _NO_FIELDS]
    else:
        return None
    return "$" + "".join(f".{name}" for name in names) if names else None


def refused_tool(said: str, names: Sequence[str]) -> str | None:
    """Which of the tools so named an error's words are about, by its name or its number."""
    for name in names:
        if name and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said):
            return name
    numbers = _NUMBERED.findall(said)
    at = int(numbers[-1]) if numbers else len(names)
    return names[at] or None if at < len(names) else None
