"""The layers around the exchange, and their order."""

from __future__ import annotations

import pytest

from fairlead.engine.layers.retry import RetryBudgets
from fairlead.errors import (
    BadRequestError,
    ConnectError,
    OverloadedError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    StreamInterrupted,
)
from fairlead.policies.retry import RetryPolicy
from fairlead.testing.memory import Answer

DOWN = Answer((b'{"error":{"message":"down"}}',), status=500)
FINE = Answer((b"{}",))


def busy(after: str) -> Answer:
    return Answer((b"{}",), status=429, headers=(("retry-after", after),))


def test_a_passing_failure_is_retried_and_the_receipt_shows_both_attempts(rig) -> None:
    rig.serve(DOWN, FINE)

    result = rig.run(rig.call()).result()

    first, second = result.receipt.attempts
    assert (first.status, second.status) == (500, 200)
    assert first.error.startswith("ServerError")
    assert second.wait == rig.runtime.slept[0] == pytest.approx(0.25, abs=0.01)


def test_every_attempt_sends_the_same_bytes(rig) -> None:
    rig.serve(DOWN, DOWN, FINE)

    rig.run(rig.call())

    assert len({request.body for request in rig.transport.requests}) == 1


def test_the_last_error_keeps_its_type_and_says_how_many_attempts_there_were(rig) -> None:
    rig.serve(*[busy("1")] * 4)

    with pytest.raises(RateLimitError) as caught:
        rig.run(rig.call())

    assert caught.value.__notes__ == ["gave up after 4 attempts"]
    assert len(caught.value.receipt.attempts) == 4


@pytest.mark.fault("P1")
@pytest.mark.invariant("I5")
def test_a_hint_is_never_undercut(rig) -> None:
    rig.serve(busy("7"), FINE)

    rig.run(rig.call())

    assert 7 <= rig.runtime.slept[0] <= 7.7


@pytest.mark.fault("P2")
def test_a_hint_beyond_the_deadline_ends_the_call_at_once(rig) -> None:
    rig.serve(busy("30"), FINE)

    with pytest.raises(RateLimitError):
        rig.run(rig.call(allowed=8))

    assert rig.runtime.slept == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer((b"{}",), status=400), BadRequestError),
        (Answer((b'{"error":{"code":"insufficient_quota"}}',), status=429), QuotaExceededError),
    ],
)
def test_what_waiting_cannot_mend_is_tried_once(rig, answer, expected) -> None:
    rig.serve(answer, FINE)

    with pytest.raises(expected) as caught:
        rig.run(rig.call())

    assert len(caught.value.receipt.attempts) == 1
    assert not hasattr(caught.value, "__notes__")


def test_the_provider_may_forbid_a_retry(rig) -> None:
    rig.serve(Answer((b"{}",), status=529, headers=(("x-should-retry", "false"),)), FINE)

    with pytest.raises(OverloadedError):
        rig.run(rig.call())


def test_a_lost_request_is_retried_once_and_marked_as_possibly_billed(rig) -> None:
    lost = ProtocolError("the connection was closed", sent=True)
    rig.serve(lost, ProtocolError("again", sent=True), FINE)

    with pytest.raises(ProtocolError, match="again") as caught:
        rig.run(rig.call())

    assert [a.possibly_billed for a in caught.value.receipt.attempts] == [True, True]


def test_what_was_never_sent_is_retried_up_to_the_limit(rig) -> None:
    rig.serve(*[ConnectError("refused")] * 3, FINE)

    result = rig.run(rig.call()).result()

    assert len(result.receipt.attempts) == 4


def test_the_budget_ends_a_storm_of_retries(rig) -> None:
    rig.budgets = RetryBudgets(ratio=0.2, floor=10)
    rig.policy = RetryPolicy(max_retries=3)
    rig.serve(*[DOWN] * 1000)

    for _ in range(100):
        with pytest.raises(Exception, match="down"):
            rig.run(rig.call())
        rig.runtime.advance(0.01)

    assert len(rig.transport.requests) <= 100 + 0.2 * 100 + 10


@pytest.mark.invariant("I3")
def test_nothing_is_retried_after_the_first_event(rig) -> None:
    cut = Answer(
        (b"data: one\n\n", ProtocolError("reset", sent=True)),
        headers=(("content-type", "text/event-stream"),),
    )
    rig.serve(cut, FINE)
    reply = rig.run(rig.call(stream=True))

    with pytest.raises(StreamInterrupted):
        rig.events(reply)

    assert len(rig.transport.requests) == 1


def test_no_attempt_begins_in_the_last_second(rig) -> None:
    rig.serve(Answer((b"{}",), status=500, delay=7.5), FINE)

    with pytest.raises(Exception, match="500"):
        rig.run(rig.call(allowed=8))

    assert len(rig.transport.requests) == 1
