"""What `stream_run()` gives: the events of all turns and tools, text alone, and the result."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from fairlead.stream import AsyncEventStream, EventStream
from fairlead.types.events import TextDelta
from fairlead.types.runs import RunEvent, RunResult


class RunStream(EventStream[RunEvent, RunResult]):
    """A streamed run: `for event in run`, `for piece in run.text`, `run.result()`."""

    @property
    def text(self) -> Iterator[str]:
        """Pieces of text of all turns, as they come."""
        for event in self:
            if type(event) is TextDelta:
                yield event.text


class AsyncRunStream(AsyncEventStream[RunEvent, RunResult]):
    """The same, asynchronous: `async for event in run`, `await run.result()`."""

    @property
    def text(self) -> AsyncIterator[str]:
        """Pieces of text of all turns, as they come."""
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[str]:
        async for event in self:
            if type(event) is TextDelta:
                yield event.text
