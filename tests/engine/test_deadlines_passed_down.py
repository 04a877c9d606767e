"""No wait below is longer than what is left of the call: every deadline that is passed down ends
with the call's own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.telemetry.sweeping import settings, streamed, whole

from fairlead.core import Core
from fairlead.engine.runtime import drive
from fairlead.errors import ConnectError, FairleadError, ProtocolError, ReadTimeout
from fairlead.testing.memory import Answer, MemoryResponse, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import Pause

DOWN = Answer((b'{"error":{"message":"down"}}',), status=503)


class Noting(MemoryTransport):
    """Notes every deadline that it is given."""

    deadlines: list[float]

    async def send(self, request: Any, *, deadline: float, timeouts: Any) -> MemoryResponse:
        self.deadlines.append(deadline)
        response = await super().send(request, deadline=deadline, timeouts=timeouts)
        read = response.read

        async def noted(until: float) -> bytes:
            self.deadlines.append(until)
            return await read(until)

        response.read = noted  # type: ignore[method-assign]
        return response


ANSWERS = st.sampled_from(
    [
        DOWN,
        ConnectError("refused"),
        ProtocolError("lost", sent=True),
        ReadTimeout("silent"),
        Answer(whole().body, delay=20.0),
        Answer(whole().body, delay=2.0),
        streamed("one", "two"),
    ]
)


@pytest.mark.invariant("I20")
@given(st.lists(ANSWERS, min_size=8, max_size=8), st.floats(0.1, 60), st.booleans())
def test_no_wait_outlives_the_call(answers: list[Any], deadline: float, streams: bool) -> None:
    runtime = FakeRuntime()
    transport = Noting(runtime, answers)
    transport.deadlines = []
    core = Core(settings(), transport=transport, runtime=runtime)
    end = runtime.now() + deadline

    async def ask() -> None:
        if not streams:
            await core.chat("fake/m", "Hi", {"deadline": deadline})
            return
        reply = await core.stream("fake/m", "Hi", {"deadline": deadline})
        async for _ in reply:
            pass

    with suppress(FairleadError):
        drive(ask())
    assert all(given <= end + 1e-9 for given in transport.deadlines)
    assert runtime.now() <= end + 1e-9


@pytest.mark.invariant("I20")
def test_nor_does_the_reading_of_what_comes_behind_the_last_event() -> None:
    runtime = FakeRuntime()
    answer = streamed("one")
    behind = (*answer.body[:-1], Pause(9.9), answer.body[-1], Pause(60.0))
    transport = Noting(runtime, [Answer(behind, headers=answer.headers)])
    transport.deadlines = []
    core = Core(settings(), transport=transport, runtime=runtime)

    async def ask() -> str:
        reply = await core.stream("fake/m", "Hi", {"deadline": 10.0})
        async for _ in reply:
            pass
        return reply.result().text

    assert drive(ask()) == "one"
    assert runtime.now() == pytest.approx(1010.0)
