"""Puts the cost into answers: the table's price in force, or a warning where it knows none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairlead.models.facts import ModelFacts
from fairlead.models.matching import match
from fairlead.models.table import section, sources
from fairlead.policies.cost import Meter, price_in_force
from fairlead.types.operations import Answer
from fairlead.types.requests import Options
from fairlead.types.responses import ChatResponse
from fairlead.types.usage import Cost, Usage

A_ = TypeVar("A_", ChatResponse, Answer)

_DAY = 86400
_CACHE_SIZE = 1024  # names may come from strangers
_NOTHING: Final[Mapping[str, str]] = {}


class Asked:
    """What a request said that a price may depend on, such as its service tier."""

    __slots__ = ("_body", "_options")

    def __init__(self, options: Options | None, body: Mapping[str, object] | None) -> None:
        self._options = options
        self._body = body

    def of(self, names: frozenset[str]) -> dict[str, str]:
        """The values of `names`, where they are set."""
        found = {name: (self._body or {}).get(name) for name in names}
        for name, value in found.items():
            if value is None:
                found[name] = getattr(self._options, name, None)
        return {name: value for name, value in found.items() if isinstance(value, str)}


class Pricer:
    """Prices the answers of one target. Safe to share between threads."""

    __slots__ = ("_model", "_name", "_provider", "_today", "_warning")

    def __init__(self, provider: str, model: str) -> None:
        self._provider = provider
        self._name = model
        self._warning = (
            f"no price is known for {provider}/{model}; the cost of this answer is not counted",
        )
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
            return replace(answer, warnings=answer.warnings + self._warning)
        return replace(answer, cost=cost)

    def cost(
        self,
        answer: ChatResponse | Answer | None,
        usage: Usage,
        wall: float,
        asked: Asked | None = None,
    ) -> Cost | None:
        """What `usage` costs at `wall`; None where no price is known."""
        model = self._model or self._found(answer)
        if model is None:
            return None
        rated = self._rated(model, answer, wall, asked)
        if rated is None:
            return None
        searches = _searches(self._provider, usage) if rated.meter.fee_for_searches else 0
        usd = rated.meter.usd(usage, searches=searches)
        return None if usd is None else Cost(usd, "table", rated.date, rated.source)

    @property
    def facts(self) -> ModelFacts | None:
        """The model that is asked for, where it has a price."""
        model = self._model or self._found(None)
        return None if model is None else model.facts

    def meter(self, wall: float, asked: Asked | None = None) -> Meter | None:
        """The price in force at `wall`, before there is an answer."""
        model = self._model or self._found(None)
        rated = None if model is None else self._rated(model, None, wall, asked)
        return None if rated is None else rated.meter

    def _found(self, answer: ChatResponse | Answer | None) -> _Priced | None:
        """The model that was asked for; where its name says nothing, the one that answered."""
        self._model = _priced(self._provider, self._name)
        if self._model is None and answer is not None and answer.model:
            return _priced(self._provider, answer.model)
        return self._model

    def _rated(
        self,
        model: _Priced,
        answer: ChatResponse | Answer | None,
        wall: float,
        asked: Asked | None,
    ) -> _Rated | None:
        """The price in force. The usual one is looked for once a day."""
        ways = asked.of(model.ways) if asked is not None and model.ways else {}
        if ways and answer is not None:
            ways = _as_served(ways, answer.raw.body)
        if ways or model.hourly:
            return model.rated(wall, ways)
        day = int(wall // _DAY)
        today = self._today
        if today is None or today[0] != day or today[1] is not model:
            today = self._today = (day, model, model.rated(wall, _NOTHING))
        return today[2]


class _Rated(Struct, frozen=True):
    """A price that is in force, where it is from, and the day for which it is known."""

    meter: Meter
    date: str
    source: str


class _Priced:
    """A model that has prices, and what they depend on."""

    __slots__ = ("facts", "hourly", "ways")

    def __init__(self, facts: ModelFacts) -> None:
        self.facts = facts
        self.ways = frozenset(name for price in facts.prices for name in price.when)
        self.hourly = any(price.hours is not None for price in facts.prices)

    def rated(self, wall: float, ways: Mapping[str, str]) -> _Rated | None:
        price = price_in_force(self.facts.prices, wall, ways)
        if price is None:
            return None
        name = self.facts.price_source or ""
        source = sources()[name]
        date = max(price.since or "", source.released)
        return _Rated(Meter(price), date, f"{name} {source.version}")


@lru_cache(_CACHE_SIZE)
def _priced(provider: str, name: str) -> _Priced | None:
    found = match(provider, name)
    return _Priced(found.facts) if found is not None and found.facts.prices else None


def _as_served(asked: dict[str, str], body: bytes | None) -> dict[str, str]:
    """What the answer says of what was asked for: a provider may serve another tier."""
    if body is None:
        return asked
    try:
        said = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return asked
    return asked | {n: value for n in asked if isinstance(value := said.get(n), str)}


def _searches(provider: str, usage: Usage) -> int:
    """Web searches that the provider counted in its usage object."""
    found = section(provider)
    path = found.data.searches if found is not None else ()
    if not path or usage.raw is None or path[-1] not in usage.raw:
        return 0
    try:
        value: object = msgspec.json.decode(usage.raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return 0
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) and value > 0 else 0
