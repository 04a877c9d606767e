"""`fairlead models` without a provider's own list: the model table, filtered and printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import click
from msgspec import Struct

from fairlead.models.facts import Modality, ModelFacts
from fairlead.types.prices import Rates

if TYPE_CHECKING:
    from fairlead.policies.own_prices import OwnPrice, OwnPrices

    Listed: TypeAlias = tuple[ModelFacts, OwnPrice | None]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([km]?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 1000, "m": 1_000_000}
_MODALITIES: dict[str, Modality] = {"vision": "image", "audio": "audio", "pdf": "pdf"}
_FEATURES = ("tools", "structured_output", "reasoning")


class Size(click.ParamType[int]):
    """A number of tokens: `200000`, `200k` or `1m`."""

    name = "tokens"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _SIZE.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no number of tokens; write 200000, 200k or 1m", param, ctx)
        return int(Decimal(found[1]) * _UNITS[found[2].lower()])


class Wanted(Struct, frozen=True, kw_only=True):
    """What a model must be known to have. `max_price` is dollars per million tokens."""

    provider: str | None = None
    search: str = ""
    vision: bool = False
    audio: bool = False
    pdf: bool = False
    tools: bool = False
    structured_output: bool = False
    reasoning: bool = False
    context: int = 0
    max_price: Decimal | None = None

    @property
    def anything(self) -> bool:
        """Whether some filter is set, the provider apart."""
        return self != Wanted(provider=self.provider)

    def fits(self, facts: ModelFacts) -> bool:
        """A fact that nobody knows does not fit."""
        named = self.search.lower()
        return (
            (named in facts.model.lower() or named in (facts.name or "").lower())
            and all(facts.takes(m) for flag, m in _MODALITIES.items() if getattr(self, flag))
            and all(getattr(facts, name) for name in _FEATURES if getattr(self, name))
            and (facts.context_window or 0) >= self.context
            and (self.max_price is None or _costs_at_most(facts.price, self.max_price))
        )


class Row(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One model as it is printed. `price` is dollars per million tokens, as exact text."""

    model: str
    provider: str
    name: str | None = None
    status: str = "active"
    context_window: int | None = None
    max_output: int | None = None
    input: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    tools: bool | None = None
    structured_output: bool | None = None
    reasoning: bool | None = None
    released: str | None = None
    aliases: tuple[str, ...] = ()
    price: Rates | None = None
    price_source: str | None = None
    price_date: str | None = None


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """The options of `fairlead models` that narrow the table."""
    for option in reversed(
        (
            click.option("-q", "--search", default="", help="Only names with this in them."),
            click.option("--vision", is_flag=True, help="Only models that see pictures."),
            click.option("--audio", is_flag=True, help="Only models that hear."),
            click.option("--pdf", is_flag=True, help="Only models that read PDF files."),
            click.option("--tools", is_flag=True, help="Only models that call tools."),
            click.option(
                "--structured",
                "structured_output",
                is_flag=True,
                help="Only models that keep to a JSON Schema.",
            ),
            click.option("--reasoning", is_flag=True, help="Only models that reason first."),
            click.option(
                "--context",
                type=Size(),
                default=0,
                help="Only models with a context of so many tokens, such as 200k.",
            ),
            click.option(
                "--max-price",
                type=click.FloatRange(min=0),
                metavar="USD",
                help="Only models that cost at most this for a million tokens, in and out.",
            ),
        )
    ):
        command = option(command)
    return command


def rows(wanted: Wanted, prices: Mapping[str, OwnPrices]) -> list[Row]:
    """The models that fit, sorted by name within each provider.

    `prices` are the user's own, by provider: models that only they name come last.
    """
    listed = (*_of_table(wanted.provider, prices), *_of_settings(wanted.provider, prices))
    return [_row(facts, own) for facts, own in listed if wanted.fits(facts)]


def cells(row: Row) -> tuple[str, ...]:
    """A row for a person: name, size, price in and out, and what it can do."""
    words = ["vision" if "image" in row.input else "", "audio" if "audio" in row.input else ""]
    words += ["tools" if row.tools else "", "reasoning" if row.reasoning else ""]
    words += [row.status if row.status != "active" else ""]
    return (
        row.model,
        _tokens(row.context_window),
        _price(row.price),
        " ".join(filter(None, words)),
    )


def heading() -> tuple[str, ...]:
    return ("MODEL", "CONTEXT", "USD/M IN, OUT", "")


def _of_table(provider: str | None, prices: Mapping[str, OwnPrices]) -> Iterator[Listed]:
    from fairlead import models
    from fairlead.models.priced import owned

    for facts in models.all(provider):
        own = prices[facts.provider].of(facts.id) if facts.provider in prices else None
        known = facts if own is None else owned(facts, own)
        yield known, own if known.prices else None


def _of_settings(provider: str | None, prices: Mapping[str, OwnPrices]) -> Iterator[Listed]:
    from fairlead.models.matching import match
    from fairlead.models.priced import priced

    for name in sorted(prices) if provider is None else prices.keys() & {provider}:
        for model in sorted(prices[name].names):
            found = priced(name, model, prices[name])
            if found is not None and match(name, model) is None:
                yield found.facts, found.own


def _row(facts: ModelFacts, own: OwnPrice | None) -> Row:
    price_source, price_date = _source(facts, own)
    return Row(
        model=facts.model,
        provider=facts.provider,
        name=facts.name,
        status=facts.status,
        context_window=facts.context_window,
        max_output=facts.max_output,
        input=facts.input,
        output=facts.output,
        tools=facts.tools,
        structured_output=facts.structured_output,
        reasoning=facts.reasoning,
        released=facts.released,
        aliases=facts.aliases,
        price=facts.price,
        price_source=price_source,
        price_date=price_date,
    )


def _source(facts: ModelFacts, own: OwnPrice | None) -> tuple[str | None, str | None]:
    """Where the price is from, and for which day."""
    from fairlead.models.table import sources

    if own is not None:
        return own.place, None
    source = sources().get(facts.price_source or "")
    if source is None:
        return None, None
    return f"{facts.price_source} {source.version}", source.released


def _costs_at_most(price: Rates | None, most: Decimal) -> bool:
    """Whether input and output are both known to cost no more, or the one that there is."""
    found = _both(price)
    return bool(found) and max(found) <= most


def _both(price: Rates | None) -> list[Decimal]:
    return (
        [] if price is None else [rate for rate in (price.input, price.output) if rate is not None]
    )


def _price(price: Rates | None) -> str:
    return ", ".join(f"{rate:.4g}" for rate in _both(price))


def _tokens(count: int | None) -> str:
    return f"{count:,}" if count else ""


def chosen(provider: str | None, given: Iterable[tuple[str, Any]]) -> Wanted:
    """What the command line asked for."""
    fields = dict(given)
    most = fields.pop("max_price")
    return Wanted(
        provider=provider, max_price=None if most is None else Decimal(str(most)), **fields
    )
