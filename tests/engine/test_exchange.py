"""One attempt: how statuses, content types and broken lines become errors."""

from __future__ import annotations

import pytest

from fairlead.engine.exchange import Exchange
from fairlead.engine.runtime import drive
from fairlead.errors import (
    AuthenticationError,
    BadRequestError,
    ConnectError,
    DeadlineExceeded,
    DecodeError,
    NotFoundError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    ReadTimeout,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.policies.retry import RetryPolicy
from fairlead.ports import Limits, Timeouts
from fairlead.testing.memory import Answer, Pause, sse
from fairlead.types.plain import ServerEvent

HTML = (("content-type", "text/html; charset=utf-8"),)


@pytest.fixture(autouse=True)
def _no_retries(rig) -> None:
    rig.policy = RetryPolicy(max_retries=0)


def test_a_json_answer_is_decoded_and_its_receipt_tells_the_attempt(rig) -> None:
    rig.serve(Answer((b'{"a":', b"1}")))

    result = rig.run(rig.call()).result()

    (attempt,) = result.receipt.attempts
    assert result.data == {"a": 1}
    assert result.raw.body == b'{"a":1}'
    assert (attempt.status, attempt.error, attempt.bytes_in) == (200, None, 7)
    assert rig.transport.open == 0


def test_an_empty_body_is_a_success(rig) -> None:
    rig.serve(Answer(()))

    assert rig.run(rig.call()).result().data is None


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, b'{"error":{"message":"no"}}', BadRequestError),
        (401, b"", AuthenticationError),
        (404, b"<html>", NotFoundError),
        (429, b'{"error":{"message":"slow down"}}', RateLimitError),
        (429, b'{"error":{"code":"insufficient_quota"}}', QuotaExceededError),
        (500, b"\xff\xfe", ServerError),
        (524, b"", ServerError),
    ],
)
def test_a_status_becomes_its_error(rig, status, body, expected) -> None:
    rig.serve(Answer((body,), status=status))

    with pytest.raises(expected) as caught:
        rig.run(rig.call())

    assert caught.value.receipt.attempts[0].status == status
    assert rig.transport.open == 0


def test_a_hint_in_the_headers_reaches_the_error(rig) -> None:
    rig.serve(Answer((b"{}",), status=429, headers=(("Retry-After", "7"),)))

    with pytest.raises(RateLimitError) as caught:
        rig.run(rig.call())

    assert caught.value.retry_after == 7


def test_of_an_endless_error_body_only_the_head_is_read(rig) -> None:
    rig.limits = Limits(error_body=100)
    rig.serve(Answer([b"x" * 60] * 1000, status=500))

    with pytest.raises(ServerError):
        rig.run(rig.call())

    assert rig.transport.open == 0


@pytest.mark.invariant("I4")
def test_what_has_no_time_left_when_its_turn_comes_is_not_sent(rig) -> None:
    rig.serve(Answer((b"{}",)))
    late = Exchange(rig.transport, rig.runtime)
    call = rig.call(allowed=5.0)
    rig.runtime.advance(5.0)

    with pytest.raises(DeadlineExceeded, match="no time is left of 5 s"):
        drive(late(call))

    assert rig.transport.requests == []
    assert call.attempts == []


def test_a_redirect_is_refused_and_its_query_is_not_shown(rig) -> None:
    location = ("location", "https://elsewhere.example/v1?key=canary")
    rig.serve(Answer((), status=307, headers=(location,)))

    with pytest.raises(ProtocolError, match="never followed") as caught:
        rig.run(rig.call())

    assert "canary" not in str(caught.value)
    assert not caught.value.retryable


def test_a_web_page_in_the_place_of_json_is_told_apart(rig) -> None:
    rig.serve(Answer((b"<html>Sign in</html>",), headers=HTML))

    with pytest.raises(DecodeError, match="web page") as caught:
        rig.run(rig.call())

    assert caught.value.retryable
    assert "Sign in" in caught.value.excerpt


def test_an_answer_past_the_cap_is_refused(rig) -> None:
    rig.limits = Limits(total=10)
    rig.serve(Answer((b'"123456', b'7890"')))

    with pytest.raises(ResponseTooLarge):
        rig.run(rig.call())

    assert rig.transport.open == 0


def test_events_come_in_order_and_the_end_of_the_line_ends_them(rig) -> None:
    rig.serve(sse("one", "two"))
    reply = rig.run(rig.call(stream=True))

    assert rig.events(reply) == [ServerEvent("one"), ServerEvent("two")]
    assert reply.result().receipt.attempts[0].error is None


