"""The loop: ask the model, run the tools that it calls, tell it what they said, until it answers.

A run reads like a stream of events. It holds one reply at a time, and all calls are under one
deadline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.errors import DeadlineExceeded, FairleadError, TurnsExceeded
from fairlead.policies.totals import joined_receipts, total_cost, total_usage
from fairlead.turns.early import EarlyCalls
from fairlead.turns.toolwork import LEFT, ToolWork, results_of
from fairlead.types.events import Event, Finish, StreamRestarted, ToolCallEnd
from fairlead.types.messages import Message, ToolCall, ToolResult
from fairlead.types.runs import RunEvent, RunResult, ToolRun, TurnEnd, TurnStart

if TYPE_CHECKING:
    from fairlead.engine.reply import Reply
    from fairlead.ports import Runtime
    from fairlead.turns.jobs import Workers
    from fairlead.turns.rules import RunRules
    from fairlead.turns.toolbox import Toolbox
    from fairlead.types.receipts import Receipt
    from fairlead.types.responses import ChatResponse
    from fairlead.types.usage import Cost, Usage

Ask = Callable[[tuple[Message, ...], float], Awaitable["Reply[Event, ChatResponse]"]]
"""Puts a conversation to the model, within so many seconds; gives a committed reply."""

_PAUSED = "pause_turn"
"""What Anthropic says when a turn of its own tools is to be gone on with as it is."""
_CUT = "Not run: the answer was cut before its end."
_NO_TURN = "Not run: there was no turn left to tell what it said."


class Run:
    """Satisfies `stream.Reading`: batches of events, then a `RunResult`."""

    def __init__(
        self,
        messages: tuple[Message, ...],
        *,
        ask: Ask,
        toolbox: Toolbox,
        workers: Workers,
        rules: RunRules,
        runtime: Runtime,
        allowed: float,
    ) -> None:
        self._given = messages
        self._ask = ask
        self._toolbox = toolbox
        self._workers = workers
        self._rules = rules
        self._runtime = runtime
        self._allowed = allowed
        self._end = runtime.now() + allowed
        self._added: list[Message] = []
        self._left: tuple[Message, ...] = ()
        self._turns: list[ChatResponse] = []
        self._runs: list[ToolRun] = []
        self._reply: Reply[Event, ChatResponse] | None = None
        self._work: ToolWork | None = None
        self._early = EarlyCalls(self._toolbox)
        self._goes_on = True
        self._is_over = False
        self._last: Receipt | None = None
        self._failure: BaseException | None = None

    # -- reading ---------------------------------------------------------------------------------

    async def __anext__(self) -> Sequence[RunEvent]:
        if self._failure is not None:
            raise self._failure
        try:
            while self._reply is not None or self._work is not None or self._goes_on:
                events = await self._step()
                if events:
                    return events
        except BaseException as error:
            self._failure = error
            if isinstance(error, FairleadError):
                error.receipt = self._receipt(error.receipt)
            await self.aclose()
            raise
        await self._workers.aclose()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop: the connection is closed, tools that run are cancelled, or left if they block."""
        reply = self._reply
        self._left += self._unfinished()
        self._reply, self._work, self._goes_on = None, None, False
        try:
            if reply is not None:
                await reply.aclose()
        finally:
            self._last = self._last if reply is None else reply.receipt
            await self._workers.aclose()

    async def _step(self) -> Sequence[RunEvent]:
        """The next events; none where something was done that nobody need hear of."""
        if self._reply is not None:
            return await self._read(self._reply)
        if self._work is not None:
            return await self._settle(self._work)
        return await self._begin()

    async def _begin(self) -> Sequence[RunEvent]:
        number = len(self._turns) + 1
        if number > self._rules.max_turns:
            raise TurnsExceeded(self._rules.max_turns, self._so_far())
        left = self._end - self._runtime.now()
        if left <= 0:
            raise DeadlineExceeded(f"the run was not over within {self._allowed:g} s")
        self._reply = await self._ask((*self._given, *self._added), left)
        self._early = EarlyCalls(self._toolbox)
        self._work = ToolWork(number, self._toolbox, self._workers, self._rules, self._runtime)
        return (TurnStart(number),)

    async def _read(self, reply: Reply[Event, ChatResponse]) -> Sequence[RunEvent]:
        """What the model says next, and what its tools have come to meanwhile."""
        work = self._work
        assert work is not None, "a turn has its tools"
        batch = await _next(reply)
        if batch is None:
            self._reply = None
            return self._answered(reply.result(), work)
        events: list[RunEvent] = [*work.ended()]
        runs_tools = len(self._turns) + 1 < self._rules.max_turns and not _cut(batch)
        for event in batch:
            events.append(event)
            whole = self._early.see(event)
            if type(event) is StreamRestarted:
                work.restarted()
            elif type(event) is ToolCallEnd and _is_ours(event.tool_call):
                whole.append((event.index, event.tool_call))
            for index, call in whole if runs_tools else ():
                events += work.add(index, call)
        return events

    def _answered(self, response: ChatResponse, work: ToolWork) -> Sequence[RunEvent]:
        self._turns.append(response)
        self._added.append(response.message)
        calls = bool(response.tool_calls) and response.finish_reason == "tool_call"
        self._goes_on = calls or response.raw_finish_reason == _PAUSED
        if calls and len(self._turns) >= self._rules.max_turns:
            self._tell((), _NO_TURN)
            self._work = None
            raise TurnsExceeded(self._rules.max_turns, self._so_far())
        return (*work.answered(calls=calls), *work.ended(), TurnEnd(len(self._turns), response))

    async def _settle(self, work: ToolWork) -> Sequence[RunEvent]:
        """Ask for leave, then wait; when all tools are over, the model is told."""
        events: Sequence[RunEvent] = await work.ask(self._end) or work.ended()
        if events:
            return events
        if work.running:
            await work.wait(self._end)
            return work.ended()
        runs = work.runs()
        self._work = None
        self._runs += runs
        self._tell(results_of(runs), _CUT)
        self._is_over = not self._goes_on
        return ()

    def _tell(self, results: tuple[ToolResult, ...], unrun: str) -> None:
        """Append what tools said. No provider takes back a call without a result: all have one."""
        self._added += _told(self._turns[-1].tool_calls, results, unrun)

    def _unfinished(self) -> tuple[Message, ...]:
        """The answer and the tools that are under way, as a conversation can go on with them."""
        work = self._work
        if work is None:
            return ()
        if self._reply is None:
            return _told(self._turns[-1].tool_calls, work.left(), LEFT)
        message = work.completed(self._reply.partial()[0])
        calls = [part for part in message.parts if isinstance(part, ToolCall) and _is_ours(part)]
        return (message, *_told(calls, work.left(), LEFT)) if message.parts else ()

    # -- result ----------------------------------------------------------------------------------

    def result(self) -> RunResult:
        """The finished run. Raises RuntimeError before its end."""
        if not self._is_over:
            raise RuntimeError("the run is not over; iterate the stream to its end first")
        return self._so_far()

    def _so_far(self) -> RunResult:
        turns = tuple(self._turns)
        return RunResult(
            turns=turns,
            messages=tuple(self._added),
            tools=tuple(self._runs),
            usage=self.usage,
            cost=self.cost,
            receipt=self.receipt,
        )

    @property
    def messages(self) -> tuple[Message, ...]:
        """Those to append to the conversation so far, also where the run was left."""
        return (*self._added, *self._left, *self._unfinished())

    @property
    def usage(self) -> Usage | None:
        """Of the answers that are whole."""
        return total_usage([turn.usage for turn in self._turns])

    @property
    def cost(self) -> Cost | None:
        """Of the answers that are whole."""
        return total_cost([turn.cost for turn in self._turns])

    @property
    def receipt(self) -> Receipt:
        """All attempts of all turns so far."""
        under_way = self._last if self._reply is None else self._reply.receipt
        found = self._receipt(under_way)
        if found is None:
            raise RuntimeError("the run has not begun")
        return found

    def _receipt(self, last: Receipt | None) -> Receipt | None:
        receipts = [turn.receipt for turn in self._turns]
        if last is not None:
            receipts.append(last)
        return replace(joined_receipts(receipts), operation="run") if receipts else None


async def _next(reply: Reply[Event, ChatResponse]) -> Sequence[Event] | None:
    """The next events; None at the end."""
    try:
        return await reply.__anext__()
    except StopAsyncIteration:
        return None


def _told(
    calls: Sequence[ToolCall], results: tuple[ToolResult, ...], unrun: str
) -> tuple[Message, ...]:
    """The message with `results`, and with `unrun` for the other `calls`; none without either."""
    told = Counter(result.tool_call_id for result in results)
    for call in calls:
        if told[call.id]:
            told[call.id] -= 1  # Calls of one answer may share an id.
        else:
            results += (ToolResult(call.id, unrun, is_error=True, name=call.name),)
    return (Message.tool(*results),) if results else ()


def _is_ours(call: ToolCall) -> bool:
    return call.complete and not call.by_provider


def _cut(batch: Sequence[Event]) -> bool:
    """Whether the answer ends here before it was whole, so that its last call may lack a part."""
    last = batch[-1] if batch else None
    return type(last) is Finish and last.finish_reason != "tool_call"
