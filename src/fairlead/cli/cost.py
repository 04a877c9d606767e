"""`fairlead cost`: what was spent, by account, model or day."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from pathlib import Path
    from typing import TypeAlias

    from fairlead.policies.own_prices import OwnPrices
    from fairlead.stores.report import By, Entry

    Prices: TypeAlias = Mapping[str, OwnPrices]


class Line(Struct, frozen=True, omit_defaults=True):
    """One line of the list. Amounts are US dollars; `name` is null for calls without a budget.

    `estimated` counts the calls whose cost is an estimate. `repriced` is what they would cost by
    the prices of the settings and the model table as they are now; None where a price or the usage
    of one of them is not known.
    """

    name: str | None
    calls: int
    usd: str
    estimated: int = 0
    repriced: str | None = None


@click.command("cost")
@click.option(
    "--by",
    type=click.Choice(("account", "model", "day")),
    default="model",
    show_default=True,
    help="What to add up by; days are those of UTC.",
)
@click.option("--reprice", is_flag=True, help="Add what it would cost by today's prices.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(by: str, reprice: bool, as_json: bool) -> None:
    """Show what was spent, from the file that keeps the budgets.

    Calls are recorded once the settings have a budget, or [store] with kind = "sqlite".
    """
    from fairlead.accounting import ledger_path
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import note, write
    from fairlead.providers.registry import Registry
    from fairlead.settings import Settings

    settings = Settings.load()
    path = ledger_path(settings.store)
    prices = Registry(settings).prices() if reprice else None
    lines = _lines(path, cast("By", by), prices) if path.exists() else []
    if as_json:
        write(to_json(lines, indent=True) + "\n")
    elif lines:
        write(_table(lines, path, by, reprice=reprice))
    else:
        note(f"no spending is recorded yet ({path})")


def _lines(path: Path, by: By, prices: Prices | None) -> list[Line]:
    """The lines; with `prices` of one's own they are priced again."""
    from fairlead.stores.report import entries, spent

    again = {} if prices is None else _repriced(entries(path, by), prices)
    return [
        Line(one.name, one.calls, _dollars(one.amount), one.estimated, again.get(one.name))
        for one in spent(path, by)
    ]


def _repriced(every: Iterable[Entry], prices: Prices) -> dict[str | None, str | None]:
    """The cost by today's prices, by name; None where one call's is not known."""
    from decimal import Decimal

    from fairlead.policies.cost import sum_exactly

    found: dict[str | None, Decimal | None] = {}
    for entry in every:
        usd = _priced(entry, prices)
        for name in entry.names:
            sofar = found.get(name, Decimal(0))
            found[name] = None if usd is None or sofar is None else sum_exactly((sofar, usd))
    return {name: None if usd is None else f"{usd:f}" for name, usd in found.items()}


def _priced(entry: Entry, prices: Prices) -> Decimal | None:
    import time

    import msgspec

    from fairlead.models.names import canonical
    from fairlead.models.pricer import Pricer
    from fairlead.types.usage import Usage

    if entry.usage is None:
        return None
    name, _, model = entry.model.partition("/")
    provider = canonical(name)
    usage = msgspec.json.decode(entry.usage, type=Usage)
    cost = Pricer(provider, model, prices.get(provider)).cost(None, usage, time.time())
    return None if cost is None else cost.usd


def _table(lines: list[Line], path: Path, by: str, *, reprice: bool) -> str:
    from fairlead.cli.terminal import table
    from fairlead.stores.report import total

    every = total(path)
    head = (by, "calls", "usd", *(("repriced",) if reprice else ()), "")
    rows = [_row(line, reprice=reprice) for line in lines]
    last = Line("total", every.calls, _dollars(every.amount), every.estimated)
    return table([head, *rows, _row(last, reprice=reprice)])


def _row(line: Line, *, reprice: bool) -> tuple[str, ...]:
    again = (line.repriced or "-",) if reprice else ()
    noted = f"{line.estimated} estimated" if line.estimated else ""
    return ("-" if line.name is None else line.name, str(line.calls), line.usd, *again, noted)


def _dollars(amount: int) -> str:
    from fairlead.policies.cost import dollars

    return f"{dollars(amount):f}"
