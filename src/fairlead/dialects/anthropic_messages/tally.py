"""Usage, as it is told in one piece or in several: cumulative figures, the last one given wins."""

from __future__ import annotations

import msgspec
from msgspec import Raw
from msgspec.structs import replace

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
        """What the answer took, and beside it what the provider's totals leave out.

        The model itself has written the summary of a context that was cut (compaction). An advisor
        is another model; so is one that answers in place of one that has refused, whose own words
        are paid for if there were any.
        """
        if not self._fields:
            return None
        told, steps = _buckets(self._fields, self._raw), self._steps()
        served = [step for step in steps if step.get("type") == "fallback_message"]
        others = [_other(s) for s in steps if _is_beside(s, served)]
        if not (others or served):
            return told
        model = _model(served[-1]) if served else None
        return replace(told, model=model, others=tuple(others))

    def cost(self) -> Cost | None:
        """Dollars, where a router tells them (`usage.cost`)."""
        return told_cost(self._fields)

    def _steps(self) -> list[dict[str, object]]:
        """The steps of an answer that was made in several."""
        steps = self._fields.get("iterations")
        return [s for s in steps if isinstance(s, dict)] if isinstance(steps, list) else []


def _is_beside(step: dict[str, object], served: list[dict[str, object]]) -> bool:
    """Whether the totals leave a step out that is paid for."""
    kind = step.get("type")
    if kind == "message":
        return bool(served) and counted(step, "output_tokens") > 0
    return kind in ("compaction", "advisor_message")


def _other(step: dict[str, object]) -> Usage:
    """What a step took, and whose it is where that is not the model that was asked for."""
    is_own = step.get("type") == "compaction"
    return replace(_buckets(step), model=None if is_own else _model(step))


def _model(step: dict[str, object]) -> str:
    """Empty where it is not told, so that nobody takes it for the one that was asked for."""
    name = step.get("model")
    return name if isinstance(name, str) else ""


def _buckets(fields: dict[str, object], raw: str | None = None) -> Usage:
    """Disjoint buckets; `input_tokens` on the wire already leaves out both cache counters."""
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
        raw=raw,
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
