"""Usage, as it is told in one piece or in several: cumulative figures, the last one given wins."""

from __future__ import annotations

import math
from decimal import Decimal

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext
from fairlead.dialects.anthropic_messages.wire import present, text_of
from fairlead.errors import DecodeError
from fairlead.types.usage import Cost, Usage

MOST = 1 << 53
"""A figure past this is not a number of tokens."""


class UsageTally:
    """Merges usage objects field by field; null and absent fields leave what was there."""

    __slots__ = ("_fields", "_raw")

    def __init__(self) -> None:
        self._fields: dict[str, object] = {}
        self._raw = ""

    def merge(self, raw: Raw) -> None:
        if not present(raw):
            return
        fields = _object(bytes(raw))
        if not fields:
            return
        if self._fields:
            self._fields = _merged(self._fields, fields)
            self._raw = msgspec.json.encode(self._fields).decode("utf-8", "replace")
        else:
            self._fields, self._raw = fields, text_of(raw)

    def usage(self) -> Usage | None:
        """Disjoint buckets; `input_tokens` on the wire already leaves out both cache counters."""
        fields = self._fields
        if not fields:
            return None
        written = fields.get("cache_creation")
        hour = _count(written, "ephemeral_1h_input_tokens")
        five = _count(written, "ephemeral_5m_input_tokens")
        # The total may grow in a later message_delta that does not repeat the breakdown.
        total = max(_count(fields, "cache_creation_input_tokens"), hour + five)
        output = _count(fields, "output_tokens")
        thinking = min(output, _count(fields.get("output_tokens_details"), "thinking_tokens"))
        return Usage(
            input=_count(fields, "input_tokens"),
            cache_read=_count(fields, "cache_read_input_tokens"),
            cache_write=total - hour,
            cache_write_1h=hour,
            output=output - thinking,
            reasoning=thinking,
            raw=self._raw,
        )

    def cost(self) -> Cost | None:
        """Dollars, where a router tells them (`usage.cost`)."""
        figure = self._fields.get("cost")
        if isinstance(figure, bool) or not isinstance(figure, int | float):
            return None
        if not math.isfinite(figure) or figure < 0:
            return None
        return Cost(Decimal(str(figure)), "provider")

    def uncounted(self) -> int:
        """Tokens of steps that the totals leave out: compaction, and other models that advised."""
        steps = self._fields.get("iterations")
        if not isinstance(steps, list):
            return 0
        return sum(
            _count(step, "input_tokens")
            + _count(step, "output_tokens")
            + _count(step, "cache_read_input_tokens")
            + _count(step, "cache_creation_input_tokens")
            for step in steps
            if isinstance(step, dict) and step.get("type") in ("compaction", "advisor_message")
        )


def _object(data: bytes) -> dict[str, object]:
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            value = jsontext.untyped(data)
        except DecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def _merged(old: dict[str, object], new: dict[str, object]) -> dict[str, object]:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[name] = {**before, **{k: v for k, v in value.items() if v is not None}}
        elif value is not None or name not in merged:
            merged[name] = value
    return merged


def _count(fields: object, name: str) -> int:
    value = fields.get(name) if isinstance(fields, dict) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 <= value < MOST else 0
