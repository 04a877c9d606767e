"""What an answer costs: picks the price in force and multiplies it out, exactly.

All money is counted in whole numbers of a small unit, so that no decimal context of the program
around can round it. A bucket without a rate of its own costs what the bucket above it costs; one
without any known rate makes the whole cost unknown, and never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Context, Decimal

from msgspec.structs import asdict, replace

from fairlead.types.prices import Price, Rates
from fairlead.types.usage import Usage

_EXACT = Context(prec=80)
_PER_MILLION = 6
_NANO_PLACES = 3  # a nano-dollar a token is a thousandth of a dollar per million
_NOTHING: Mapping[str, str] = {}


class Meter:
    """One price, made ready to be multiplied with usage. Safe to share between threads."""

    __slots__ = (
        "_digits",
        "_parts",
        "_plain",
        "_tiers",
        "_times",
        "fee_for_searches",
        "free",
        "since",
    )

    def __init__(self, price: Price) -> None:
        every = (price.rates, *(tier.rates for tier in price.tiers))
        self._digits = max((_decimals(rates) for rates in every), default=0)
        self._plain = _Scaled(price.rates, self._digits)
        self._tiers = tuple(
            (tier.above, _Scaled(tier.rates, self._digits)) for tier in reversed(price.tiers)
        )
        places = self._digits - _NANO_PLACES
        self._times, self._parts = 10 ** max(0, -places), 10 ** max(0, places)
        self.since = price.since
        self.fee_for_searches = price.rates.search is not None
        self.free = all(_is_free(rates) for rates in every)
        """Whether nothing is paid, for however many tokens."""

    def usd(self, usage: Usage, *, searches: int = 0) -> Decimal | None:
        """US dollars for one request, or None where a rate is not known."""
        scaled = self._plain
        for above, higher in self._tiers:
            if usage.input_tokens > above:
                scaled = higher
                break
        total = scaled.total(usage, searches)
        if total is None:
            return None
        return _EXACT.scaleb(Decimal(total), -(self._digits + _PER_MILLION))

    def worst(
        self, reads: int, writes: int, *, caches: bool, hears: bool, searches: int = 0
    ) -> int | None:
        """The most, in nano-dollars, that so many tokens cost; None where a rate is not known.

        `caches`: what is read may be written to a cache; `hears`: tokens may be of sound.
        """
        most = self._plain.worst(reads, writes, searches, caches, hears)
        for above, scaled in self._tiers:
            if reads >= above and most is not None:
                total = scaled.worst(reads, writes, searches, caches, hears)
                most = None if total is None else max(most, total)
        return None if most is None else -(-most * self._times // self._parts)


class _Scaled:
    """Rates as whole numbers: dollars per million tokens, times ten to the power of `digits`."""

    __slots__ = (
        "audio_input",
        "audio_output",
        "cache_read",
        "cache_write",
        "cache_write_1h",
        "image_output",
        "input",
        "mixed",
        "output",
        "reasoning",
        "request",
        "search",
        "written",
    )

    def __init__(self, rates: Rates, digits: int) -> None:
        plain = _whole(rates.input, digits)
        output = _whole(rates.output, digits)
        write = _or(_whole(rates.cache_write, digits), plain)
        self.input = plain
        self.output = output
        self.cache_read = _or(_whole(rates.cache_read, digits), plain)
        self.cache_write = write
        self.cache_write_1h = _or(_whole(rates.cache_write_1h, digits), write)
        self.audio_input = _or(_whole(rates.audio_input, digits), plain)
        self.reasoning = _or(_whole(rates.reasoning, digits), output)
        self.audio_output = _or(_whole(rates.audio_output, digits), output)
        self.image_output = _or(_whole(rates.image_output, digits), output)
        self.written = max(self.output or 0, self.reasoning or 0, self.image_output or 0)
        self.mixed = rates.image_output is not None and rates.image_output != rates.output
        # Dollars per thousand: a thousand times as many per million.
        self.request = (_whole(rates.request, digits) or 0) * 1000
        self.search = (_whole(rates.search, digits) or 0) * 1000

    def worst(
        self, reads: int, writes: int, searches: int, caches: bool, hears: bool
    ) -> int | None:
        read, written = self.input, self.written
        if read is None or (writes and self.output is None):
            return None
        if caches:
            read = max(read, self.cache_write or 0, self.cache_write_1h or 0)
        if hears:
            read = max(read, self.audio_input or 0)
            written = max(written, self.audio_output or 0)
        return self.request + searches * self.search + reads * read + writes * written

    def total(self, usage: Usage, searches: int) -> int | None:
        if self.mixed and usage.output and not usage.image_output:
            return None  # Pictures may be counted among the words.
        total = self.request + searches * self.search
        for count, rate in (
            (usage.input, self.input),
            (usage.output, self.output),
            (usage.cache_read, self.cache_read),
            (usage.reasoning, self.reasoning),
            (usage.cache_write, self.cache_write),
            (usage.cache_write_1h, self.cache_write_1h),
            (usage.audio_input, self.audio_input),
            (usage.audio_output, self.audio_output),
            (usage.image_output, self.image_output),
        ):
            if count:
                if rate is None:
                    return None
                total += count * rate
        return total


def discounted(price: Price, percent: Decimal) -> Price:
    """`price` with so many per cent off every rate, exactly."""
    share = _EXACT.scaleb(_EXACT.subtract(Decimal(100), percent), -2)
    tiers = tuple(replace(tier, rates=_times(tier.rates, share)) for tier in price.tiers)
    return replace(price, rates=_times(price.rates, share), tiers=tiers)


def sum_exactly(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of `amounts`, whatever the decimal context of the program."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def nanos(usd: Decimal) -> int:
    """US dollars as whole nano-dollars, rounded up."""
    return int(_EXACT.scaleb(usd, 9).to_integral_value(ROUND_CEILING, _EXACT))


def dollars(amount: int) -> Decimal:
    """Nano-dollars as US dollars, exactly."""
    return _EXACT.scaleb(Decimal(amount), -9)


def price_in_force(
    prices: Sequence[Price], wall: float, asked: Mapping[str, str] = _NOTHING
) -> Price | None:
    """The price at `wall` (seconds since 1970) of a request that asked for `asked`."""
    moment = datetime.fromtimestamp(wall, UTC)
    day, hour = moment.date().isoformat(), f"{moment:%H:%M}"
    found: Price | None = None
    plain = [price for price in prices if not price.when]
    for price in prices if asked else plain:
        if price.when and not price.when.items() <= asked.items():
            continue
        if not _in_force(price, day, hour):
            continue
        if found is None or len(price.when) >= len(found.when):
            found = price
    return found or (plain[0] if plain else None)


def _in_force(price: Price, day: str, hour: str) -> bool:
    if price.since is not None and day < price.since:
        return False
    if price.hours is None:
        return True
    start, end = price.hours
    return start <= hour < end if start <= end else hour >= start or hour < end


def _decimals(rates: Rates) -> int:
    """The most digits behind the point of any rate."""
    exponents = (
        -int(value.as_tuple().exponent)
        for name in rates.__struct_fields__
        if (value := getattr(rates, name)) is not None
    )
    return max(exponents, default=0)


def _times(rates: Rates, share: Decimal) -> Rates:
    given = asdict(rates).items()
    return Rates(
        **{name: None if rate is None else _EXACT.multiply(rate, share) for name, rate in given}
    )


def _is_free(rates: Rates) -> bool:
    if rates.input is None or rates.output is None:
        return False
    return not any(getattr(rates, name) for name in rates.__struct_fields__)


def _whole(rate: Decimal | None, digits: int) -> int | None:
    return None if rate is None else int(_EXACT.scaleb(rate, digits))


def _or(rate: int | None, otherwise: int | None) -> int | None:
    return otherwise if rate is None else rate
