"""Reads the package genai-prices: its models, their names, and their prices in fairlead's shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from genai_prices import types
from genai_prices.data import providers

from fairlead.types.prices import Price, Rates, Tier

_RATES = {
    "input": ("input_mtok",),
    "output": ("output_mtok",),
    "cache_read": ("cache_read_mtok",),
    "cache_write": ("cache_write_mtok", "cache_write_5m_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok",),
    "audio_input": ("input_audio_mtok",),
    "reasoning": ("output_reasoning_mtok",),
    "audio_output": ("output_audio_mtok",),
    "image_output": ("output_image_mtok", "output_video_mtok"),
    "request": ("requests_kcount",),
    "search": ("web_searches_kcount",),
}
_FREE = (":free", "-free")
_DEAREST = 5000
_NO_RATES = Rates(input=Decimal(0), output=Decimal(0))


class PricedModel:
    """One model of the price list."""

    def __init__(self, model: types.ModelInfo) -> None:
        self.id = model.id
        self.names = sorted(set(_spelled_out(model.match)))
        self.pattern = "|".join(_expressions(model.match))
        self.prices = _prices(model)
        self._model = model

    @property
    def facts(self) -> dict[str, Any]:
        found = {"name": self._model.name, "context_window": self._model.context_window}
        if self._model.deprecated:
            found["status"] = "deprecated"
        return {key: value for key, value in found.items() if value}

    def shown(self, strip: str) -> str:
        """A name that a request could carry: the id, unless that is only a label."""
        for name in (self.id.removeprefix(strip), self.id, *self.names):
            if self._model.is_match(name):
                return name
        return self.id


class Priced:
    """One provider of the price list."""

    def __init__(self, provider: types.Provider) -> None:
        self.models = [PricedModel(model) for model in provider.models]
        self.searches = _searches(provider)
        self._provider = provider
        self._found: dict[str, PricedModel | None] = {}

    def find(self, name: str) -> PricedModel | None:
        """The model that the price list means by `name`."""
        if name not in self._found:
            found = self._provider.find_model(name, all_providers=providers)
            self._found[name] = None if found is None else _all_models()[id(found)]
        return self._found[name]


@cache
def price_providers() -> dict[str, Priced]:
    return {provider.id: Priced(provider) for provider in providers}


@cache
def _all_models() -> dict[int, PricedModel]:
    """A provider may lend models to another one, so that they are found across all."""
    return {id(m._model): m for provider in price_providers().values() for m in provider.models}


def sane(rate: Decimal) -> Decimal:
    """`rate` without idle zeros. A price in another unit than the rest must not slip in."""
    if not 0 <= rate <= _DEAREST:
        raise ValueError(f"{rate} dollars per million tokens is out of bounds")
    plain = rate.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain


def _searches(provider: types.Provider) -> tuple[str, ...]:
    """Where a usage object counts web searches, where that is written in plain keys."""
    for extractor in provider.extractors or ():
        for mapping in extractor.mappings:
            path = [mapping.path] if isinstance(mapping.path, str) else list(mapping.path)
            if mapping.dest == "web_searches" and all(isinstance(key, str) for key in path):
                return tuple(path)  # type: ignore[arg-type]
    return ()


def _prices(model: types.ModelInfo) -> tuple[Price, ...]:
    """Standard prices in order, then those of requests that ask for something."""
    given = model.prices
    periods = given if isinstance(given, list) else [types.ConditionalPrice(prices=given)]
    found = [_price(period.prices, period.constraint) for period in periods]
    for variant in model.price_variants or ():
        if not any(value is not None for value in vars(variant.prices).values()):
            continue
        for period in periods:
            merged = types.ModelPrice(**(vars(period.prices) | vars(variant.prices)))
            found.append(_price(merged, variant.constraint, period.constraint, variant.when))
    if all(_worthless(price) for price in found):
        return (Price(_NO_RATES),) if model.id.endswith(_FREE) else ()
    return tuple(found)


def _worthless(price: Price) -> bool:
    rates = price.rates
    return not any(getattr(rates, name) for name in rates.__struct_fields__)


def _price(prices: types.ModelPrice, *constraints: Any) -> Price:
    *limits, when = constraints if isinstance(constraints[-1], dict) else (*constraints, {})
    dates = [c.start_date.isoformat() for c in limits if isinstance(c, types.StartDateConstraint)]
    spans = [c for c in limits if isinstance(c, types.TimeOfDateConstraint)]
    values = {key: value for key, value in vars(prices).items() if value is not None}
    starts = {
        tier.start
        for value in values.values()
        if isinstance(value, types.TieredPrices)
        for tier in value.tiers
    }
    return Price(
        _rates(values, None),
        tuple(Tier(start, _rates(values, start)) for start in sorted(starts)),
        since=max(dates, default=None),
        hours=(_utc(spans[0].start_time), _utc(spans[0].end_time)) if spans else None,
        when=when,
    )


def _utc(time: Any) -> str:
    moment = datetime.combine(datetime(2000, 1, 1, tzinfo=UTC).date(), time)
    return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%H:%M}"


def _rates(values: dict[str, Any], above: int | None) -> Rates:
    found = {}
    for ours, theirs in _RATES.items():
        given = next((values[key] for key in theirs if key in values), None)
        if given is not None:
            found[ours] = sane(_at(given, above))
    return Rates(**found)


def _at(value: Any, above: int | None) -> Decimal:
    """The rate of an input just longer than `above` tokens."""
    if not isinstance(value, types.TieredPrices):
        return value  # type: ignore[no-any-return]
    reached = [tier.price for tier in value.tiers if above is not None and tier.start <= above]
    return reached[-1] if reached else value.base


def _spelled_out(clause: Any) -> Iterator[str]:
    if isinstance(clause, types.ClauseEquals):
        yield clause.equals.lower()
    elif isinstance(clause, types.ClauseOr):
        for inner in clause.or_:
            yield from _spelled_out(inner)


def _expressions(clause: Any) -> Iterator[str]:
    """Regular expressions for the names that are not spelled out."""
    if isinstance(clause, types.ClauseOr):
        for inner in clause.or_:
            yield from _expressions(inner)
    elif not isinstance(clause, types.ClauseEquals):
        yield _expression(clause)


def _expression(clause: Any) -> str:
    if isinstance(clause, types.ClauseStartsWith):
        return f"^{_quoted(clause.starts_with)}"
    if isinstance(clause, types.ClauseEndsWith):
        return f"{_quoted(clause.ends_with)}$"
    if isinstance(clause, types.ClauseContains):
        return _quoted(clause.contains)
    if isinstance(clause, types.ClauseEquals):
        return f"^{_quoted(clause.equals)}$"
    if isinstance(clause, types.ClauseRegex):
        return f"(?:{clause.regex})" if "|" in clause.regex else clause.regex
    if isinstance(clause, types.ClauseOr):
        return f"(?:{'|'.join(map(_expression, clause.or_))})"
    return "^" + "".join(f"(?={_from_start(_expression(inner))})" for inner in clause.and_)


def _from_start(expression: str) -> str:
    return expression.removeprefix("^") if expression.startswith("^") else f".*(?:{expression})"


def _quoted(text: str) -> str:
    return re.escape(text.lower()).replace("\\-", "-")
