"""The tools of one turn: started as their calls come in, asked about, waited for, told of.

Where nobody need approve, a call starts while the model still writes the next. Else calls wait
until it has finished, and are asked about one after the other.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from fairlead.errors import (
    DeadlineExceeded,
    FairleadError,
    InvalidRequest,
    MalformedToolArguments,
    ToolFailed,
)
from fairlead.types.messages import File, Image, Text, ToolCall, ToolResult
from fairlead.types.runs import ToolEnd, ToolOutcome, ToolRun, ToolStart

if TYPE_CHECKING:
    from fairlead.ports import Runtime
    from fairlead.schemas.function_tool import FunctionTool
    from fairlead.turns.rules import RunRules
    from fairlead.turns.toolbox import Toolbox
    from fairlead.turns.workers import Job, Workers

_DENIED = "the user did not approve this call"


class Entry:
    """One call on its way: waiting for leave, running, or over."""

    __slots__ = ("call", "function", "job", "run", "started", "waits_for_leave")

    def __init__(self, call: ToolCall, started: float) -> None:
        self.call = call
        self.started = started
        self.function: FunctionTool | None = None
        self.job: Job | None = None
        self.run: ToolRun | None = None
        self.waits_for_leave = False


class ToolWork:
    """Holds the entries in the order of the calls."""

    def __init__(
        self, turn: int, toolbox: Toolbox, workers: Workers, rules: RunRules, runtime: Runtime
    ) -> None:
        self._turn = turn
        self._toolbox = toolbox
        self._workers = workers
        self._rules = rules
        self._runtime = runtime
        self._entries: list[Entry] = []
        self._spare: list[Entry] = []

    def add(self, call: ToolCall) -> list[ToolStart | ToolEnd]:
        """Take `call` on; it starts at once unless somebody must be asked.

        One that was taken on already is not run again, unless its arguments are others now.
        """
        entry = self._known(call) or self._reused(call)
        if entry is not None:
            return []
        entry = Entry(call, self._runtime.now())
        self._entries.append(entry)
        try:
            entry.function = self._toolbox.named(call.name)
        except ToolFailed as error:
            return [self._over(entry, error)]
        must_ask = self._rules.approve is not None and entry.function.needs_approval is not False
        entry.waits_for_leave = must_ask
        return [] if entry.waits_for_leave else self._begin(entry)

    def void(self) -> None:
        """The model begins this turn anew. A call that it makes again is not run a second time."""
        self._spare += [entry for entry in self._entries if not entry.waits_for_leave]
        self._entries = []

    async def ask(self) -> list[ToolStart | ToolEnd]:
        """Ask about the next call that waits for leave; nothing when there is none."""
        entry = next((entry for entry in self._entries if entry.waits_for_leave), None)
        if entry is None:
            return []
        assert self._rules.approve is not None, "a call waits for leave only where one can ask"
        verdict = self._rules.approve(entry.call)
        if inspect.isawaitable(verdict):
            verdict = await verdict
        if not isinstance(verdict, bool | str):
            raise InvalidRequest("approve must return True, False, or a string that says why not")
        entry.waits_for_leave = False
        if verdict is True:
            entry.started = self._runtime.now()
            return self._begin(entry)
        return [self._denied(entry, verdict or _DENIED)]

    def ended(self) -> list[ToolEnd]:
        """Tell of the tools that have ended since the last time. Raises `ToolFailed` by the rules.

        One that has taken longer than it may counts as failed.
        """
        told: list[ToolEnd] = []
        for entry in self._entries:
            if entry.run is None and entry.job is not None:
                if entry.job.done():
                    told.append(self._finished(entry, entry.job))
                elif self._too_long(entry):
                    told.append(self._given_up(entry, entry.job))
        return told

    def forget_unasked(self) -> None:
        """Calls that wait for leave are not run: the answer that holds them was cut."""
        self._entries = [entry for entry in self._entries if not entry.waits_for_leave]

    @property
    def running(self) -> bool:
        """Whether some call has not come to its end."""
        return any(entry.run is None for entry in self._entries)

    async def wait(self, end: float) -> None:
        """Until a tool ends, or has taken too long. Raises `DeadlineExceeded` at the instant."""
        running = [e for e in self._entries if e.run is None and e.job is not None]
        now, until = self._runtime.now(), end
        if now >= end:
            names = ", ".join(sorted({entry.call.name for entry in running}))
            raise DeadlineExceeded(f"the deadline passed while a tool was running: {names}")
        if self._rules.tool_timeout is not None:
            until = min([end, *(e.started + self._rules.tool_timeout for e in running)])
        jobs = [entry.job for entry in running if entry.job is not None]
        await self._workers.wait(jobs, None if until == inf else max(0.0, until - now))

    def runs(self) -> tuple[ToolRun, ...]:
        """Those that are over, in the order of their calls."""
        return tuple(entry.run for entry in self._entries if entry.run is not None)

    def abandon(self) -> None:
        """Stop what can be stopped."""
        for entry in (*self._entries, *self._spare):
            if entry.job is not None and not entry.job.done():
                entry.job.cancel()

    def _known(self, call: ToolCall) -> Entry | None:
        """The call of the same id, if what it was begun with has held."""
        entry = next((entry for entry in self._entries if entry.call.id == call.id), None)
        if entry is None or entry.call.arguments == call.arguments:
            return entry
        self._entries.remove(entry)
        if entry.job is not None:
            entry.job.cancel()
        return None

    def _reused(self, call: ToolCall) -> Entry | None:
        """What the same call before a new beginning came to, under the id it has now."""
        for entry in self._spare:
            if (entry.call.name, entry.call.arguments) == (call.name, call.arguments):
                self._spare.remove(entry)
                self._entries.append(entry)
                entry.call = call
                if entry.run is not None:
                    entry.run = self._run(entry, entry.run.result.content, entry.run.outcome)
                return entry
        return None

    def _begin(self, entry: Entry) -> list[ToolStart | ToolEnd]:
        assert entry.function is not None
        try:
            arguments = entry.function.arguments(entry.call.arguments)
        except MalformedToolArguments as error:
            return [self._over(entry, error)]
        work = partial(entry.function.function, **arguments)
        entry.job = self._workers.start(work, asynchronous=entry.function.is_async)
        return [ToolStart(entry.call)]

    def _finished(self, entry: Entry, job: Job) -> ToolEnd:
        assert entry.function is not None
        try:
            value = job.result()
        except Exception as error:
            failed = ToolFailed(entry.call.name, f"{type(error).__name__}: {error}")
            failed.__cause__ = error
            return self._over(entry, failed)
        try:
            entry.run = self._run(entry, entry.function.result(value), "done")
        except ToolFailed as error:
            return self._over(entry, error)
        return ToolEnd(entry.run)

    def _too_long(self, entry: Entry) -> bool:
        most = self._rules.tool_timeout
        return most is not None and self._runtime.now() - entry.started >= most

    def _given_up(self, entry: Entry, job: Job) -> ToolEnd:
        job.cancel()
        error = ToolFailed(entry.call.name, f"it took longer than {self._rules.tool_timeout:g} s")
        return self._over(entry, error)

    def _denied(self, entry: Entry, reason: str) -> ToolEnd:
        entry.run = self._run(entry, f"Not run: {reason}.", "denied", reason)
        return ToolEnd(entry.run)

    def _over(self, entry: Entry, error: FairleadError) -> ToolEnd:
        if self._rules.on_tool_error == "raise":
            raise error
        entry.run = self._run(entry, f"Error: {error}", "failed", str(error))
        return ToolEnd(entry.run)

    def _run(
        self,
        entry: Entry,
        content: str | tuple[Text | Image | File, ...],
        outcome: ToolOutcome,
        error: str | None = None,
    ) -> ToolRun:
        result = ToolResult(
            entry.call.id,
            content,
            is_error=outcome != "done",
            name=entry.call.name,
        )
        seconds = self._runtime.now() - entry.started
        return ToolRun(self._turn, entry.call, result, outcome, error, seconds)


def results_of(runs: Sequence[ToolRun]) -> tuple[ToolResult, ...]:
    """What the model is told."""
    return tuple(run.result for run in runs)
