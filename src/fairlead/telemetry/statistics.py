"""Counts calls and where their time goes, by target, in bounded memory.

One short lock at each start and each end. Ended calls are counted up in batches, which costs half
of what counting one by one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

from fairlead.errors import ConfigError
from fairlead.ports import Observer
from fairlead.telemetry.histogram import Histogram
from fairlead.telemetry.phases import phases
from fairlead.telemetry.snapshot import Distribution, Snapshot, TargetSnapshot

if TYPE_CHECKING:
    from fairlead.types.observed import CallEnd, ObservedCall
    from fairlead.types.receipts import Attempt
    from fairlead.types.usage import Cost, Usage

    _Ended = tuple[str, str, float, Sequence[Attempt], Usage | None, Cost | None]

_BATCH = 256
OTHERS = "(others)"
"""Where targets are counted for which there is no room any more."""


class Statistics(Observer):
    """An observer that counts. `snapshot()` says what it has seen, at any time, from any thread.

    `most_targets` bounds the memory: 35 KB for each at most; what comes after is counted together.
    """

    def __init__(self, *, most_targets: int = 256) -> None:
        if most_targets < 1:
            raise ConfigError("most_targets must be at least 1")
        self._most = most_targets
        self._lock = Lock()
        self._cells: dict[str, _Cell] = {}
        self._ended: list[_Ended] = []
        self._under_way = 0
        self._peak = 0

    def call_start(self, call: ObservedCall) -> None:
        with self._lock:
            self._under_way = under_way = self._under_way + 1
            if under_way > self._peak:
                self._peak = under_way
            self._cell(call.target).start()

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        self._end(call, end, end.how)

    def call_exception(self, call: ObservedCall, end: CallEnd, error: BaseException) -> None:
        # What is no `Exception` did not fail: it was stopped from outside.
        how = type(error).__name__ if isinstance(error, Exception) else "cancelled"
        self._end(call, end, how)

    def count(
        self,
        target: str,
        *,
        how: str,
        seconds: float,
        attempts: Sequence[Attempt],
        usage: Usage | None = None,
        cost: Cost | None = None,
    ) -> None:
        """Count a call that has ended, such as one from a log."""
        with self._lock:
            self._add((target, how, seconds, attempts, usage, cost))

    def note_peak(self, peak: int) -> None:
        """`peak` calls were under way at once, as a log tells."""
        with self._lock:
            self._peak = max(self._peak, peak)

    def snapshot(self) -> Snapshot:
        """What has been counted so far."""
        with self._lock:
            self._count_up()
            cells = sorted(self._cells.items())
            targets = tuple(cell.snapshot(target) for target, cell in cells)
            return Snapshot(targets, self._under_way, self._peak)

    def _end(self, call: ObservedCall, end: CallEnd, how: str) -> None:
        receipt = end.receipt
        ended = (receipt.target, how, receipt.seconds, receipt.attempts, end.usage, end.cost)
        with self._lock:
            self._under_way -= 1
            self._cell(call.target).under_way -= 1
            self._add(ended)

    def _add(self, ended: _Ended) -> None:
        self._ended.append(ended)
        if len(self._ended) >= _BATCH:
            self._count_up()

    def _count_up(self) -> None:
        for target, how, seconds, attempts, usage, cost in self._ended:
            for attempt in attempts:
                self._cell(attempt.target).attempt(attempt)
            self._cell(target).ended(how, seconds, usage, cost)
        self._ended.clear()

    def _cell(self, target: str) -> _Cell:
        cell = self._cells.get(target)
        if cell is None:
            if len(self._cells) >= self._most:
                target = OTHERS
            cell = self._cells.setdefault(target, _Cell())
        return cell


class _Cell:
    """One target's figures."""

    __slots__ = (
        "_attempts",
        "_ended",
        "_input",
        "_output",
        "_peak",
        "_phases",
        "_seconds",
        "_usd",
        "under_way",
    )

    def __init__(self) -> None:
        self._ended: dict[str, int] = {}
        self._attempts = 0
        self._input = 0
        self._output = 0
        self._usd = Decimal(0)
        self._peak = 0
        self.under_way = 0
        self._seconds = Histogram()
        self._phases: dict[str, Histogram] = {}

    def start(self) -> None:
        self.under_way = under_way = self.under_way + 1
        if under_way > self._peak:
            self._peak = under_way

    def attempt(self, attempt: Attempt) -> None:
        self._attempts += 1
        for name, seconds in phases(attempt):
            found = self._phases.get(name)
            if found is None:
                found = self._phases[name] = Histogram()
            found.add(seconds)

    def ended(self, how: str, seconds: float, usage: Usage | None, cost: Cost | None) -> None:
        self._ended[how] = self._ended.get(how, 0) + 1
        if how != "cached":  # it would make what is asked for look faster than it is
            self._seconds.add(seconds)
        if usage is not None:
            self._input += usage.input_tokens
            self._output += usage.output_tokens
        if cost is not None:
            self._usd += cost.usd

    def snapshot(self, target: str) -> TargetSnapshot:
        spread = {name: Distribution.of(found) for name, found in self._phases.items()}
        return TargetSnapshot(
            target,
            dict(self._ended),
            self._attempts,
            self.under_way,
            self._peak,
            self._input,
            self._output,
            self._usd,
            Distribution.of(self._seconds),
            spread,
        )
