"""Phases add up to the attempt, and name where it ended."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from fairlead.telemetry.phases import PHASES, phases
from fairlead.types.receipts import Attempt, Timings


def attempt(wait: float = 0.0, **timings: float) -> Attempt:
    return Attempt("a/m", wait=wait, timings=Timings(**timings))


def test_a_stream_spends_its_time_in_order() -> None:
    found = dict(
        phases(attempt(0.5, queue=0.1, connect=0.3, first_byte=1.0, first_event=1.5, total=4.0))
    )

    assert found == pytest.approx(
        {
            "wait": 0.5,
            "queue": 0.1,
            "connect": 0.2,
            "first_byte": 0.7,
            "first_event": 0.5,
            "stream": 2.5,
        }
    )


def test_an_answer_that_came_whole_was_received_and_decoded() -> None:
    found = dict(
        phases(
            attempt(queue=0.0, connect=0.1, first_byte=1.0, first_event=2.0, total=2.0, decode=0.25)
        )
    )

    assert found["stream"] == pytest.approx(0.75)
    assert found["decode"] == 0.25
    assert "first_event" not in found


@pytest.mark.parametrize(
    ("timings", "where"),
    [
        ({"total": 5.0}, "connect"),
        ({"queue": 0.0, "connect": 0.1, "total": 60.0}, "first_byte"),
        ({"connect": 0.1, "first_byte": 1.0, "total": 60.0}, "first_event"),
    ],
)
def test_a_failure_counts_for_the_phase_it_came_in(timings, where) -> None:
    assert phases(attempt(**timings))[-1][0] == where


SPAN = strategies.none() | strategies.floats(0, 100)


@given(SPAN, SPAN, SPAN, SPAN, SPAN, SPAN)
def test_phases_are_never_negative_and_never_more_than_the_attempt(q, c, b, e, t, d) -> None:
    timings = Timings(queue=q, connect=c, first_byte=b, first_event=e, total=t, decode=d)
    found = phases(Attempt("a/m", timings=timings))

    assert all(name in PHASES and seconds >= 0 for name, seconds in found)
    reached = [value for value in (q, c, b, e, t) if value is not None]
    assert sum(s for _, s in found) <= max(reached, default=0) + (d or 0) + 1e-6
