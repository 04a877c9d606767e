"""Limits that all processes of one machine share, in an SQLite file: one transaction to enter, one
to leave.

Instants are on the machine's clock since it started, which all its processes share. What a crash of
the machine takes away is a moment's worth.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.policies.shared_rate import MICROSECONDS, Level, corrected, level_at, spent, wait
from fairlead.stores.sqlite_file import SqliteFile
from fairlead.types.permits import Denied, Granted

if TYPE_CHECKING:
    import sqlite3

    from fairlead.types.permits import Asked, Rate, Why

APPLICATION = 0x6661696B
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS rate (
        place TEXT NOT NULL, name TEXT NOT NULL,
        count INTEGER NOT NULL, debt INTEGER NOT NULL,
        at INTEGER NOT NULL, emptied INTEGER NOT NULL,
        PRIMARY KEY (place, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS inside (
        place TEXT NOT NULL, id TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL,
        PRIMARY KEY (place, id)
    ) WITHOUT ROWID""",
)
_IDLE = 3600 * MICROSECONDS
"""For which a row that owes nothing is kept: it says no more than one that is not there."""
_BEHIND = 3600 * MICROSECONDS
"""By which `now` may lag behind: it was read before the wait for the file."""


class SqliteLimits:
    """Satisfies `ports.LimitStore`. Arguments and errors as for `SqliteLedger`.

    Without a path it is in memory, and this process's alone.
    """

    def __init__(self, path: Path | None, *, timeout: float = 0.05) -> None:
        self._file = SqliteFile(
            path,
            "the file of limits",
            application=APPLICATION,
            version=1,
            schema=_SCHEMA,
            timeout=timeout,
        )

    def enter(self, asked: Asked, now: float) -> Granted | Denied:
        return self._file.transaction(lambda to: _entered(to, asked, int(now * MICROSECONDS)))

    def leave(self, asked: Asked, granted: Granted, difference: int, now: float) -> None:
        self._file.transaction(lambda to: _left(to, asked, granted, difference))

    def prolong(self, asked: Asked, lease: float, now: float) -> None:
        row = (int((now + lease) * MICROSECONDS), asked.place, asked.id)
        query = "UPDATE inside SET until = ? WHERE place = ? AND id = ?"
        self._file.transaction(lambda to: to.execute(query, row))

    def close(self) -> None:
        self._file.close()


def _entered(to: sqlite3.Connection, asked: Asked, now: int) -> Granted | Denied:
    if asked.comes_back:
        # Those from before the machine was started anew are over too.
        to.execute("DELETE FROM inside WHERE until <= ? OR since > ?", (now, now + _BEHIND))
    if asked.places is not None:
        found = to.execute(
            "SELECT count(*), min(until) FROM inside WHERE place = ?", (asked.place,)
        )
        inside, first = found.fetchone()
        if inside >= asked.places:
            return Denied((first - now) / MICROSECONDS, "places")
    requests = _level(to, asked, "requests", asked.requests, now)
    tokens = _level(to, asked, "tokens", asked.tokens, now)
    for_requests = 0 if asked.requests is None else wait(requests, asked.requests, now)
    for_tokens = 0 if asked.tokens is None else wait(tokens, asked.tokens, now, asked.cost)
    if for_requests or for_tokens:
        why: Why = "tokens" if for_tokens > for_requests else "requests"
        return Denied(max(for_requests, for_tokens) / MICROSECONDS, why)
    if asked.requests is not None:
        _keep(to, asked, "requests", spent(requests, asked.requests))
    if asked.tokens is not None:
        _keep(to, asked, "tokens", spent(tokens, asked.tokens, asked.cost))
    if asked.comes_back:
        row = (asked.place, asked.id, now, now + int(asked.lease * MICROSECONDS))
        to.execute("INSERT OR REPLACE INTO inside VALUES (?, ?, ?, ?)", row)
    return Granted(tokens.emptied)


def _left(to: sqlite3.Connection, asked: Asked, granted: Granted, difference: int) -> None:
    gone = to.execute("DELETE FROM inside WHERE place = ? AND id = ?", (asked.place, asked.id))
    if gone.rowcount and asked.tokens is not None and difference:
        level = _stored(to, asked, "tokens")
        _keep(to, asked, "tokens", corrected(level, asked.tokens, granted.emptied, difference))


def _level(to: sqlite3.Connection, asked: Asked, name: str, rate: Rate | None, now: int) -> Level:
    if rate is None:
        return Level()
    return level_at(_stored(to, asked, name), rate, now)


def _stored(to: sqlite3.Connection, asked: Asked, name: str) -> Level:
    row = to.execute(
        "SELECT count, debt, at, emptied FROM rate WHERE place = ? AND name = ?",
        (asked.place, name),
    ).fetchone()
    return Level(*row) if row else Level()


def _keep(to: sqlite3.Connection, asked: Asked, name: str, level: Level) -> None:
    row = (asked.place, name, level.count, level.debt, level.at, level.emptied)
    known = to.execute(
        "UPDATE rate SET count = ?, debt = ?, at = ?, emptied = ? WHERE place = ? AND name = ?",
        (*row[2:], *row[:2]),
    )
    if not known.rowcount:
        # Names may come from strangers: with each new one, those that nobody uses go.
        to.execute("DELETE FROM rate WHERE at + debt / count < ?", (level.at - _IDLE,))
        to.execute("INSERT INTO rate VALUES (?, ?, ?, ?, ?, ?)", row)
