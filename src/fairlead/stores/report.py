"""Reads what was spent out of an SQLite ledger, which it leaves as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from fairlead.errors import ConfigError

By = Literal["account", "model", "day"]

_COLUMNS: dict[By, str] = {
    "account": "accounts",
    "model": "model",
    "day": "strftime('%Y-%m-%d', at, 'unixepoch')",
}


class Spent(Struct, frozen=True):
    """What one account, model or day (in UTC) has spent, in nano-dollars.

    `estimated` counts the calls whose provider never said what they took. `name` is None for calls
    outside of every budget.
    """

    name: str | None
    calls: int
    amount: int
    estimated: int


class Entry(Struct, frozen=True):
    """One call. `usage` is JSON text, or None where there was none; `at` is since 1970."""

    names: tuple[str | None, ...]
    at: float
    model: str
    amount: int
    usage: str | None


def spent(path: Path, by: By) -> list[Spent]:
    """Sorted by name. Of nested budgets, a call counts for each. Raises `ConfigError`."""
    figures = "count(*), sum(amount), sum(estimated)"
    rows = _rows(path, f"SELECT {_COLUMNS[by]}, {figures} FROM spending GROUP BY 1")
    found: dict[str | None, Spent] = {}
    for text, calls, amount, estimated in rows:
        for name in _names(str(text), by):
            sofar = found.get(name, Spent(name, 0, 0, 0))
            found[name] = Spent(
                name, sofar.calls + calls, sofar.amount + amount, sofar.estimated + estimated
            )
    return [found[name] for name in sorted(found, key=lambda name: name or "")]


def total(path: Path) -> Spent:
    """All calls, each once. Raises `ConfigError`."""
    query = "SELECT count(*), coalesce(sum(amount), 0), coalesce(sum(estimated), 0) FROM spending"
    ((calls, amount, estimated),) = _rows(path, query)
    return Spent(None, calls, amount, estimated)


def entries(path: Path, by: By) -> Iterator[Entry]:
    """Every call, with the names it counts for. Raises `ConfigError`."""
    query = f"SELECT {_COLUMNS[by]}, at, model, amount, usage FROM spending"
    for text, at, model, amount, usage in _rows(path, query):
        yield Entry(_names(str(text), by), at, model, amount, usage)


def _names(text: str, by: By) -> tuple[str | None, ...]:
    return tuple(text.split("\n")) if by != "account" or text else (None,)


def _rows(path: Path, query: str) -> Iterator[Any]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            yield from file.execute(query)
    except sqlite3.Error as error:
        problem = str(error)
    else:
        return
    raise ConfigError(f"the ledger {path} cannot be read: {problem}")
