"""Whoever stays with a shared call hears all of it, in whatever order the others come and go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.engine.feeding import HELLO, REST, FedTransport, Line, on_a_loop

STEPS = st.lists(
    st.one_of(
        st.just(("join", 0)),
        st.tuples(st.sampled_from(("close", "cancel", "read")), st.integers(0, 9)),
        st.tuples(st.just("feed"), st.just(0)),
        st.tuples(st.just("run"), st.integers(1, 4)),
    ),
    max_size=40,
)


@pytest.mark.invariant("I13")
@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whoever_stays_hears_all_whatever_the_others_do(steps) -> None:
    """Listeners come, read, stop and are stopped in any order while the answer comes in pieces."""

    async def test(line: Line, transport: FedTransport) -> None:
        listeners: list[asyncio.Task[Any]] = []
        stops: list[asyncio.Event] = []

        async def listen(stop: asyncio.Event) -> Any:
            reply = await line.ask(line.call())
            stopped = asyncio.create_task(stop.wait())
            try:
                while not stop.is_set():
                    more = asyncio.ensure_future(reply.__anext__())
                    await asyncio.wait((more, stopped), return_when=asyncio.FIRST_COMPLETED)
                    if not more.done():
                        more.cancel()
                        await asyncio.wait((more,))
                        return None
                    try:
                        more.result()
                    except StopAsyncIteration:
                        return reply.result()
                return None
            finally:
                stopped.cancel()
                await reply.aclose()

        def feed_all() -> None:
            for response in transport.began:
                fed = response.__dict__.setdefault("fed", [*HELLO, *REST])
                response.feed(*fed)
                fed.clear()

        for what, which in steps:
            if what == "join":
                stops.append(asyncio.Event())
                listeners.append(asyncio.create_task(listen(stops[-1])))
            elif what == "feed":
                for response in transport.began:
                    fed = response.__dict__.setdefault("fed", [*HELLO, *REST])
                    response.feed(*fed[:1])
                    del fed[:1]
            elif what == "close" and which < len(stops):
                stops[which].set()
            elif what == "cancel" and which < len(listeners):
                listeners[which].cancel()
            for _ in range(which if what == "run" else 0):
                await asyncio.sleep(0)
        while any(not listener.done() for listener in listeners):
            feed_all()
            await asyncio.sleep(0)
        ended = await asyncio.gather(*listeners, return_exceptions=True)
        answers = [e for e in ended if e is not None and not isinstance(e, asyncio.CancelledError)]
        assert all(not isinstance(answer, BaseException) for answer in answers), answers
        assert {answer.text for answer in answers} <= {"Hello"}
        asked = [a for a in answers if a.receipt.cache not in ("hit", "shared")]
        assert len(asked) <= len(transport.requests)

    on_a_loop(test)
