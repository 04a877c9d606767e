"""Faults done to a tape give the errors that the same faults of the line do, in both colours."""

from __future__ import annotations

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import DONE, pieces, streamed, whole
from tests.tapes.conftest import GONE, QUESTION

import fairlead
from fairlead import (
    ApiError,
    ConfigError,
    ConnectError,
    Finish,
    OverloadedError,
    ProtocolError,
    RateLimitError,
    ReadTimeout,
    StreamInterrupted,
)
from fairlead.settings import RetrySettings
from fairlead.tapes import DuplicateFrames, ErrorInside, First, RateLimited
from fairlead.tapes.exchange import Answer, Chunk, Ending, Exchange, TapedRequest
from fairlead.tapes.striking import struck
from fairlead.testing.toxics import (
    Bandwidth,
    Down,
    HalfOpen,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
)

PIECES = pieces("Hel", "lo")
BEGUN = len(PIECES[0] + PIECES[1])
WHOLE = len(b"".join(PIECES))
ENDED = WHOLE - len(DONE)


@pytest.fixture
def asked(opened, recorded):
    """Ask a tape of one stream that has these faults, with so many retries."""

    def ask(*faults, retries: int = 0, stream: bool = True, speed: float = 0, **changes):
        tape = recorded(streamed("Hel", "lo") if stream else whole("Hello"), stream=stream)
        settings = settings_for(GONE, retry=RetrySettings(max_retries=retries), **changes)
        client = opened(settings, transport=fairlead.replay(tape, speed=speed, faults=list(faults)))
        if not stream:
            return [], client.chat("fake/m-1", QUESTION)
        return client.stream("fake/m-1", QUESTION)

    return ask


@pytest.mark.fault("S5")
@pytest.mark.parametrize("fault", [LimitData(BEGUN), ResetPeer(BEGUN)])
def test_a_cut_in_the_middle_interrupts_the_stream_with_what_had_come(asked, fault) -> None:
    with pytest.raises(StreamInterrupted) as caught:
        asked(fault, retries=2)

    assert caught.value.partial.text == "Hel"
    assert isinstance(caught.value.__cause__, ProtocolError)
    assert len(caught.value.receipt.attempts) == 1


@pytest.mark.fault("S4")
@pytest.mark.parametrize("fault", [LimitData(0), ResetPeer(0)])
def test_a_cut_before_the_first_event_is_sent_again(asked, fault) -> None:
    _, answer = asked(First(fault), retries=1)

    assert answer.text == "Hello"
    assert "ProtocolError" in answer.receipt.attempts[0].error


@pytest.mark.fault("S18")
@pytest.mark.parametrize("count", [WHOLE, WHOLE - 1, ENDED, ENDED + 3])
@pytest.mark.parametrize("kind", [LimitData, ResetPeer])
def test_behind_the_terminal_event_a_cut_does_no_harm(asked, count, kind) -> None:
    try:
        _, answer = asked(kind(count))
    except StreamInterrupted:
        assert count < WHOLE - 2
    else:
        assert answer.text == "Hello"
        assert count >= ENDED


@pytest.mark.fault("S1")
def test_silence_before_the_first_event_is_a_read_timeout(asked) -> None:
    with pytest.raises(ReadTimeout) as caught:
        asked(HalfOpen(0))

    assert caught.value.phase == "first_event"


@pytest.mark.fault("S2")
def test_silence_after_some_events_interrupts_the_stream(asked) -> None:
    with pytest.raises(StreamInterrupted, match="silent for") as caught:
        asked(HalfOpen(BEGUN), retries=2)

    assert isinstance(caught.value.__cause__, ReadTimeout)
    assert len(caught.value.receipt.attempts) == 1


def test_silence_lasts_as_long_as_the_client_waits_where_the_tape_has_a_speed(asked, quick) -> None:
    with pytest.raises(StreamInterrupted, match=r"silent for 0\.5 s"):
        asked(HalfOpen(BEGUN), speed=1.0, **quick)


@pytest.mark.fault("C14")
@pytest.mark.parametrize("fault", [Bandwidth(8000), Slicer(1), Slicer(7), Latency(0.01)])
def test_slow_bytes_and_small_ones_give_the_same_answer(asked, fault) -> None:
    _, answer = asked(fault, speed=20)

    assert answer.text == "Hello"


@pytest.mark.fault("C1")
def test_a_server_that_is_down_is_a_connect_error_after_its_retries(asked) -> None:
    with pytest.raises(ConnectError) as caught:
        asked(Down(), retries=1)

    assert len(caught.value.receipt.attempts) == 2


def test_events_that_come_twice_end_once_and_count_their_usage_once(asked) -> None:
    events, answer = asked(DuplicateFrames())

    assert sum(isinstance(event, Finish) for event in events) == 1
    assert answer.usage.total_tokens == 13
    assert answer.finish_reason == "stop"


@pytest.mark.fault("P1")
@pytest.mark.parametrize("stream", [True, False])
def test_a_429_says_how_long_to_wait(asked, stream) -> None:
    with pytest.raises(RateLimitError) as caught:
        asked(RateLimited(retry_after=7), stream=stream)

    assert (caught.value.status, caught.value.retry_after) == (429, 7)


