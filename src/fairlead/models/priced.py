"""Models that have prices: those of the table, under those that the settings give."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from fairlead.models.facts import ModelFacts
from fairlead.models.matching import match
from fairlead.models.served import Ways, has_price
from fairlead.models.table import section, sources
from fairlead.policies.cost import Meter, price_in_force
from fairlead.types.usage import Cost

if TYPE_CHECKING:
    from fairlead.policies.own_prices import OwnPrice, OwnPrices

_CACHE_SIZE = 1024  # names may come from strangers


class Rated(Struct, frozen=True):
    """A price that is in force, who says so, and for the table's the day for which it is known."""

    meter: Meter
    said_by: Literal["table", "settings"]
    date: str | None
    source: str

    def cost(self, usd: Decimal) -> Cost:
        return Cost(usd, self.said_by, self.date, self.source)


class Priced:
    """A model that has prices, what they depend on, and how its provider counts.

    `own` is the user's own price, which is among those of `facts`.
    """

    __slots__ = ("facts", "hourly", "own", "same_tiers", "searches", "unbilled", "ways")

    def __init__(self, provider: str, facts: ModelFacts, own: OwnPrice | None = None) -> None:
        found = section(provider)
        self.facts = facts
        self.own = own
        self.ways = frozenset(name for price in facts.prices for name in price.when)
        self.hourly = any(price.hours is not None for price in facts.prices)
        self.same_tiers = () if found is None else found.data.same_tiers
        self.searches = () if found is None else found.data.searches
        self.unbilled = None if found is None else found.data.unbilled

    def rated(self, wall: float, ways: Ways) -> Rated | None:
        price = price_in_force(self.facts.prices, wall, ways)
        if price is None or not has_price(ways, price.when):
            return None
        if self.own is not None and self.own.says(price):
            return Rated(Meter(price), "settings", None, self.own.place)
        name = self.facts.price_source or ""
        source = sources()[name]
        date = max(price.since or "", source.released)
        return Rated(Meter(price), "table", date, f"{name} {source.version}")


@lru_cache(_CACHE_SIZE)
def priced(provider: str, name: str, own: OwnPrices | None = None) -> Priced | None:
    """What `name` means at `provider`, where it has a price in `own` or in the table."""
    found = match(provider, name)
    facts = ModelFacts(provider=provider, id=name) if found is None else found.facts
    price = None if own is None else own.of(name, facts.id)
    if price is not None:
        facts = owned(facts, price)
    return Priced(provider, facts, price) if facts.prices else None


def owned(facts: ModelFacts, own: OwnPrice) -> ModelFacts:
    """The model at the user's own price."""
    return replace(facts, prices=own.over(facts.prices))
