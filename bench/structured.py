"""CPU time of typed partial objects, one a piece of text, beside decoding the text alone.

The same 2 KB of JSON goes to other libraries that give partial objects, where they are installed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from importlib.util import find_spec
from math import inf
from typing import TYPE_CHECKING, Any, cast

import msgspec

from bench.floor_decoding import text_of
from bench.measure import Work, cpu_microseconds, taking_turns
from bench.sizes import Sizes
from bench.streams import body_of
from bench.table import Row
from fairlead.engine.runtime import BlockingRuntime, drive
from fairlead.extraction.asking import Asked, Asking
from fairlead.extraction.loop import Extracting, Rules
from fairlead.extraction.shape import shape_of
from fairlead.types.events import Event, TextDelta
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse, RawResponse

if TYPE_CHECKING:
    from fairlead.engine.reply import Reply

_PIECE = 12
"""Characters of one event, about three tokens."""
_ANSWER = {
    "title": "The line and where it leads",
    "year": 1998,
    "rating": 4.5,
    "in_print": True,
    "tags": ["ships", "ropes", "harbours", "knots"],
    "authors": [{"name": f"Author number {n}", "born": 1900 + n} for n in range(8)],
    "summary": "A fairlead leads a line where it must go, smoothly and without chafe. " * 20,
}
TEXT = msgspec.json.encode(_ANSWER).decode()
PIECES = [TEXT[place : place + _PIECE] for place in range(0, len(TEXT), _PIECE)]
_REQUIRES = {
    "partial-objects-pydantic-ai": "pydantic_ai",
    "partial-objects-instructor": "instructor",
}


class Author(msgspec.Struct):
    name: str
    born: int


class Book(msgspec.Struct):
    title: str
    year: int
    rating: float
    in_print: bool
    tags: list[str]
    authors: list[Author]
    summary: str


class _Canned:
    """A committed reply that is already there, one event a batch."""

    receipt = Receipt("chat", "bench/m")

    def __init__(self) -> None:
        self._left = iter(PIECES)

    async def __anext__(self) -> Sequence[Event]:
        for piece in self._left:
            return (TextDelta(piece),)
        raise StopAsyncIteration

    def result(self) -> ChatResponse:
        message = Message.assistant(TEXT)
        raw = RawResponse(200, ())
        return ChatResponse("", "m", message, "stop", "stop", None, None, (), self.receipt, raw)

    async def aclose(self) -> None: ...


def beside_decoding(sizes: Sizes, limit: float) -> Row:
    """Our partial objects, beside the least that decoding as many events of text can cost."""
    body = body_of("openai_chat", len(PIECES))

    def floor() -> None:
        text_of("openai_chat", [body])

    return _row("partial objects", floor, _ours, sizes, limit)


def beside(name: str, sizes: Sizes, limit: float) -> Row:
    """Our partial objects, beside those of another library."""
    theirs = {"pydantic_ai": _pydantic_ai, "instructor": _instructor}[_REQUIRES[name]]()
    return _row(name.replace("-", " ", 1).replace("-", ", ", 1), theirs, _ours, sizes, limit)


def installed() -> tuple[list[str], list[str]]:
    """The comparisons that can be made, and a line for each that cannot."""
    there = [name for name, module in _REQUIRES.items() if find_spec(module) is not None]
    lacking = [
        f"{name} is left out: {module} is not installed"
        for name, module in _REQUIRES.items()
        if name not in there
    ]
    return there, lacking


def _row(name: str, floor: Work, subject: Work, sizes: Sizes, limit: float) -> Row:
    def cost(work: Work) -> float:
        def many() -> None:
            for _ in range(sizes.bursts):
                work()

        return cpu_microseconds(many, sizes.bursts * len(PIECES))

    low, high = taking_turns(lambda: cost(floor), lambda: cost(subject), sizes.rounds)
    return Row(name, "us/event", low, high, "ratio", limit)


def _ours() -> None:
    async def ask(_turns: tuple[Message, ...], _left: float) -> Reply[Event, ChatResponse]:
        return cast("Reply[Event, ChatResponse]", _Canned())

    asked = Asked((), ask, lambda answer: answer, BlockingRuntime(), inf, None, 1 << 20)
    extracting: Extracting[Book] = Extracting(Asking(asked), shape_of(Book), Rules())
    seen = 0
    while True:
        try:
            seen += len(drive(extracting.__anext__()))
        except StopAsyncIteration:
            break
    if seen <= len(PIECES) or extracting.result().value.year != _ANSWER["year"]:
        raise RuntimeError("this is not the object that was written")


def _model() -> Any:
    """The same type for those that take pydantic's."""
    from pydantic import create_model

    author = create_model("Author", name=(str, ...), born=(int, ...))
    return create_model(
        "Book",
        title=(str, ...),
        year=(int, ...),
        rating=(float, ...),
        in_print=(bool, ...),
        tags=(list[str], ...),
        authors=(list[author], ...),  # type: ignore[valid-type]
        summary=(str, ...),
    )


def _pydantic_ai() -> Work:
    from pydantic_ai import Agent
    from pydantic_ai.models.function import DeltaToolCall, FunctionModel

    async def answer(_: object, info: Any) -> AsyncIterator[dict[int, DeltaToolCall]]:
        name = info.output_tools[0].name
        for place, piece in enumerate(PIECES):
            yield {0: DeltaToolCall(None if place else name, piece)}

    agent: Any = Agent(FunctionModel(stream_function=answer), output_type=_model())

    async def read() -> None:
        async with agent.run_stream("A book.") as result:
            async for _ in result.stream_output(debounce_by=None):
                pass

    return lambda: asyncio.run(read())


def _instructor() -> Work:
    from instructor.dsl.partial import Partial  # type: ignore[import-not-found,unused-ignore]

    partial: Any = Partial[_model()]  # type: ignore[misc,unused-ignore]

    def read() -> None:
        for _ in partial.model_from_chunks(iter(PIECES)):
            pass

    return read
