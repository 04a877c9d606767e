"""What a model costs: rates for each bucket of usage, by size, by date and by way of asking."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Rates(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """US dollars per million tokens of each bucket of `Usage`; None is not known, and not zero.

    `image_output` is set where pictures cost another sum than text: a usage that counts them
    together cannot be priced then. `request` and `search` are dollars per thousand.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    audio_input: Decimal | None = None
    reasoning: Decimal | None = None
    audio_output: Decimal | None = None
    image_output: Decimal | None = None
    request: Decimal | None = None
    search: Decimal | None = None


class Tier(Struct, frozen=True):
    """The rates of a whole answer whose input, cached or not, is longer than `above` tokens."""

    above: int
    rates: Rates


class Price(Struct, frozen=True, omit_defaults=True):
    """Rates, and when they hold. Of the prices of a model the last one in force is the price.

    `tiers` are sorted by size. `since` is a date (`YYYY-MM-DD`), `hours` a span of the day
    (`HH:MM`, the end left out), both in UTC. `when` names what a request must have asked for, such
    as `{"service_tier": "flex"}`; such a price stands above one without.
    """

    rates: Rates
    tiers: tuple[Tier, ...] = ()
    since: str | None = None
    hours: tuple[str, str] | None = None
    when: dict[str, str] = {}
