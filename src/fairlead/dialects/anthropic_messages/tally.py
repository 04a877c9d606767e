"""Usage, as it is told in one piece or in several: cumulative figures, the last one given wins."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.figures import counted, told_cost
from fairlead.types.usage import Cost, Usage


class UsageTally:
    """Merges usage objects field by field; null and absent fields leave what was there."""

    __slots__ = ("_fields", "_raw")

    def __init__(self) -> None:
        self._fields: dict[str, object] = {}
        self._raw = ""

    def merge(self, raw: Raw) -> None:
        fields = rawjson.plain_fields(raw)
        if not fields:
            return
        if self._fields:
            self._fields = _merged(self._fields, fields)
            self._raw = msgspec.json.encode(self._fields).decode("utf-8", "replace")
        else:
            self._fields, self._raw = fields, rawjson.text_of(raw)

    def usage(self) -> Usage | None:
        """Disjoint buckets; `input_tokens` on the wire already leaves out both cache counters."""
        fields = self._fields
        if not fields:
            return None
        written = fields.get("cache_creation")
        hour = counted(written, "ephemeral_1h_input_tokens")
        five = counted(written, "ephemeral_5m_input_tokens")
        # The total may grow in a later message_delta that does not repeat the breakdown.
        total = max(counted(fields, "cache_creation_input_tokens"), hour + five)
        output = counted(fields, "output_tokens")
        thinking = min(output, counted(fields.get("output_tokens_details"), "thinking_tokens"))
        return Usage(
            input=counted(fields, "input_tokens"),
            cache_read=counted(fields, "cache_read_input_tokens"),
            cache_write=total - hour,
            cache_write_1h=hour,
            output=output - thinking,
            reasoning=thinking,
            raw=self._raw,
        )

    def cost(self) -> Cost | None:
        """Dollars, where a router tells them (`usage.cost`)."""
        return told_cost(self._fields)

    def uncounted(self) -> int:
        """Tokens of steps that the totals leave out: compaction, and other models that advised."""
        steps = self._fields.get("iterations")
        if not isinstance(steps, list):
            return 0
        return sum(
            counted(step, "input_tokens")
            + counted(step, "output_tokens")
            + counted(step, "cache_read_input_tokens")
            + counted(step, "cache_creation_input_tokens")
            for step in steps
            if isinstance(step, dict) and step.get("type") in ("compaction", "advisor_message")
        )


def _merged(old: dict[str, object], new: dict[str, object]) -> dict[str, object]:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[name] = {**before, **{k: v for k, v in value.items() if v is not None}}
        elif value is not None or name not in merged:
            merged[name] = value
    return merged
