"""A routed call that is cancelled, wherever it can be: nothing stays open or counted."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Generator
from typing import Any

import pytest
from tests.client.test_fallback import Place, piece, refused, said, streamed

import fairlead
from fairlead.testing.memory import Answer, MemoryResponse, MemoryTransport, sse
from fairlead.testing.runtime import FakeRuntime

ROUTE = fairlead.route("alpha/m", "beta/m", on_break="restart")


@types.coroutine
def pause() -> Generator[None, None, None]:
    """A place where a loop would take over."""
    yield


class PausingRuntime(FakeRuntime):
    async def sleep(self, seconds: float) -> None:
        await pause()
        await super().sleep(seconds)


class PausingTransport(MemoryTransport):
    async def send(self, request: Any, *, deadline: float, timeouts: Any) -> MemoryResponse:
        await pause()
        response = await super().send(request, deadline=deadline, timeouts=timeouts)
        return PausingResponse(self, self._runtime, response)  # type: ignore[return-value]


class PausingResponse:
    def __init__(self, transport: Any, runtime: Any, inner: MemoryResponse) -> None:
        self._inner = inner
        self.status, self.headers, self.facts = inner.status, inner.headers, inner.facts

    async def read(self, deadline: float) -> bytes:
        await pause()
        return await self._inner.read(deadline)

    async def aclose(self) -> None:
        await self._inner.aclose()


def place(answers: list[Answer]) -> Place:
    made = Place()
    made.runtime = PausingRuntime()
    made.transport = PausingTransport(made.runtime, answers)
    from fairlead.core import Core

    made.core = Core(made.core.settings, transport=made.transport, runtime=made.runtime)
    return made


async def whole(made: Place) -> None:
    await made.core.chat(ROUTE, "Hi", {})


async def stream(made: Place) -> None:
    reply = await made.core.stream(ROUTE, "Hi", {})
    try:
        async for _ in reply:
            pass
    finally:
        await reply.aclose()


STORIES = {
    "moves on": (whole, [refused(500), said()]),
    "goes back": (whole, [refused(500), refused(401), said()]),
    "fails": (whole, [refused(500)] * 5),
    "begins anew": (stream, [sse(piece("one")), refused(500), streamed("two")]),
}


def until(coroutine: Any, steps: int) -> bool:
    """Run for so many steps, then cancel. Whether it was cancelled before its end."""
    try:
        for _ in range(steps):
            coroutine.send(None)
        coroutine.throw(asyncio.CancelledError())
    except (StopIteration, fairlead.FairleadError):
        return False
    except asyncio.CancelledError:
        return True
    raise AssertionError("it went on after it was cancelled")


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.invariant("I11")
def test_nothing_is_left_wherever_a_routed_call_is_cancelled(story) -> None:
    use, answers = STORIES[story]
    cancelled = 0
    for steps in range(1, 100):
        made = place(list(answers))
        again = until(use(made), steps)
        assert made.transport.open == 0
        loads = [made.core._records.of(f"{name}/m").load for name in ("alpha", "beta")]
        assert loads == [0, 0]
        if not again:
            break
        cancelled += 1
    assert cancelled >= 3


def test_the_account_of_a_cancelled_call_names_the_target_that_was_asked() -> None:
    receipts: list[Any] = []

    class Ends(fairlead.Observer):
        def call_exception(self, call: Any, end: Any, error: BaseException) -> None:
            receipts.append(end.receipt)

    made = place([refused(500), said()])
    made.core = made.core.__class__(
        made.core.settings, transport=made.transport, runtime=made.runtime, observers=[Ends()]
    )
    call = whole(made)
    while len(made.transport.requests) < 2:
        call.send(None)
    with pytest.raises(asyncio.CancelledError):
        call.throw(asyncio.CancelledError())

    assert receipts[0].target == receipts[0].attempts[-1].target == "beta/m"
