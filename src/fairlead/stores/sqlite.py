"""The ledger of one machine: an SQLite file that any number of processes share, and that lasts.

Leases run on the machine's clock since it started, which all its processes share and which nobody
can set; a hold from before a restart is over.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from fairlead.errors import ConfigError, StoreError
from fairlead.policies.ledger import slots_at, window_end
from fairlead.stores.schema import APPLICATION, SCHEMA, VERSION
from fairlead.types.spending import Shortage

if TYPE_CHECKING:
    from fairlead.types.spending import Account, Hold, Slot, Spending

_T = TypeVar("_T")

_EVER = ""
"""Stands for no period in the file."""
_BEHIND = 3600.0
"""Seconds by which `now` may lag behind: it was read before the wait for the file."""
_OPENING = 5.0
"""Seconds for others to finish making the file."""
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_DENIED = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")


class SqliteLedger:
    """Satisfies `ports.LedgerStore`. Every call is recorded, for `fairlead cost`.

    The file is opened at once: raises `ConfigError` where it cannot be used. `timeout` is how many
    seconds it may stay locked by others.
    """

    in_memory = False
    records = True

    def __init__(self, path: Path, *, timeout: float = 0.05) -> None:
        self._path = path
        self._timeout = timeout
        self._lock = Lock()
        self._process = os.getpid()
        try:
            self._connection: sqlite3.Connection | None = self._open()
        except StoreError as error:
            raise ConfigError(str(error)) from None

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        slots = slots_at(hold.accounts, wall)

        def run(to: sqlite3.Connection) -> tuple[Slot, ...] | Shortage:
            _expire(to, now)
            for account, slot in zip(hold.accounts, slots, strict=True):
                settled, held = _balance(to, slot)
                if settled + held + hold.amount > account.limit:
                    end = window_end(slot.per, slot.window)
                    return Shortage(account, settled, held, None if end is None else end - wall)
            to.executemany(
                "INSERT INTO hold VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(*_key(s), hold.id, hold.amount, now, now + hold.lease) for s in slots],
            )
            return slots

        return self._transaction(run)

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        def run(to: sqlite3.Connection) -> None:
            to.execute("DELETE FROM hold WHERE id = ?", (name,))
            if spending is None or not _recorded(to, name, slots, spending, wall):
                return
            to.executemany(
                "INSERT INTO balance VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET settled = settled + excluded.settled",
                [(*_key(slot), spending.amount) for slot in slots],
            )

        self._transaction(run)

    def balance(self, account: Account, now: float, wall: float) -> tuple[int, int]:
        (slot,) = slots_at((account,), wall)

        def run(to: sqlite3.Connection) -> tuple[int, int]:
            _expire(to, now)
            return _balance(to, slot)

        return self._transaction(run)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    # -- the file --------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _unusable(self._path, error.strerror or "no such folder") from None
        with self._told():
            connection = sqlite3.connect(
                self._path, timeout=_OPENING, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection, self._path)
                with _immediate(connection):
                    pass  # fails now where the file may only be read
                connection.execute(f"PRAGMA busy_timeout = {int(self._timeout * 1000)}")
            except BaseException:
                connection.close()
                raise
        return connection

    def _transaction(self, run: Callable[[sqlite3.Connection], _T]) -> _T:
        if not self._lock.acquire(timeout=max(self._timeout, 1.0)):
            raise StoreError(f"{self._path}: too many calls wait for it; raise store.timeout")
        try:
            if self._connection is None or self._process != os.getpid():
                self._process = os.getpid()  # a child must not use its parent's connection
                self._connection = self._open()
            connection = self._connection
            with self._told(), _immediate(connection):
                return run(connection)
        finally:
            self._lock.release()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _translated(self._path, error) from None


@contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """The only writer from the first statement on: what is read stays true until the commit."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (application, version) != (APPLICATION, VERSION):
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if application != APPLICATION and (application or tables):
            raise _unusable(path, "it is another program's database")
        if version > VERSION:
            raise _unusable(path, "a newer fairlead wrote it; update this one")
        connection.execute("PRAGMA journal_mode = WAL")
        with _immediate(connection):
            for statement in SCHEMA:
                connection.execute(statement)
        if os.name == "posix":
            path.chmod(0o600)
    connection.execute("PRAGMA synchronous = NORMAL")


def _expire(to: sqlite3.Connection, now: float) -> None:
    """End the holds whose lease is over, and those from before the machine was started anew."""
    to.execute("DELETE FROM hold WHERE until <= ? OR since > ?", (now, now + _BEHIND))


def _recorded(
    to: sqlite3.Connection, name: str, slots: Sequence[Slot], spending: Spending, wall: float
) -> bool:
    """Whether this is the first time that the spending is told."""
    accounts = "\n".join(dict.fromkeys(slot.account for slot in slots))
    row = (name, wall, accounts, spending.model, spending.operation, spending.amount)
    more = (spending.usage, spending.estimated)
    done = to.execute("INSERT OR IGNORE INTO spending VALUES (?,?,?,?,?,?,?,?)", row + more)
    return done.rowcount == 1


def _balance(to: sqlite3.Connection, slot: Slot) -> tuple[int, int]:
    where = "WHERE account = ? AND per = ? AND period = ?"
    settled = to.execute(f"SELECT settled FROM balance {where}", _key(slot)).fetchone()
    (held,) = to.execute(f"SELECT sum(amount) FROM hold {where}", _key(slot)).fetchone()
    return settled[0] if settled else 0, held or 0


def _key(slot: Slot) -> tuple[str, str, int]:
    return slot.account, slot.per or _EVER, slot.window


def _translated(path: Path, error: sqlite3.Error) -> StoreError:
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(_BROKEN):
        return _unusable(path, "it is damaged; move it away, and a new one is made")
    if name.startswith(_DENIED):
        return _unusable(path, "it cannot be written; give it to this user, or set store.path")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(f"{path}: other processes keep it locked; raise store.timeout")
    if name.startswith("SQLITE_FULL"):
        return StoreError(f"{path}: the disk is full; make room")
    return StoreError(f"{path}: {error}; the budgets cannot be kept there")


def _unusable(path: Path, reason: str) -> StoreError:
    return StoreError(f"the ledger {path} cannot be used: {reason}")
