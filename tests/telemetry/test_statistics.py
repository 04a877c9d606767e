"""What an observer that counts has counted."""

from __future__ import annotations

from decimal import Decimal
from threading import Thread

import pytest
from tests.telemetry.sweeping import Points, core, streamed, whole

from fairlead.engine.runtime import drive
from fairlead.errors import ConfigError, ServerError
from fairlead.telemetry import Statistics, findings
from fairlead.telemetry.bottleneck import _ADVICE
from fairlead.telemetry.phases import PHASES
from fairlead.telemetry.statistics import OTHERS
from fairlead.testing.memory import Answer
from fairlead.types.observed import CallEnd, ObservedCall
from fairlead.types.receipts import Attempt, Receipt, Timings
from fairlead.types.usage import Cost, Usage

DOWN = Answer((b'{"error":{"message":"down"}}',), status=500, delay=2.0)


def client(statistics: Statistics, *answers: Answer):
    return core(Points("blocking", None), list(answers), statistics)


def call(target: str) -> ObservedCall:
    return ObservedCall("chat", target, False, 0.0)


def end(target: str, seconds: float = 1.0) -> CallEnd:
    return CallEnd(Receipt("chat", target, (Attempt(target),), seconds=seconds))


def test_calls_attempts_tokens_and_times_are_counted() -> None:
    statistics = Statistics()

    drive(client(statistics, DOWN, whole()).chat("fake/m", "Hi", {}))

    (found,) = statistics.snapshot().targets
    assert found.target == "fake/m"
    assert (found.calls, found.failed, found.attempts) == (1, 0, 2)
    assert (found.input_tokens, found.output_tokens) == (12, 3)
    assert found.seconds.p50 >= 2.0
    assert {"wait", "first_byte", "stream", "decode"} <= found.phases.keys()
    assert found.phases["first_byte"].longest == pytest.approx(2.0)


def test_a_stream_counts_its_tokens_when_it_has_ended() -> None:
    statistics = Statistics()
    made = client(statistics, streamed("one"))

    async def read() -> None:
        reply = await made.stream("fake/m", "Hi", {})
        assert statistics.snapshot().under_way == 1
        async for _ in reply:
            pass

    drive(read())

    (found,) = statistics.snapshot().targets
    assert (found.output_tokens, found.under_way, found.peak) == (3, 0, 1)
    assert found.ended == {"ok": 1}


def test_failures_are_counted_by_name_and_cancellations_are_none() -> None:
    statistics = Statistics()
    made = client(statistics, *[DOWN] * 4)
    with pytest.raises(ServerError):
        drive(made.chat("fake/m", "Hi", {}))
    statistics.call_start(call("fake/m"))
    statistics.call_exception(call("fake/m"), end("fake/m"), KeyboardInterrupt())

    (found,) = statistics.snapshot().targets
    assert found.ended == {"ServerError": 1, "cancelled": 1}
    assert (found.calls, found.failed) == (2, 1)


def test_the_peak_is_the_most_at_once() -> None:
    statistics = Statistics()
    calls = [call("a/m"), call("b/m"), call("a/m")]
    for each in calls:
        statistics.call_start(each)
    for each in calls:
        statistics.call_stop(each, end(each.target))
    statistics.call_start(calls[0])

    found = statistics.snapshot()
    assert (found.peak, found.under_way) == (3, 1)
    assert [item.peak for item in found.targets] == [2, 1]


def test_there_is_room_for_so_many_targets_and_no_more() -> None:
    statistics = Statistics(most_targets=3)

    for number in range(10):
        statistics.call_start(call(f"a/{number}"))
        statistics.call_stop(call(f"a/{number}"), end(f"a/{number}"))

    found = {item.target: item for item in statistics.snapshot().targets}
    assert set(found) == {"a/0", "a/1", "a/2", OTHERS}
    assert found[OTHERS].calls == 7
    assert all(item.under_way == 0 for item in found.values())


def test_nothing_is_lost_among_threads() -> None:
    statistics = Statistics()

    def run() -> None:
        for _ in range(500):
            statistics.call_start(call("a/m"))
            statistics.call_stop(call("a/m"), end("a/m"))

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (found,) = statistics.snapshot().targets
    assert (found.calls, found.attempts, found.seconds.count) == (4000, 4000, 4000)
    assert found.under_way == 0


def test_costs_add_up_exactly() -> None:
    statistics = Statistics()
    for _ in range(10):
        statistics.count(
            "a/m",
            how="ok",
            seconds=1,
            attempts=(),
            usage=Usage(input=1),
            cost=Cost(Decimal("0.1"), "table"),
        )

    assert statistics.snapshot().targets[0].usd == Decimal(1)


def test_no_room_at_all_is_refused() -> None:
    with pytest.raises(ConfigError, match="most_targets"):
        Statistics(most_targets=0)


@pytest.mark.parametrize(
    ("phase", "timings"),
    [
        (
            "queue",
            {"queue": 3.0, "connect": 3.1, "first_byte": 3.2, "first_event": 3.3, "total": 4},
        ),
        (
            "connect",
            {"queue": 0.0, "connect": 3.0, "first_byte": 3.2, "first_event": 3.3, "total": 4},
        ),
        ("first_byte", {"connect": 0.1, "first_byte": 3.2, "first_event": 3.3, "total": 4}),
        ("first_event", {"connect": 0.1, "first_byte": 0.2, "first_event": 3.3, "total": 4}),
        ("stream", {"connect": 0.1, "first_byte": 0.2, "first_event": 0.3, "total": 4}),
        ("decode", {"first_byte": 0.2, "first_event": 4, "total": 4, "decode": 3.0}),
    ],
)
def test_the_report_names_the_phase_that_dominates_and_what_to_change(phase, timings) -> None:
    statistics = Statistics()
    attempt = Attempt("a/m", timings=Timings(**timings))
    statistics.count("a/m", how="ok", seconds=4, attempts=[attempt] * 3)

    (finding,) = findings(statistics.snapshot())

    assert (finding.target, finding.phase) == ("a/m", phase)
    assert finding.share > 0.5
    assert str(finding) == (
        f"a/m: {finding.share:.0%} of the time goes into {_ADVICE[phase][0]}; {_ADVICE[phase][1]}"
    )


def test_waiting_between_attempts_can_be_what_takes_the_time() -> None:
    statistics = Statistics()
    attempts = (Attempt("a/m", wait=9.0, timings=Timings(total=1.0)),)
    statistics.count("a/m", how="ok", seconds=10, attempts=attempts)
    statistics.count("b/m", how="ok", seconds=0, attempts=())

    (finding,) = findings(statistics.snapshot())

    assert finding.phase == "wait"


def test_there_is_advice_for_every_phase() -> None:
    assert set(_ADVICE) == set(PHASES)