@pytest.mark.fault("P1")
def test_a_429_is_waited_out_and_sent_again(asked) -> None:
    _, answer = asked(First(RateLimited(retry_after=0.05)), retries=1)

    assert [attempt.status for attempt in answer.receipt.attempts] == [429, 200]
    assert answer.receipt.attempts[1].wait >= 0.05


@pytest.mark.fault("H7")
def test_an_error_inside_a_200_is_what_it_says(asked) -> None:
    with pytest.raises(OverloadedError):
        asked(ErrorInside(), stream=False)


@pytest.mark.fault("S7")
def test_an_error_in_a_stream_before_its_first_token_is_sent_again(asked) -> None:
    with pytest.raises(OverloadedError):
        asked(ErrorInside())
    _, answer = asked(First(ErrorInside()), retries=1)

    assert answer.text == "Hello"
    assert len(answer.receipt.attempts) == 2


@pytest.mark.fault("S8")
def test_an_error_in_a_stream_after_tokens_interrupts_it(asked) -> None:
    with pytest.raises(StreamInterrupted) as caught:
        asked(ErrorInside(after=2), retries=1)

    assert caught.value.partial.text == "Hel"
    assert isinstance(caught.value.__cause__, ApiError)


# -- as data ---------------------------------------------------------------------------------------

REQUEST = TapedRequest("POST", "https://a/b")
EVENTS = (("content-type", "text/event-stream"),)
TWO = Exchange(
    REQUEST,
    Answer(200, 1.0, "2", EVENTS, (Chunk(2.0, b"data: 1\n\n"), Chunk(3.0, b"data: 2\n\n"))),
    Ending("complete", 4.0),
)
NO_ANSWER = struck(TWO, [Down()], 0)


def times(exchange: Exchange) -> list[float]:
    return [exchange.answer.at, *(c.at for c in exchange.answer.chunks), exchange.ending.at]


def test_latency_moves_everything() -> None:
    assert times(struck(TWO, [Latency(10)], 0)) == [11, 12, 13, 14]


def test_a_bandwidth_lets_no_piece_through_before_its_time() -> None:
    slow = struck(TWO, [Bandwidth(4)], 0)

    assert times(slow) == [1, 4.25, 6.5, 6.5]
    assert slow.answer.body == TWO.answer.body


def test_slices_are_of_their_size_and_a_pause_apart() -> None:
    slow = struck(TWO, [Slicer(4, 0.5)], 0)

    assert [chunk.data for chunk in slow.answer.chunks] == [
        b"data", b": 1\n", b"\n", b"data", b": 2\n", b"\n",
    ]  # fmt: skip
    assert times(slow) == [1, 2.5, 3, 3.5, 5, 5.5, 6, 7]


@pytest.mark.parametrize("count", range(18))
def test_a_cut_keeps_the_bytes_before_it(count) -> None:
    cut = struck(TWO, [LimitData(count)], 0)

    assert cut.answer.body == TWO.answer.body[:count]
    assert cut.ending.how == "failed"


def test_a_cut_behind_the_end_does_nothing() -> None:
    assert struck(TWO, [LimitData(19), ResetPeer(99), HalfOpen(50)], 0) == TWO


@pytest.mark.parametrize(
    "fault", [Latency(1), Bandwidth(1), Slicer(), LimitData(0), HalfOpen(), DuplicateFrames()]
)
def test_what_failed_before_an_answer_stays_without_one(fault) -> None:
    assert struck(NO_ANSWER, [fault], 0).answer is None


def test_the_first_answers_are_struck_and_no_others() -> None:
    fault = First(RateLimited(), 2)

    assert [struck(TWO, [fault], turn).answer.status for turn in range(4)] == [429, 429, 200, 200]


def test_faults_are_done_one_after_the_other() -> None:
    both = struck(TWO, [DuplicateFrames(), LimitData(20)], 0)

    assert both.answer.body == b"data: 1\n\ndata: 1\n\nda"


@pytest.mark.parametrize("fault", [SlowClose(1), "cut", None])
def test_what_is_no_fault_of_a_tape_is_refused(fault) -> None:
    with pytest.raises(ConfigError, match="is no fault of a tape"):
        struck(TWO, [fault], 0)


def test_an_error_cannot_stand_in_an_aws_stream_and_says_so() -> None:
    kind = (("content-type", "application/vnd.amazon.eventstream"),)
    exchange = Exchange(REQUEST, Answer(200, headers=kind))

    with pytest.raises(ConfigError, match="AWS event stream"):
        struck(exchange, [ErrorInside()], 0)


def test_an_error_in_lines_is_a_line() -> None:
    kind = (("content-type", "application/x-ndjson"),)
    exchange = Exchange(REQUEST, Answer(200, 0.0, "", kind, (Chunk(1.0, b"{}\n{}\n"),)))

    assert (
        struck(exchange, [ErrorInside(after=1)], 0).answer.body == b'{}\n{"error":"Overloaded"}\n'
    )
