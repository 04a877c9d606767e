"""Puts the cost into answers: the table's price in force, or a warning where it knows none."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairlead.models.facts import ModelFacts
from fairlead.models.matching import match
from fairlead.models.served import Asked, Ways, has_price, ways_of
from fairlead.models.table import section, sources
from fairlead.policies.cost import Meter, price_in_force
from fairlead.policies.totals import total_cost
from fairlead.types.messages import Refusal, ToolCall
from fairlead.types.operations import Answer
from fairlead.types.responses import ChatResponse
from fairlead.types.usage import Cost, Usage

A_ = TypeVar("A_", ChatResponse, Answer)

_DAY = 86400
_SEARCH = "web_search"
_NO_SEARCHES = (
    "the cost leaves out the provider's fee for web searches, which its usage does not count"
)
_CACHE_SIZE = 1024  # names may come from strangers


class Pricer:
    """Prices the answers of one target. Safe to share between threads."""

    __slots__ = ("_model", "_name", "_provider", "_today")

    def __init__(self, provider: str, model: str) -> None:
        self._provider = provider
        self._name = model
        self._model: _Priced | None = None
        self._today: tuple[int, _Priced, _Rated | None] | None = None

    def priced(self, answer: A_, wall: float, asked: Asked | None = None) -> A_:
        """`answer` with its cost at `wall` (seconds since 1970), or with a warning.

        A figure of the provider's own stays. An answer without usage has nothing to be priced by.
        """
        usage = answer.usage
        if answer.cost is not None or usage is None or not usage.total_tokens:
            return answer
        cost = self.cost(answer, usage, wall, asked)
        if cost is None:
            warning = self._unpriced(answer, usage, asked)
            return replace(answer, warnings=(*answer.warnings, warning))
        if self._leaves_out_searches(answer):
            return replace(answer, cost=cost, warnings=(*answer.warnings, _NO_SEARCHES))
        return replace(answer, cost=cost)

    def cost(
        self,
        answer: ChatResponse | Answer | None,
        usage: Usage,
        wall: float,
        asked: Asked | None = None,
    ) -> Cost | None:
        """What `usage` costs at `wall`; None where no price is known."""
        if usage.model is not None:
            served = Pricer(self._provider, usage.model)
            return served.cost(answer, replace(usage, model=None), wall, asked)
        model = self._model or self._found(answer)
        if model is None:
            return None
        rated = self._rated(model, _ways(model, usage, asked), wall)
        if rated is None:
            return None
        searches = _searches(model.searches, usage) if rated.meter.fee_for_searches else 0
        usd = rated.meter.usd(usage.billed or usage, searches=searches)
        if usd is not None and answer is not None and _is_free(answer, model.unbilled):
            usd = Decimal(0)
        own = None if usd is None else Cost(usd, "table", rated.date, rated.source)
        if not usage.others:
            return own
        return total_cost([*(self.cost(None, other, wall) for other in usage.others), own])

    @property
    def facts(self) -> ModelFacts | None:
        """The model that is asked for, where it has a price."""
        model = self._model or self._found(None)
        return None if model is None else model.facts

    def meter(self, wall: float, asked: Asked | None = None) -> Meter | None:
        """The price in force at `wall`, before there is an answer."""
        model = self._model or self._found(None)
        if model is None:
            return None
        rated = self._rated(model, _ways(model, None, asked), wall)
        return None if rated is None else rated.meter

    def _found(self, answer: ChatResponse | Answer | None) -> _Priced | None:
        """The model that was asked for; where its name says nothing, the one that answered."""
        self._model = _priced(self._provider, self._name)
        if self._model is None and answer is not None and answer.model:
            return _priced(self._provider, answer.model)
        return self._model

    def _rated(self, model: _Priced, ways: Ways, wall: float) -> _Rated | None:
        """The price in force. The usual one is looked for once a day."""
        if ways or model.hourly:
            return model.rated(wall, ways)
        day = int(wall // _DAY)
        today = self._today
        if today is None or today[0] != day or today[1] is not model:
            today = self._today = (day, model, model.rated(wall, {}))
        return today[2]

    def _leaves_out_searches(self, answer: ChatResponse | Answer) -> bool:
        """Whether the provider searched the web, takes a fee for it, and does not say how often."""
        if not isinstance(answer, ChatResponse) or not _has_searched(answer):
            return False
        model = self._model or self._found(answer)
        if model is None or model.searches:
            return False
        return any(price.rates.search for price in model.facts.prices)

    def _unpriced(self, answer: ChatResponse | Answer, usage: Usage, asked: Asked | None) -> str:
        model = self._model or self._found(answer)
        ways = {} if model is None else _ways(model, usage, asked)
        how = " and ".join(f"{name} {word}" for name, word in sorted(ways.items()))
        return (
            f"no price is known for {self._provider}/{self._name}{how and f' with {how}'}; "
            "the cost of this answer is not counted"
        )


class _Rated(Struct, frozen=True):
    """A price that is in force, where it is from, and the day for which it is known."""

    meter: Meter
    date: str
    source: str


class _Priced:
    """A model that has prices, what they depend on, and how its provider counts."""

    __slots__ = ("facts", "hourly", "same_tiers", "searches", "unbilled", "ways")

    def __init__(self, provider: str, facts: ModelFacts) -> None:
        found = section(provider)
        self.facts = facts
        self.ways = frozenset(name for price in facts.prices for name in price.when)
        self.hourly = any(price.hours is not None for price in facts.prices)
        self.same_tiers = () if found is None else found.data.same_tiers
        self.searches = () if found is None else found.data.searches
        self.unbilled = None if found is None else found.data.unbilled

    def rated(self, wall: float, ways: Ways) -> _Rated | None:
        price = price_in_force(self.facts.prices, wall, ways)
        if price is None or not has_price(ways, price.when):
            return None
        name = self.facts.price_source or ""
        source = sources()[name]
        date = max(price.since or "", source.released)
        return _Rated(Meter(price), date, f"{name} {source.version}")


def _ways(model: _Priced, usage: Usage | None, asked: Asked | None) -> Ways:
    return ways_of(asked, usage, model.ways, model.same_tiers)


@lru_cache(_CACHE_SIZE)
def _priced(provider: str, name: str) -> _Priced | None:
    found = match(provider, name)
    return _Priced(provider, found.facts) if found is not None and found.facts.prices else None


def _has_searched(answer: ChatResponse) -> bool:
    parts = answer.message.parts
    return any(type(p) is ToolCall and p.by_provider and p.name == _SEARCH for p in parts)


def _is_free(answer: ChatResponse | Answer, reason: str | None) -> bool:
    """Whether nothing was answered, for a reason that nobody has to pay for."""
    if reason is None or not isinstance(answer, ChatResponse) or answer.raw_finish_reason != reason:
        return False
    return all(isinstance(part, Refusal) for part in answer.message.parts)


def _searches(path: tuple[str, ...], usage: Usage) -> int:
    """Web searches that the provider counted in its usage object."""
    if not path or usage.raw is None or path[-1] not in usage.raw:
        return 0
    try:
        value: object = msgspec.json.decode(usage.raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return 0
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) and value > 0 else 0
