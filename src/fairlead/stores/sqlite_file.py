"""An SQLite file that any number of processes share: opened, recognised, written by one at a time.

Says in our words what goes wrong with it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import TypeVar

from fairlead.errors import ConfigError, StoreError

_T = TypeVar("_T")

_OPENING = 5.0
"""Seconds for others to finish making the file, at least."""
_AGAIN = 0.005
"""Seconds between two tries."""
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_DENIED = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")
_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")


class SqliteFile:
    """Safe to share between threads, and survives a fork.

    It is opened at once: raises `ConfigError` where it cannot be used, for another program's or a
    newer `version`'s too. `what` is what it is called in errors, `application` tells it from
    others. `timeout` is how many seconds it may stay locked by others. Without a path it is in
    memory.
    """

    def __init__(
        self,
        path: Path | None,
        what: str,
        *,
        application: int,
        version: int,
        schema: tuple[str, ...],
        timeout: float,
    ) -> None:
        self.path = None if path is None else path.absolute()  # wherever the program goes
        self._what = what
        self._application = application
        self._version = version
        self._schema = schema
        self._timeout = timeout
        self._lock = Lock()
        self._busy = 0
        self._process = os.getpid()
        self._identity: tuple[int, int] | None = None
        try:
            self.connection: sqlite3.Connection | None = self._open()
        except StoreError as error:
            raise ConfigError(str(error)) from None

    def transaction(self, run: Callable[[sqlite3.Connection], _T]) -> _T:
        """What `run` returns, all of it done or nothing. Raises `StoreError`."""
        busy = self._busy
        if not self._lock.acquire(timeout=max(self._timeout, 1.0)):
            raise StoreError(f"{self.path}: too many calls wait for it; raise store.timeout")
        try:
            if busy != self._busy:  # who stood before us has waited in vain
                raise self._locked()
            connection = self._current()
            with self._told(), _immediate(connection):
                return run(connection)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let go of the file; the next transaction opens it again."""
        with self._lock:
            if self.connection is not None and self._process == os.getpid():
                self.connection.close()
            self.connection = None

    def _current(self) -> sqlite3.Connection:
        """The connection to the file that is there now: it may have been moved away since."""
        connection = self.connection
        if self._process != os.getpid():
            self._process, connection = os.getpid(), None  # a child must not use its parent's
        elif connection is not None and self._identity != _identity(self.path):
            with suppress(sqlite3.Error):  # what was moved away may be damaged
                connection.close()
            connection = None
        if connection is None:
            self.connection = None
            self.connection = connection = self._open()
        return connection

    def _open(self) -> sqlite3.Connection:
        if self.path is not None:
            if "\0" in str(self.path):
                raise self._unusable("its name holds a character that none may have")
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise self._unusable(error.strerror or "no such folder") from None
        with self._told():
            connection = sqlite3.connect(
                self.path or ":memory:",
                timeout=max(_OPENING, self._timeout),
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._prepare_once_free(connection)
                connection.execute(f"PRAGMA busy_timeout = {int(self._timeout * 1000)}")
                self._identity = _identity(self.path)
            except BaseException:
                connection.close()
                raise
        return connection

    def _prepare_once_free(self, connection: sqlite3.Connection) -> None:
        """Prepare it, again where others were at it: some steps SQLite refuses without a wait."""
        until = monotonic() + max(_OPENING, self._timeout)
        while True:
            try:
                self._prepare(connection)
                with _immediate(connection):
                    return  # fails now where the file may only be read
            except sqlite3.OperationalError as error:
                if not _is_locked(error) or monotonic() > until:
                    raise
            sleep(_AGAIN)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        application, version, tables = _marks(connection)
        if (application, version) != (self._application, self._version):
            if application != self._application and (application or tables):
                raise self._unusable("it is another program's database")
            if version > self._version:
                raise self._unusable("a newer fairlead wrote it; update this one")
            if self.path is not None and os.name == "posix":
                # First of all: the files that come to lie beside it are made in its mode.
                with suppress(OSError):  # another process has taken it away again
                    self.path.chmod(0o600)
            connection.execute("PRAGMA journal_mode = WAL")
            with _immediate(connection):
                for statement in self._schema:
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {self._application}")
                connection.execute(f"PRAGMA user_version = {self._version}")
        connection.execute("PRAGMA synchronous = NORMAL")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._translated(error) from None

    def _translated(self, error: sqlite3.Error) -> StoreError:
        name = _name(error)
        if name.startswith(_BROKEN):
            return self._unusable("it is damaged; move it away, and a new one is made")
        if name.startswith(_DENIED):
            return self._unusable("it cannot be written; give it to this user, or set store.path")
        if _is_locked(error):
            self._busy += 1
            return self._locked()
        if name.startswith(_NO_ROOM):
            return StoreError(f"{self.path}: the disk is full; make room")
        return StoreError(f"{self.path}: {error}; {self._what} cannot be kept there")

    def _locked(self) -> StoreError:
        return StoreError(f"{self.path}: other processes keep it locked; raise store.timeout")

    def _unusable(self, reason: str) -> StoreError:
        return StoreError(f"{self._what} {self.path} cannot be used: {reason}")


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or ""


def _is_locked(error: sqlite3.Error) -> bool:
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _identity(path: Path | None) -> tuple[int, int] | None:
    """Which file is there now."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _marks(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Whose file it is, of which version, and how many tables it has, all at one moment."""
    connection.execute("BEGIN")  # others may be making the file just now
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    finally:
        connection.execute("ROLLBACK")
    return application, version, tables


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