def test_newline_delimited_json_is_read_as_events(rig) -> None:
    ndjson = (("content-type", "application/x-ndjson"),)
    rig.serve(Answer((b'{"a":1}\n{"a"', b":2}\n"), headers=ndjson))

    events = rig.events(rig.run(rig.call(stream=True)))

    assert [event.json() for event in events] == [{"a": 1}, {"a": 2}]


def test_a_stream_that_breaks_after_its_first_event_is_interrupted(rig) -> None:
    cut = Answer(
        (b"data: one\n\n", ProtocolError("the connection was reset", sent=True)),
        headers=(("content-type", "text/event-stream"),),
    )
    rig.serve(cut)
    reply = rig.run(rig.call(stream=True))

    with pytest.raises(StreamInterrupted) as caught:
        rig.events(reply)

    assert isinstance(caught.value.__cause__, ProtocolError)
    assert "StreamInterrupted" in caught.value.receipt.attempts[0].error
    with pytest.raises(StreamInterrupted):
        rig.events(reply)


def test_silence_after_the_headers_is_a_first_event_timeout(rig) -> None:
    rig.serve(Answer((Pause(61), b"data: x\n\n"), headers=(("content-type", "text/event-stream"),)))

    with pytest.raises(ReadTimeout) as caught:
        rig.run(rig.call(stream=True))

    assert caught.value.phase == "first_event"
    assert rig.transport.open == 0


def test_silence_after_an_event_is_an_idle_timeout(rig) -> None:
    body = (b"data: x\n\n", Pause(61), b"data: y\n\n")
    rig.serve(Answer(body, headers=(("content-type", "text/event-stream"),)))
    reply = rig.run(rig.call(stream=True))

    with pytest.raises(StreamInterrupted) as caught:
        rig.events(reply)

    assert caught.value.__cause__.phase == "idle"


def test_a_peer_that_pings_forever_makes_no_progress(rig) -> None:
    pings = [item for _ in range(10) for item in (Pause(50), b": ping\n\n")]
    rig.serve(Answer((b"data: x\n\n", *pings), headers=(("content-type", "text/event-stream"),)))
    reply = rig.run(rig.call(stream=True))

    with pytest.raises(StreamInterrupted) as caught:
        rig.events(reply)

    assert caught.value.__cause__.phase == "progress"


@pytest.mark.fault("S14")
def test_a_slow_consumer_does_not_time_out(rig) -> None:
    rig.serve(sse("one", "two"))
    reply = rig.run(rig.call(stream=True))
    rig.runtime.advance(100)

    assert len(rig.events(reply)) == 2


@pytest.mark.invariant("I20")
def test_the_deadline_ends_every_wait(rig) -> None:
    rig.serve(Answer((b"{}",), delay=30))

    with pytest.raises(DeadlineExceeded, match="within 8 s"):
        rig.run(rig.call(allowed=8))

    assert rig.runtime.now() == 1008


def test_a_call_that_is_late_already_sends_nothing(rig) -> None:
    rig.serve()
    call = rig.call(allowed=8)
    rig.runtime.advance(9)

    with pytest.raises(DeadlineExceeded, match="before the call"):
        rig.run(call)

    assert rig.transport.requests == []


def test_a_refused_connection_is_recorded_as_unsent(rig) -> None:
    rig.serve(ConnectError("nobody listens there"))

    with pytest.raises(ConnectError) as caught:
        rig.run(rig.call())

    (attempt,) = caught.value.receipt.attempts
    assert (attempt.status, attempt.bytes_out, attempt.possibly_billed) == (None, 0, False)


def test_closing_early_frees_the_connection_and_says_so(rig) -> None:
    rig.serve(sse("one", "two"))
    reply = rig.run(rig.call(stream=True))

    from fairlead.engine.runtime import drive

    drive(reply.aclose())
    drive(reply.aclose())

    assert rig.transport.open == 0
    assert reply.receipt.attempts[0].error == "closed before its end"


def test_a_first_event_may_take_its_own_time_but_not_longer(rig) -> None:
    rig.timeouts = Timeouts(first_event=5)
    rig.serve(Answer((b"data: x\n\n",), delay=6, headers=(("content-type", "text/event-stream"),)))

    with pytest.raises(ReadTimeout, match="nothing came"):
        rig.run(rig.call(stream=True))
