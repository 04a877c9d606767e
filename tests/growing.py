"""What it means that a JSON value has grown into another, and a reading of JSON to compare with."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from math import isinf


def is_prefix(before: object, after: object) -> bool:
    """Whether `after` is `before` with more at its end, at every level; a scalar stays the same."""
    if isinstance(before, str) and isinstance(after, str):
        return after.startswith(before)
    if isinstance(before, dict) and isinstance(after, dict):
        names = list(after)[: len(before)]
        return names == list(before) and all(is_prefix(before[n], after[n]) for n in names)
    if isinstance(before, list) and isinstance(after, list):
        if len(before) > len(after):
            return False
        return all(is_prefix(a, b) for a, b in zip(before, after, strict=False))
    return type(before) is type(after) and before == after


def only_grows(values: list[object]) -> bool:
    return all(is_prefix(before, after) for before, after in pairwise(values))


def standard(text: str) -> tuple[object] | None:
    """The value by Python's own reader, held to finite numbers; None where it is no JSON."""
    try:
        value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return (_clean(value),)


def _refuse(name: str) -> object:
    raise ValueError(name)


def _finite(token: str) -> float:
    value = float(token)
    if isinf(value):
        raise ValueError(token)
    return value


def _clean(value: object) -> object:
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(inner) for name, inner in value.items()}
    return value
