"""Equal calls at the same time are one, for the tasks of a loop."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from tests.client.wire import chunk, pieces
from tests.engine.feeding import (
    END,
    HELLO,
    REST,
    FedTransport,
    Line,
    events_of,
    heard,
    on_a_loop,
    settled,
)

from fairlead.engine.runtime import AsyncRuntime
from fairlead.errors import (
    DeadlineExceeded,
    FairleadError,
    ProtocolError,
    ServerError,
    StreamInterrupted,
)

SOON = 0.15
LATER = 30.0


async def begun(transport: FedTransport, count: int = 1) -> Any:
    """The last response, once so many requests were made."""
    while len(transport.began) < count:
        transport.asked.clear()
        await transport.asked.wait()
    return transport.began[-1]


def text(events: list[Any]) -> str:
    return "".join(getattr(event, "text", "") for event in events)


@pytest.mark.invariant("I13")
@pytest.mark.parametrize("stream", [True, False])
def test_five_hundred_equal_calls_make_one_request(stream) -> None:
    async def test(line: Line, transport: FedTransport) -> Any:
        transport.fed = (*pieces("Hello"), END)
        replies = await asyncio.gather(*[line.ask(line.call(stream=stream)) for _ in range(500)])
        for reply in replies:
            await events_of(reply)
        assert len(transport.requests) == 1
        return [reply.result() for reply in replies]

    answers = on_a_loop(test)

    assert Counter(answer.receipt.cache for answer in answers) == {"stored": 1, "shared": 499}
    assert {answer.text for answer in answers} == {"Hello"}
    assert sum(len(answer.receipt.attempts) for answer in answers) == 1
    assert Counter(answer.cost and answer.cost.source for answer in answers) == {
        None: 1,
        "cache": 499,
    }


def test_a_follower_hears_all_from_the_beginning_and_live() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        leader = asyncio.create_task(heard(line))
        response = await begun(transport)
        response.feed(*HELLO)
        await settled()
        follower = await line.ask(line.call())
        first = [event async for event in _some(follower, 3)]
        assert text(first) == "Hello"
        assert not leader.done()
        response.feed(*REST)
        rest = await events_of(follower)
        events, answer = await leader
        assert first + rest == events
        assert follower.result().message == answer.message

    on_a_loop(test)


async def _some(reply: Any, count: int) -> Any:
    found = 0
    while found < count:
        for event in await reply.__anext__():
            found += 1
            yield event


@pytest.mark.invariant("I13")
def test_a_leader_that_is_cancelled_before_the_first_byte_cuts_nobody() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        leader = asyncio.create_task(heard(line))
        response = await begun(transport)
        follower = asyncio.create_task(heard(line))
        await settled()
        leader.cancel()
        await settled()
        assert leader.cancelled()
        response.feed(*HELLO, *REST)
        events, answer = await follower
        assert text(events) == "Hello" + "Hello"  # the deltas, and the part when it ends

        assert len(transport.requests) == 1
        assert len(answer.receipt.attempts) == 1, "who is left pays"
        assert answer.receipt.cache == "stored"

    def text(events: list[Any]) -> str:
        parts = [getattr(getattr(event, "part", event), "text", "") for event in events]
        return "".join(parts)

    on_a_loop(test)


@pytest.mark.invariant("I13")
@pytest.mark.parametrize("how", ["cancelled", "closed", "dropped"])
def test_a_leader_that_goes_in_the_middle_cuts_nobody(how) -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        transport.fed = HELLO[:1]
        leader = await line.ask(line.call())
        follower = asyncio.create_task(heard(line))
        await settled()
        if how == "cancelled":
            reading = asyncio.create_task(events_of(leader))
            await settled()
            reading.cancel()
        elif how == "closed":
            await leader.aclose()
        del leader
        await settled()
        transport.began[0].feed(*HELLO[1:], *REST)
        _, answer = await follower
        assert answer.text == "Hello"
        assert len(transport.requests) == 1

    on_a_loop(test)


@pytest.mark.invariant("I13")
def test_cancelled_at_any_step_a_leader_leaves_its_follower_whole() -> None:
    """One run for each step of the loop at which the leader is cancelled."""

    async def run(steps: int) -> bool:
        transport = FedTransport()
        line = Line(transport, AsyncRuntime())
        leader = asyncio.create_task(heard(line))
        await begun(transport)
        follower = asyncio.create_task(heard(line))
        items = iter((*HELLO, *REST))
        for step in range(60):
            if step == steps:
                leader.cancel()
            if step % 3 == 0 and (item := next(items, None)) is not None:
                transport.began[0].feed(item)
            await asyncio.sleep(0)
        _, answer = await follower
        assert (answer.text, len(transport.requests)) == ("Hello", 1)
        return leader.cancelled()

    cancelled = [asyncio.run(run(steps)) for steps in range(40)]

    assert any(cancelled)


def test_the_call_ends_when_nobody_listens_any_more() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        transport.fed = HELLO
        replies = [await line.ask(line.call()) for _ in range(3)]
        for reply in replies[:2]:
            await reply.aclose()
        assert not transport.began[0].closed
        await replies[2].aclose()
        assert transport.began[0].closed
        transport.fed = (*HELLO, *REST)
        _, answer = await heard(line)
        assert (answer.text, len(transport.requests)) == ("Hello", 2)

    on_a_loop(test)


def test_all_cancelled_before_the_first_byte_end_the_request() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        tasks = [asyncio.create_task(heard(line)) for _ in range(3)]
        await begun(transport)
        await settled()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await settled()

    on_a_loop(test)


@pytest.mark.invariant("I13")
def test_a_failure_is_shared_once_and_not_kept() -> None:
    failures: list[FairleadError] = []

    async def test(line: Line, transport: FedTransport) -> None:
        tasks = [asyncio.create_task(heard(line)) for _ in range(5)]
        await begun(transport)
        await settled()
        transport.began[0].feed(b'data: {"error":{"message":"down","code":500}}\n\n', END)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        failures.extend(done)
        assert len(transport.requests) == 1
        transport.fed = (*HELLO, *REST)
        assert (await heard(line))[1].text == "Hello"

    on_a_loop(test)

    assert {type(error) for error in failures} == {ServerError}
    assert len({id(error) for error in failures}) == 5
    assert sorted(len(error.receipt.attempts) for error in failures) == [0, 0, 0, 0, 1]


def test_a_cut_is_told_to_all_after_what_had_come() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        transport.fed = HELLO
        replies = [await line.ask(line.call()) for _ in range(3)]
        transport.began[0].feed(ProtocolError("the line broke", sent=True))
        for reply in replies:
            with pytest.raises(StreamInterrupted, match="the line broke") as caught:
                await events_of(reply)
            assert caught.value.partial.text == "Hello"
            assert not reply.complete

    on_a_loop(test)


def test_each_listener_has_a_deadline_of_its_own() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        patient = asyncio.create_task(heard(line, allowed=LATER))
        response = await begun(transport)
        with pytest.raises(DeadlineExceeded):
            await heard(line, allowed=SOON)
        response.feed(*HELLO, *REST)
        assert (await patient)[1].text == "Hello"

    on_a_loop(test)


def test_a_hasty_leader_does_not_take_a_patient_follower_along() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        hasty = asyncio.create_task(heard(line, allowed=SOON))
        await begun(transport)
        patient = asyncio.create_task(heard(line, allowed=LATER))
        with pytest.raises(DeadlineExceeded):
            await hasty
        response = await begun(transport, 2)  # it had too little time to begin at all
        response.feed(*HELLO, *REST)
        assert (await patient)[1].text == "Hello"

    on_a_loop(test)


def test_a_stream_goes_on_past_the_leaders_deadline_for_who_has_time() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        transport.fed = HELLO
        hasty = await line.ask(line.call(allowed=SOON))
        patient = await line.ask(line.call(allowed=LATER))
        with pytest.raises(StreamInterrupted) as caught:
            await events_of(hasty)
        assert caught.value.partial.text == "Hello"
        assert isinstance(caught.value.__cause__, DeadlineExceeded)
        transport.began[0].feed(*REST)
        await events_of(patient)
        assert patient.result().text == "Hello"
        assert len(transport.requests) == 1

    on_a_loop(test)


def test_who_reads_slowly_holds_nobody_up_and_nobody_reads_ahead_without_bound() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        many = [chunk({"content": "x"}) for _ in range(500)]
        transport.fed = (*HELLO[:1], *many, *REST)
        slow = await line.ask(line.call())
        await settled()
        await slow.__anext__()
        for _ in range(20):
            await settled()
        unread = transport.began[0].chunks.qsize()
        assert unread > 400, "a reply that nobody reads is left on the wire"
        _, answer = await heard(line)
        assert len(answer.text) == 503
        await events_of(slow)
        assert slow.result().text == answer.text

    on_a_loop(test)


def test_without_single_flight_each_call_is_sent() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        transport.fed = (*HELLO, *REST)
        calls = [line.call() for _ in range(3)]
        for call in calls:
            call.caching = type(call.caching)(60.0, call.caching.places, share=False)
        for reply in await asyncio.gather(*[line.ask(call) for call in calls]):
            await events_of(reply)
        assert len(transport.requests) == 3

    on_a_loop(test)


def test_two_loops_share_what_is_kept_and_nothing_that_is_under_way() -> None:
    runtime, transport = AsyncRuntime(), FedTransport()
    transport.fed = (*HELLO, *REST)
    line = Line(transport, runtime)

    first = asyncio.run(heard(line))[1]
    second = asyncio.run(heard(line))[1]

    assert (first.receipt.cache, second.receipt.cache) == ("stored", "hit")


@pytest.mark.invariant("I11")
def test_a_last_listener_that_is_cancelled_while_it_leaves_closes_the_call() -> None:
    async def test(line: Line, transport: FedTransport) -> None:
        transport.fed = tuple(chunk({"content": "word "}) for _ in range(100))
        reply = await line.ask(line.call())
        await settled()  # nobody reads any more: it is far enough ahead
        leaving = asyncio.ensure_future(reply.aclose())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)

    on_a_loop(test)
