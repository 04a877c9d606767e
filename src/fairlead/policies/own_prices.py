"""Prices of one's own, as the settings give them: which of them is that of a model.

A name without a `*` stands above all patterns; of those the one with the most characters beside its
stars is the nearest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, DecimalException

from msgspec import Struct

from fairlead.errors import ConfigError
from fairlead.policies.cost import discounted
from fairlead.types.prices import Price, Rates

_ANY = "*"
_DISCOUNT = "discount_percent"
_MOST = 1_000_000
_MOST_PLACES = 12
"""Dollars, and digits behind the point: any price is far within, and all sums stay small."""


class OwnPrice(Struct, frozen=True):
    """Rates, or per cent off those of the table; `place` is where the settings say it."""

    place: str
    price: Price | None = None
    discount: Decimal = Decimal(0)

    def over(self, listed: Sequence[Price]) -> tuple[Price, ...]:
        """What the model costs that the table has at `listed`.

        Rates are those of the usual way to be served; another one stays at the table's.
        """
        if self.price is None:
            return tuple(discounted(price, self.discount) for price in listed)
        return (self.price, *(price for price in listed if price.when))

    def says(self, price: Price) -> bool:
        """Whether `price`, one of those above, is the user's own."""
        return self.price is None or price is self.price


class OwnPrices:
    """The prices of one provider's models. Safe to share between threads."""

    __slots__ = ("_patterns", "tables")

    def __init__(self, provider: str, tables: object) -> None:
        """`tables` are those of `[providers.<provider>.prices]`: numbers by key by pattern.

        Raises `ConfigError` for what is no price.
        """
        place = f"providers.{provider}.prices"
        self.tables = {
            pattern: _rates(f'{place}."{pattern}"', pattern, own)
            for pattern, own in _table(place, tables).items()
        }
        """The same with exact numbers."""
        self._patterns = [
            (pattern.lower().split(_ANY), _own_price(f'{place}."{pattern}"', self.tables[pattern]))
            for pattern in sorted(self.tables, key=_rank)
        ]

    @property
    def names(self) -> tuple[str, ...]:
        """The models that are called by their whole names."""
        return tuple(pattern for pattern in self.tables if _ANY not in pattern)

    def of(self, *names: str) -> OwnPrice | None:
        """The price of the model that is called by any of `names`."""
        lower = [name.lower() for name in names]
        for pieces, price in self._patterns:
            if any(_fits(pieces, name) for name in lower):
                return price
        return None


def _own_price(place: str, table: dict[str, Decimal]) -> OwnPrice:
    if _DISCOUNT in table:
        return OwnPrice(place, discount=table[_DISCOUNT])
    return OwnPrice(place, Price(Rates(**table)))


def _table(place: str, given: object) -> Mapping[str, object]:
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        return given
    raise ConfigError(f'{place}: must be a table; write [providers.<name>.prices."<model>"] above')


def _rates(place: str, pattern: str, given: object) -> dict[str, Decimal]:
    if not pattern:
        raise ConfigError(f"{place}: name a model, or * for all")
    table = _table(place, given)
    if not table:
        raise ConfigError(f"{place}: says no price; set input and output")
    for key in table:
        _check_key(place, key)
    if _DISCOUNT in table and len(table) > 1:
        raise ConfigError(f"{place}: a discount is one on the table's rates; leave out the others")
    return {key: _amount(place, key, value) for key, value in table.items()}


def _check_key(place: str, key: str) -> None:
    from difflib import get_close_matches

    known = (*Rates.__struct_fields__, _DISCOUNT)
    if key not in known:
        near = get_close_matches(key, known, 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise ConfigError(f"{place}.{key}: there is no such key; {hint}")


def _amount(place: str, key: str, given: object) -> Decimal:
    """A float means the decimal number that it is written as."""
    most, unit = (100, "per cent") if key == _DISCOUNT else (_MOST, "dollars")
    number = isinstance(given, int | float | str | Decimal) and not isinstance(given, bool)
    try:
        amount = Decimal(str(given) if number else "NaN")
        exponent = amount.as_tuple().exponent
        fits = amount.is_finite() and 0 <= amount <= most and -int(exponent) <= _MOST_PLACES
    except (DecimalException, ValueError):  # no number at all, or one with thousands of digits
        fits = False
    if not fits:
        raise ConfigError(
            f"{place}.{key}: must be {unit} from 0 to {most:,}, with at most {_MOST_PLACES} digits "
            f"behind the point, not {_shown(given)}"
        )
    return amount


def _shown(given: object) -> str:
    """The value as a file would have it; only its kind where it is nothing like a number."""
    if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
        return str(given).lower() if isinstance(given, bool) else f"a {type(given).__name__}"
    try:
        return f"{given!s:.40}"
    except ValueError:
        return "a number of thousands of digits"


def _rank(pattern: str) -> tuple[bool, int]:
    return _ANY in pattern, pattern.count(_ANY) - len(pattern)


def _fits(pieces: list[str], name: str) -> bool:
    """Whether `name` is `pieces` with anything between them."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return name == first
    if not name.startswith(first):
        return False
    at = len(first)
    for piece in pieces[1:-1]:
        found = name.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return name.endswith(last) and at + len(last) <= len(name)
