"""The log that the command line keeps: one line of JSON for each call, in the user's state folder.

It says who was asked, when, how long each phase took and how it ended. What was asked and answered
is never in it, nor what a provider said with an error, nor a key.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairlead.errors import ConfigError
from fairlead.keys.locks import FileLock
from fairlead.keys.private_files import open_private
from fairlead.ports import Observer
from fairlead.types.receipts import Attempt
from fairlead.types.usage import Cost, Usage

if TYPE_CHECKING:
    from fairlead.types.observed import CallEnd, ObservedCall

NAME = "calls.jsonl"
LARGEST = 5_000_000
"""Bytes; a log that has grown to that becomes the one before, and the one before that goes."""
_LOCK_SECONDS = 0.5


class Entry(Struct, frozen=True, omit_defaults=True):
    """One call. `ended` is `ok`, `cached`, `closed`, `cancelled` or an error's name.

    Times are in seconds.
    """

    began: float
    operation: str
    target: str
    seconds: float
    ended: str
    stream: bool = False
    key_name: str | None = None
    attempts: tuple[Attempt, ...] = ()
    usage: Usage | None = None
    usd: Decimal | None = None

    @property
    def cost(self) -> Cost | None:
        return None if self.usd is None else Cost(self.usd, "table")


class Journal(Observer):
    """Writes the log. A disk that is full, or a folder that cannot be used, ends no call."""

    def __init__(self, path: Path, *, largest: int = LARGEST) -> None:
        self._path = path
        self._largest = largest

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        self._write(_entry(call, end, end.how))

    def call_exception(self, call: ObservedCall, end: CallEnd, error: BaseException) -> None:
        how = type(error).__name__ if isinstance(error, Exception) else "cancelled"
        self._write(_entry(call, end, how))

    def _write(self, entry: Entry) -> None:
        # One write of a file that is only appended to: lines of several processes do not mix.
        line = msgspec.json.encode(entry) + b"\n"
        descriptor = open_private(self._path, append=True)
        try:
            size = os.fstat(descriptor).st_size
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
        if size + len(line) >= self._largest:
            self._rotate()

    def _rotate(self) -> None:
        lock = FileLock(self._path.with_suffix(".lock"), patience=_LOCK_SECONDS)
        lock.acquire()
        try:
            # Another process may have done it in between.
            if self._path.stat().st_size >= self._largest:
                self._path.replace(before(self._path))
        finally:
            lock.release()


def before(path: Path) -> Path:
    """Where the log before this one is."""
    return path.with_name(f"{path.name}.1")


def entries(path: Path) -> Iterator[Entry]:
    """All calls of both logs, the oldest first. A line that cannot be read is left out.

    Raises `ConfigError` where a log is there and cannot be opened.
    """
    decoder = msgspec.json.Decoder(Entry)
    for place in (before(path), path):
        try:
            lines = place.read_bytes().splitlines()
        except FileNotFoundError:
            continue
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise ConfigError(f"cannot read {place}: {reason}; mend its permissions") from None
        for line in lines:
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                yield decoder.decode(line)


def peak(found: Iterable[Entry]) -> int:
    """The most calls that were under way at once."""
    edges = sorted(
        edge for entry in found for edge in ((entry.began, 1), (entry.began + entry.seconds, -1))
    )
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def _entry(call: ObservedCall, end: CallEnd, ended: str) -> Entry:
    receipt, usage, cost = end.receipt, end.usage, end.cost
    return Entry(
        began=call.began,
        operation=call.operation,
        target=receipt.target,
        seconds=receipt.seconds,
        ended=ended,
        stream=call.stream,
        key_name=receipt.key_name,
        attempts=tuple(_bare(attempt) for attempt in receipt.attempts),
        usage=None if usage is None else replace(usage, raw=None),
        usd=None if cost is None else cost.usd,
    )


def _bare(attempt: Attempt) -> Attempt:
    """Without what the provider said: of an error its name alone."""
    if attempt.error is None:
        return attempt
    name = attempt.error.partition(":")[0]
    return replace(attempt, error=name if name.isidentifier() else "closed")
