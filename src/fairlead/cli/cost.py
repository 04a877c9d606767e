"""`fairlead cost`: what was spent, by account, model or day."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal
    from pathlib import Path

    from fairlead.stores.report import By, Entry


class Line(Struct, frozen=True, omit_defaults=True):
    """One line of the list. Amounts are US dollars; `name` is null for calls without a budget.

    `estimated` counts the calls whose cost is an estimate. `repriced` is what they would cost by
    the model table as it is now; None where a price or the usage of one of them is not known.
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
@click.option("--reprice", is_flag=True, help="Add what it would cost by today's model table.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(by: str, reprice: bool, as_json: bool) -> None:
    """Show what was spent, from the file that keeps the budgets.

    Calls are recorded once the settings have a budget, or [store] with kind = "sqlite".
    """
    from fairlead.accounting import ledger_path
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import note, write
    from fairlead.settings import Settings

    path = ledger_path(Settings.load().store)
    lines = _lines(path, cast("By", by), reprice=reprice) if path.exists() else []
    if as_json:
        write(to_json(lines, indent=True) + "\n")
    elif lines:
        write(_table(lines, path, by, reprice=reprice))
    else:
        note(f"no spending is recorded yet ({path})")


def _lines(path: Path, by: By, *, reprice: bool) -> list[Line]:
    from fairlead.stores.report import entries, spent

    again = _repriced(entries(path, by)) if reprice else {}
    return [
        Line(one.name, one.calls, _dollars(one.amount), one.estimated, again.get(one.name))
        for one in spent(path, by)
    ]


def _repriced(every: Iterable[Entry]) -> dict[str | None, str | None]:
    """The cost by the model table, by name; None where one call's is not known."""
    from decimal import Decimal

    from fairlead.policies.cost import sum_exactly

    found: dict[str | None, Decimal | None] = {}
    for entry in every:
        usd = _priced(entry)
        for name in entry.names:
            sofar = found.get(name, Decimal(0))
            found[name] = None if usd is None or sofar is None else sum_exactly((sofar, usd))
    return {name: None if usd is None else f"{usd:f}" for name, usd in found.items()}


def _priced(entry: Entry) -> Decimal | None:
    import time

    import msgspec

    from fairlead.models.names import canonical
    from fairlead.models.pricer import Pricer
    from fairlead.types.usage import Usage

    if entry.usage is None:
        return None
    provider, _, model = entry.model.partition("/")
    usage = msgspec.json.decode(entry.usage, type=Usage)
    cost = Pricer(canonical(provider), model).cost(None, usage, time.time())
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
