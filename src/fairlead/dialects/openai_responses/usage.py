"""Token counts and cost as the Responses protocol and its clones report them.

`input_tokens` includes what was cached, `output_tokens` what was reasoned. Perplexity spells the
cache counts like Anthropic and gives its cost as an object, OpenRouter as a number, xAI in ticks
of 1e-10 dollars (docs.x.ai/developers/cost-tracking). With a caller's own key for the provider
behind it (`is_byok`), OpenRouter's number is its fee, and what that provider takes stands apart.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from msgspec import Raw

from fairlead.dialects.figures import EXACT, dollars_of
from fairlead.dialects.openai_responses import wire
from fairlead.dialects.openai_responses.reading import (
    present,
    read_cost,
    read_cost_details,
    read_usage,
)
from fairlead.types.usage import Cost, Usage


class UsageTally:
    """Merges reports field by field; the last one that is not null wins."""

    __slots__ = ("_cost", "_figures", "_raw", "_reasoning_apart", "service_tier")

    def __init__(self, *, reasoning_apart: bool) -> None:
        self._figures: dict[str, int] = {}
        self._raw: str | None = None
        self.service_tier: str | None = None
        self._cost: Cost | None = None
        self._reasoning_apart = reasoning_apart

    def add(self, raw: Raw) -> None:
        report = read_usage(raw)
        self._raw = bytes(raw).decode("utf-8", "replace")
        self._cost = _cost(report) or self._cost
        read = report.input_tokens_details or wire.InputDetails()
        written = report.output_tokens_details or wire.OutputDetails()
        for name, figure in (
            ("input", report.input_tokens),
            ("output", report.output_tokens),
            ("cache_read", _first(read.cached_tokens, read.cache_read_input_tokens)),
            ("cache_write", _first(read.cache_write_tokens, read.cache_creation_input_tokens)),
            ("audio_input", read.audio_tokens),
            ("reasoning", written.reasoning_tokens),
            ("audio_output", written.audio_tokens),
        ):
            if figure is not None:
                self._figures[name] = max(figure, 0)

    @property
    def cost(self) -> Cost | None:
        return self._cost

    def usage(self) -> Usage | None:
        """The figures in disjoint buckets; the totals stay those that were reported."""
        figures = self._figures
        if "input" not in figures and "output" not in figures:
            return None
        rest_in, cache_read = _split(figures.get("input", 0), figures.get("cache_read", 0))
        rest_in, cache_write = _split(rest_in, figures.get("cache_write", 0))
        rest_in, audio_in = _split(rest_in, figures.get("audio_input", 0))
        rest_out, reasoning = figures.get("output", 0), figures.get("reasoning", 0)
        if not self._reasoning_apart:
            rest_out, reasoning = _split(rest_out, reasoning)
        rest_out, audio_out = _split(rest_out, figures.get("audio_output", 0))
        return Usage(
            input=rest_in,
            cache_read=cache_read,
            cache_write=cache_write,
            audio_input=audio_in,
            output=rest_out,
            reasoning=reasoning,
            audio_output=audio_out,
            raw=self._raw,
            service_tier=self.service_tier,
        )


def _split(total: int, part: int) -> tuple[int, int]:
    """What is left, and the part; never more than there is, since clones count some part twice."""
    part = min(part, total)
    return total - part, part


def _first(one: int | None, other: int | None) -> int | None:
    return other if one is None else one


def _cost(report: wire.UsageReport) -> Cost | None:
    ticks = report.cost_in_usd_ticks
    if ticks is not None:
        return Cost(dollars_of(ticks), "provider") if ticks >= 0 else None
    figure = report.cost
    if bytes(figure).startswith(b"{"):
        reported = read_cost(figure)
        if (reported.currency or "USD").upper() != "USD":
            return None
        figure = reported.total_cost
    dollars = _dollars(figure)
    if dollars is None:
        return None
    if report.is_byok:
        told = present(report.cost_details)
        details = read_cost_details(report.cost_details) if told else None
        behind = None if details is None else _dollars(details.upstream_inference_cost)
        if behind is None:
            return None
        dollars = EXACT.add(dollars, behind)
    return Cost(dollars, "provider")


def _dollars(figure: Raw) -> Decimal | None:
    try:
        dollars = Decimal(bytes(figure).decode("ascii"))
    except (InvalidOperation, UnicodeDecodeError):
        return None
    return dollars if dollars.is_finite() and dollars >= 0 else None
