"""The tools of one turn: started as their calls come in, asked about, waited for, told of.

Where nobody need approve, a call starts while the model still writes the next. Else calls wait
until it has finished, and are asked about one after the other.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.errors import (
    DeadlineExceeded,
    FairleadError,
    InvalidRequest,
    MalformedToolArguments,
    ToolFailed,
)
from fairlead.framing.json_scan import cleaned
from fairlead.turns.jobs import TooLate
from fairlead.types.messages import File, Image, Message, Text, ToolCall, ToolResult
from fairlead.types.runs import ToolEnd, ToolOutcome, ToolRun, ToolStart

if TYPE_CHECKING:
    from fairlead.ports import Runtime
    from fairlead.schemas.function_tool import FunctionTool
    from fairlead.turns.jobs import Job, Workers
    from fairlead.turns.rules import RunRules
    from fairlead.turns.toolbox import Toolbox

_DENIED = "the user did not approve this call"
LEFT = "Not run: the run was left before its end."
_UNKNOWN = "Interrupted: the run was left, and what came of this call is not known."
_VOID = "the model began its answer anew without this call"
_NO_PLACE = "it cannot run: tools that took too long before it have not ended"


class Entry:
    """One call on its way: waiting for leave, running, or over.

    `wrong` is why it cannot run. It is told when the answer is whole: one that was cut may have
    left its last call unfinished.
    """

    __slots__ = (
        "call", "function", "index", "job", "run", "started", "waits_for_leave", "wrong",
    )  # fmt: skip

    def __init__(self, index: int, call: ToolCall, started: float) -> None:
        self.index = index
        self.call = call
        self.started = started
        self.function: FunctionTool | None = None
        self.job: Job | None = None
        self.run: ToolRun | None = None
        self.waits_for_leave = False
        self.wrong: FairleadError | None = None


class ToolWork:
    """Holds the entries of one answer, by the places of their calls in it."""

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
        self._void: list[ToolRun] = []

    def add(self, index: int, call: ToolCall) -> list[ToolStart]:
        """Take `call` on; it starts at once unless somebody must be asked.

        One that was taken on already is not run again, unless its arguments are others now.
        """
        if self._is_known(index, call) or self._is_reused(index, call):
            return []
        entry = Entry(index, call, self._runtime.now())
        self._entries.append(entry)
        try:
            entry.function = self._toolbox.named(call.name)
        except ToolFailed as error:
            entry.wrong = error
            return []
        must_ask = self._rules.approve is not None and entry.function.needs_approval is not False
        entry.waits_for_leave = must_ask
        return [] if must_ask else self._begin(entry)

    def restarted(self) -> None:
        """The model begins this turn anew. A call that it makes again is not run a second time."""
        self._spare += [entry for entry in self._entries if entry.job is not None]
        self._entries = []

    def answered(self, *, calls: bool) -> list[ToolEnd]:
        """The answer is over, and `calls` or was cut. Raises `ToolFailed` by the rules."""
        if not calls:
            begun = [e for e in self._entries if not e.waits_for_leave and e.wrong is None]
            self._entries = begun
        self._entries.sort(key=lambda entry: entry.index)
        told: list[ToolEnd] = []
        for entry in self._spare:
            ended = self._voided(entry)
            told += [ended] if entry.run is None else []
            self._void.append(ended.run)
        self._spare = []
        return [*told, *self._judged()]

    async def ask(self, end: float) -> Sequence[ToolStart | ToolEnd]:
        """Ask about the next call that waits for leave; nothing when there is none.

        Raises `DeadlineExceeded` where no answer has come by the instant `end`.
        """
        entry = next((entry for entry in self._entries if entry.waits_for_leave), None)
        if entry is None:
            return []
        verdict = await self._verdict(entry.call, end)
        if not isinstance(verdict, bool | str):
            raise InvalidRequest("approve must return True, False, or a string that says why not")
        entry.waits_for_leave = False
        if verdict is True:
            entry.started = self._runtime.now()
            return self._begin(entry) or self._judged()
        return [self._denied(entry, verdict or _DENIED)]

    def ended(self) -> list[ToolEnd]:
        """Tell of the tools that have ended since the last time. Raises `ToolFailed` by the rules.

        One that has taken longer than it may counts as failed, and so does one that can never run.
        """
        told: list[ToolEnd] = []
        for entry in self._entries:
            if entry.run is None and entry.job is not None:
                if entry.job.over:
                    told.append(self._finished(entry, entry.job))
                elif self._is_too_long(entry.job):
                    told.append(self._given_up(entry, entry.job, self._too_long))
                elif entry.job.began is None and self._workers.stalled:
                    told.append(self._given_up(entry, entry.job, _NO_PLACE))
        return told

    @property
    def running(self) -> bool:
        """Whether some call has not come to its end."""
        return any(entry.run is None for entry in self._entries)

    async def wait(self, end: float) -> None:
        """Until a tool ends, or has taken too long. Raises `DeadlineExceeded` at the instant."""
        running = [e for e in self._entries if e.run is None and e.job is not None]
        now = self._runtime.now()
        if now >= end:
            names = ", ".join(sorted({entry.call.name for entry in running}))
            raise DeadlineExceeded(f"the deadline passed while a tool was running: {names}")
        jobs = [entry.job for entry in running if entry.job is not None]
        most = self._rules.tool_timeout
        began = [job.began for job in jobs if job.began is not None]
        until = end if most is None or not began else min(end, min(began) + most)
        await self._workers.wait(jobs, None if until == inf else max(0.0, until - now))

    def runs(self) -> tuple[ToolRun, ...]:
        """Those that are over, in the order of their calls; void ones first."""
        return (*self._void, *(entry.run for entry in self._entries if entry.run is not None))

    def left(self) -> tuple[ToolResult, ...]:
        """What is known of each call where the run is left as it is now."""
        return tuple(entry.run.result if entry.run else _left(entry) for entry in self._entries)

    def completed(self, message: Message) -> Message:
        """`message`, amid its writing, with the calls whole that are known to be."""
        whole = {entry.index for entry in self._entries}
        parts = tuple(
            replace(part, complete=True) if isinstance(part, ToolCall) and place in whole else part
            for place, part in enumerate(message.parts)
        )
        return replace(message, parts=parts)

    async def _verdict(self, call: ToolCall, end: float) -> object:
        """What the caller says. Whoever blocks is waited for, but said too late, it is nothing."""
        assert self._rules.approve is not None, "a call waits for leave only where one can ask"
        verdict: object = self._rules.approve(call) if self._runtime.now() < end else None
        if inspect.isawaitable(verdict):
            left = None if end == inf else max(0.0, end - self._runtime.now())
            with suppress(TooLate):
                verdict = await self._workers.answered(verdict, left)
        if inspect.isawaitable(verdict) or self._runtime.now() >= end:
            raise DeadlineExceeded(f"the deadline passed before {call.name} was approved")
        return verdict

    def _is_known(self, index: int, call: ToolCall) -> bool:
        """Whether the call at this place was begun with what has held."""
        entry = next((entry for entry in self._entries if entry.index == index), None)
        if entry is None:
            return False
        if (entry.call.name, entry.call.arguments) == (call.name, call.arguments):
            self._rename(entry, call)
            return True
        self._entries.remove(entry)
        if entry.job is not None:
            self._spare.append(entry)
        return False

    def _is_reused(self, index: int, call: ToolCall) -> bool:
        """Whether the same call came before a new beginning; what it came to counts for this."""
        for entry in self._spare:
            if (entry.call.name, entry.call.arguments) == (call.name, call.arguments):
                self._spare.remove(entry)
                self._entries.append(entry)
                entry.index = index
                self._rename(entry, call)
                return True
        return False

    def _rename(self, entry: Entry, call: ToolCall) -> None:
        """The call has the id that it is given now, and so has its result."""
        entry.call = call
        if entry.run is not None:
            result = replace(entry.run.result, tool_call_id=call.id)
            entry.run = replace(entry.run, call=call, result=result)

    def _begin(self, entry: Entry) -> list[ToolStart]:
        assert entry.function is not None
        try:
            arguments = entry.function.arguments(entry.call.arguments)
        except MalformedToolArguments as error:
            entry.wrong = error
            return []
        work = partial(entry.function.function, **arguments)
        entry.job = self._workers.start(work, asynchronous=entry.function.is_async)
        return [ToolStart(entry.call)]

    def _finished(self, entry: Entry, job: Job) -> ToolEnd:
        from asyncio import CancelledError

        assert entry.function is not None
        raised = job.error
        if isinstance(raised, Exception | CancelledError):
            failed = ToolFailed(entry.call.name, f"{type(raised).__name__}: {raised}")
            failed.__cause__ = raised
            return self._over(entry, failed)
        if raised is not None:
            raise raised  # such as SystemExit, which is meant for the whole program
        try:
            entry.run = self._run(entry, entry.function.result(job.value), "done")
        except ToolFailed as error:
            return self._over(entry, error)
        return ToolEnd(entry.run)

    def _judged(self) -> list[ToolEnd]:
        """The end of calls that cannot run."""
        wrong = [(e, e.wrong) for e in self._entries if e.wrong is not None and e.run is None]
        return [self._over(entry, error) for entry, error in wrong]

    def _is_too_long(self, job: Job) -> bool:
        most = self._rules.tool_timeout
        return (
            most is not None and job.began is not None and self._runtime.now() - job.began >= most
        )

    @property
    def _too_long(self) -> str:
        return f"it took longer than {self._rules.tool_timeout:g} s"

    def _given_up(self, entry: Entry, job: Job, why: str) -> ToolEnd:
        job.leave()
        return self._over(entry, ToolFailed(entry.call.name, why))

    def _voided(self, entry: Entry) -> ToolEnd:
        assert entry.job is not None, "only what was begun can be void"
        entry.job.leave()
        run = entry.run or self._run(entry, "", "void", _VOID)
        return ToolEnd(replace(run, outcome="void", error=_VOID))

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
            cleaned(content) if isinstance(content, str) else content,
            is_error=outcome != "done",
            name=entry.call.name,
        )
        seconds = self._runtime.now() - entry.started
        return ToolRun(self._turn, entry.call, result, outcome, error, seconds)


def _left(entry: Entry) -> ToolResult:
    begun = entry.job is not None and entry.job.began is not None
    return ToolResult(
        entry.call.id, _UNKNOWN if begun else LEFT, is_error=True, name=entry.call.name
    )


def results_of(runs: Sequence[ToolRun]) -> tuple[ToolResult, ...]:
    """What the model is told."""
    return tuple(run.result for run in runs if run.outcome != "void")
