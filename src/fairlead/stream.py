"""What `stream()` gives: events one by one, text alone, and the finished answer.

A stream is opened when its block is entered, and its connection is closed when the block is left,
wherever the answer then stands.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, Sequence
from math import ceil
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, cast

from msgspec.structs import replace

from fairlead.engine.runtime import drive
from fairlead.errors import StreamInterrupted
from fairlead.types.events import Event, Finish, StreamContinued, StreamRestarted, TextDelta
from fairlead.types.messages import Message, ToolCall
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse
from fairlead.types.usage import Usage

if TYPE_CHECKING:
    from fairlead.engine.reply import Reply
    from fairlead.tool_progress import Recovery, ToolCallProgress, ToolCallTracker

E_ = TypeVar("E_")
R_ = TypeVar("R_")
_Event_co = TypeVar("_Event_co", covariant=True)
_Result_co = TypeVar("_Result_co", covariant=True)


class Reading(Protocol[_Event_co, _Result_co]):
    """What a stream reads: batches of events in order, then the result."""

    @property
    def receipt(self) -> Receipt: ...
    async def __anext__(self) -> Sequence[_Event_co]: ...
    def aclose(self) -> Coroutine[Any, Any, None]: ...
    def result(self) -> _Result_co: ...


Opener = Callable[[], Coroutine[Any, None, Reading[E_, R_]]]

_CHARACTERS_PER_TOKEN = 4


class _StreamState(Generic[E_, R_]):
    """What both colours share: the reply, and the events of it that are not yet handed out."""

    def __init__(self, opener: Opener[E_, R_]) -> None:
        self._opener = opener
        self._reply: Reading[E_, R_] | None = None
        self._batch: Iterator[E_] = iter(())
        self._exhausted = False

    def _take(self, events: Sequence[E_]) -> None:
        """Have these events handed out next."""
        self._batch = iter(events)

    @property
    def receipt(self) -> Receipt:
        """What happened so far; final once the stream has ended.

        Raises RuntimeError before the first content: until then an error has the receipt.
        """
        return self._opened.receipt

    @property
    def _opened(self) -> Reading[E_, R_]:
        if self._reply is None:
            raise RuntimeError("the stream is not open; use it in a with block, or iterate it")
        return self._reply


class _ChatState(_StreamState[Event, ChatResponse]):
    """What only a chat answer has."""

    _latest: Sequence[Event] = ()
    _tracker: ToolCallTracker | None = None

    @property
    def partial(self) -> Message:
        """The message as far as it has come. A tool call that is not whole is marked so."""
        return self._so_far()[0]

    @property
    def usage(self) -> Usage | None:
        """The usage as reported; until it has come, an estimate of the output, marked so."""
        message, usage = self._so_far()
        if usage is not None and not usage.estimated:
            return usage
        length = len(message.text) + len(message.reasoning)
        length += sum(len(p.arguments) for p in message.parts if isinstance(p, ToolCall))
        tokens = ceil(length / _CHARACTERS_PER_TOKEN)
        if usage is not None:
            return replace(usage, output=max(tokens, usage.output))
        return Usage(output=tokens, estimated=True) if tokens else None

    @property
    def tool_calls(self) -> tuple[ToolCallProgress, ...]:
        """The tool calls so far, each with what is known of its arguments.

        As far as the message has come, like `partial`: events that were read from the connection
        together count together. Costs nothing until it is first asked for.
        """
        return (self._tracker or self.track_tool_calls()).calls

    def track_tool_calls(self, *, recovery: Recovery = "strict") -> ToolCallTracker:
        """Say how `tool_calls` are read, before they are first looked at.

        With `recovery="repair"` a call whose finished arguments are nearly JSON is repaired where
        there is one way to read it, and its `repairs` say how.
        """
        from fairlead.tool_progress import ToolCallTracker

        # The decoder has a cap of its own on what arguments may be.
        tracker = ToolCallTracker(recovery=recovery, max_size=sys.maxsize)
        parts = self.partial.parts
        # At the beginning, and where one follows a cut, what has come is still to be handed out.
        if self._latest and type(self._latest[-1]) not in (StreamRestarted, StreamContinued):
            over = type(self._latest[-1]) is Finish
            for index, part in enumerate(parts):
                if isinstance(part, ToolCall):
                    tracker.catch_up(index, part, over=over)
        self._tracker = tracker
        return tracker

    def _take(self, events: Sequence[Event]) -> None:
        super()._take(events)
        self._latest = events
        if self._tracker is not None:
            for event in events:
                self._tracker.see(event)

    def _so_far(self) -> tuple[Message, Usage | None]:
        return cast("Reply[Event, ChatResponse]", self._opened).partial()


class EventStream(_StreamState[E_, R_]):
    """Events in order, then `result()`."""

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave(at_once=_is_no_error(kind))

    def __iter__(self) -> Iterator[E_]:
        """Events in order, each once. Raises `StreamInterrupted` when the answer is cut.

        Before the first event with content it raises what `chat` would.
        """
        self._open()
        while not self._exhausted:
            yield from self._batch
            self._advance()

    def result(self) -> R_:
        """The finished answer, after reading what is left of it.

        Raises like the iteration, and RuntimeError where the stream was closed before its end.
        """
        self._open()
        while not self._exhausted:
            self._advance()
        return self._opened.result()

    def close(self) -> None:
        """Close the connection. One whose answer was complete is kept for others.

        With `on_close = "drain"` in the settings the answer is first read to its usage, within
        bounds.
        """
        self._leave(at_once=False)

    def _leave(self, *, at_once: bool) -> None:
        self._exhausted = True
        if self._reply is not None:
            drive(_left(self._reply, at_once=at_once))

    def _open(self) -> None:
        if self._reply is None and not self._exhausted:
            self._reply = drive(self._opener())

    def _advance(self) -> None:
        try:
            self._take(drive(self._opened.__anext__()))
        except StopAsyncIteration:
            self._exhausted = True


class Stream(EventStream[Event, ChatResponse], _ChatState):
    """A streamed answer: `for event in stream`, `for piece in stream.text`, `stream.result()`."""

    @property
    def text(self) -> Iterator[str]:
        """Pieces of text alone, as they come. They are events too, and handed out once.

        Raises `StreamInterrupted` where the answer begins anew after some text was handed out,
        which a route may allow: whoever wants that reads the events.
        """
        begun = False
        for event in self:
            if type(event) is TextDelta:
                begun = True
                yield event.text
            elif begun and type(event) is StreamRestarted:
                raise _restarted(event)


class AsyncEventStream(_StreamState[E_, R_]):
    """Events in order of `AsyncClient`: `async with`, `async for`, `await stream.result()`."""

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._leave(at_once=_is_no_error(kind))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E_:
        """The next event. Raises `StreamInterrupted` when the answer is cut."""
        while True:
            for event in self._batch:
                return event
            if self._exhausted:
                raise StopAsyncIteration
            await self._advance()

    async def result(self) -> R_:
        """The finished answer, after reading what is left of it.

        Raises like the iteration, and RuntimeError where the stream was closed before its end.
        """
        while not self._exhausted:
            await self._advance()
        return self._opened.result()

    async def aclose(self) -> None:
        """Close the connection. One whose answer was complete is kept for others.

        With `on_close = "drain"` in the settings the answer is first read to its usage, within
        bounds; not where the task was cancelled.
        """
        await self._leave(at_once=False)

    async def _leave(self, *, at_once: bool) -> None:
        self._exhausted = True
        if self._reply is not None:
            await _left(self._reply, at_once=at_once or _cancelled())

    def __await__(self) -> Generator[Any, None, Self]:
        """Opening without a block: `stream = await client.stream(...)`, then `aclose()` it."""
        return self.__aenter__().__await__()

    async def _open(self) -> None:
        if self._reply is None and not self._exhausted:
            self._reply = await self._opener()

    async def _advance(self) -> None:
        await self._open()
        try:
            self._take(await self._opened.__anext__())
        except StopAsyncIteration:
            self._exhausted = True


class AsyncStream(AsyncEventStream[Event, ChatResponse], _ChatState):
    """A streamed answer: `async for event in stream`, `async for piece in stream.text`."""

    @property
    def text(self) -> AsyncIterator[str]:
        """Pieces of text alone, as they come. They are events too, and handed out once."""
        return _AsyncText(self)


class _AsyncText:
    """Text pieces of an asynchronous stream."""

    def __init__(self, stream: AsyncStream) -> None:
        self._stream = stream
        self._begun = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        while True:
            event = await self._stream.__anext__()
            if type(event) is TextDelta:
                self._begun = True
                return event.text
            if self._begun and type(event) is StreamRestarted:
                raise _restarted(event)


def _restarted(event: StreamRestarted) -> StreamInterrupted:
    return StreamInterrupted(
        f"the answer begins anew at {event.target} ({event.reason}); iterate the stream's events "
        "to see stream.restarted, and drop the text before it",
        partial=Message("assistant", ()),
    )


def _left(reply: Reading[E_, R_], *, at_once: bool) -> Coroutine[Any, Any, None]:
    """What ends `reply`: a plain answer may be read out first."""
    leave = None if at_once else getattr(reply, "leave", None)
    found: Coroutine[Any, Any, None] = reply.aclose() if leave is None else leave()
    return found


def _is_no_error(kind: type[BaseException] | None) -> bool:
    """Whether a block is left because its task was cancelled, or the program is to end."""
    return kind is not None and not issubclass(kind, Exception)


def _cancelled() -> bool:
    """Whether the running task was told to end."""
    import asyncio

    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
