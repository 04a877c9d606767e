"""What `stream_run()` gives: the events of all turns and tools, text alone, and the result."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from fairlead.stream import AsyncEventStream, EventStream, _StreamState
from fairlead.types.events import TextDelta
from fairlead.types.messages import Message
from fairlead.types.runs import RunEvent, RunResult
from fairlead.types.usage import Cost, Usage

if TYPE_CHECKING:
    from fairlead.turns.loop import Run


class _RunState(_StreamState[RunEvent, RunResult]):
    """What only a run has: how far it has come, which counts when it was left or has failed."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """What to append to the conversation, as far as the run has come, however it ended.

        Each call has a result: where the run was left, one that says so. Of an answer that was
        being written it is the part that had come.
        """
        return () if self._reply is None else self._run.messages

    @property
    def usage(self) -> Usage | None:
        """The tokens of all answers that are whole; None as soon as one is unknown."""
        return None if self._reply is None else self._run.usage

    @property
    def cost(self) -> Cost | None:
        """What all answers that are whole have cost; None as soon as one is unknown."""
        return None if self._reply is None else self._run.cost

    @property
    def _run(self) -> Run:
        return cast("Run", self._opened)


class RunStream(EventStream[RunEvent, RunResult], _RunState):
    """A streamed run: `for event in run`, `for piece in run.text`, `run.result()`."""

    @property
    def text(self) -> Iterator[str]:
        """Pieces of text of all turns, as they come."""
        for event in self:
            if type(event) is TextDelta:
                yield event.text


class AsyncRunStream(AsyncEventStream[RunEvent, RunResult], _RunState):
    """A `RunStream` of `AsyncClient`: `async for event in run`, `await run.result()`."""

    @property
    def text(self) -> AsyncIterator[str]:
        """Pieces of text of all turns, as they come."""
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[str]:
        async for event in self:
            if type(event) is TextDelta:
                yield event.text
