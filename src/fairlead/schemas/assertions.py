"""What single keywords of JSON Schema ask of a value that is whole, without looking inside it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

Assertion = Callable[[object, object], str | None]
"""Of the keyword's value and the value itself: what is wrong, or None. Never raises."""

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
"""JSON Schema's names of types."""

_MOST_SHOWN = 60


def is_type(name: object, value: object) -> bool:
    """Whether JSON calls `value` a `name`; 1.0 is an integer, and true no number."""
    match value:
        case None:
            return name == "null"
        case bool():
            return name == "boolean"
        case int():
            return name in ("integer", "number")
        case float():
            return name == "number" or (name == "integer" and value.is_integer())
        case str():
            return name == "string"
        case list() | tuple():
            return name == "array"
        case dict():
            return name == "object"
    return False


def type_of(value: object) -> str:
    """JSON's word for the type of a value."""
    return next((name for name in TYPES if is_type(name, value)), type(value).__name__)


def frozen(value: object) -> object:
    """A value to compare by: equal for what JSON calls equal, so 1 and 1.0 but not 1 and true."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list | tuple):
        return ("array", *(frozen(item) for item in value))
    if isinstance(value, dict):
        return ("object", frozenset((key, frozen(item)) for key, item in value.items()))
    return value


def shown(value: object) -> str:
    """A value as a message shows it: as JSON, and short."""
    import json

    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    except RecursionError:
        return "..."
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def unlike_enum(wanted: object, value: object) -> str | None:
    if not isinstance(wanted, list | tuple):
        return None
    if frozen(value) in {frozen(one) for one in wanted}:
        return None
    return f"expected one of {', '.join(shown(one) for one in wanted)}, got {shown(value)}"


def unlike_const(wanted: object, value: object) -> str | None:
    return None if frozen(wanted) == frozen(value) else f"expected {shown(wanted)}"


def _number(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _bounded(holds: Callable[[float, float], bool], words: str) -> Assertion:
    def check(bound: object, value: object) -> str | None:
        limit, number = _number(bound), _number(value)
        if limit is None or number is None or holds(number, limit):
            return None
        return f"expected {words} {limit}, got {number}"

    return check


def _sized(kind: type | tuple[type, ...], *, most: bool, unit: str) -> Assertion:
    def check(bound: object, value: object) -> str | None:
        limit = _number(bound)
        if limit is None or not isinstance(value, kind):
            return None
        size = len(value)  # type: ignore[arg-type]
        if size <= limit if most else size >= limit:
            return None
        return f"expected at {'most' if most else 'least'} {limit} {unit}, got {size}"

    return check


def _not_a_multiple(step: object, value: object) -> str | None:
    divisor, number = _number(step), _number(value)
    if not divisor or number is None:
        return None
    try:
        # As they are written: 0.3 is a multiple of 0.1.
        if Decimal(repr(number)) % Decimal(repr(divisor)) == 0:
            return None
    except InvalidOperation:  # more digits than can be told apart
        return None
    return f"expected a multiple of {divisor}, got {number}"


def _no_match(pattern: object, value: object) -> str | None:
    if not isinstance(pattern, str) or not isinstance(value, str):
        return None
    try:
        found = re.search(pattern, value)
    except (re.error, RecursionError):  # of another language's expressions, such as \\p{L}
        return None
    return None if found else f"expected a text that matches {pattern!r}, got {shown(value)}"


def _repeated(wanted: object, value: object) -> str | None:
    if wanted is not True or not isinstance(value, list | tuple):
        return None
    seen = [frozen(item) for item in value]
    return None if len(set(seen)) == len(seen) else "expected no item twice"


_ARRAY = (list, tuple)

ASSERTIONS: dict[str, Assertion] = {
    "enum": unlike_enum,
    "const": unlike_const,
    "minimum": _bounded(lambda number, limit: number >= limit, "at least"),
    "maximum": _bounded(lambda number, limit: number <= limit, "at most"),
    "exclusiveMinimum": _bounded(lambda number, limit: number > limit, "more than"),
    "exclusiveMaximum": _bounded(lambda number, limit: number < limit, "less than"),
    "multipleOf": _not_a_multiple,
    "minLength": _sized(str, most=False, unit="characters"),
    "maxLength": _sized(str, most=True, unit="characters"),
    "pattern": _no_match,
    "minItems": _sized(_ARRAY, most=False, unit="items"),
    "maxItems": _sized(_ARRAY, most=True, unit="items"),
    "uniqueItems": _repeated,
    "minProperties": _sized(dict, most=False, unit="fields"),
    "maxProperties": _sized(dict, most=True, unit="fields"),
}
LASTING = ("maxLength", "maxItems", "maxProperties")
"""What stays wrong of a value that only grows."""
