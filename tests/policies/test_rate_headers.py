"""What providers say is left, in every spelling they use, and nothing of what makes no sense."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.policies.rate_headers import HeaderNames, Left, left
from fairlead.types.http import Headers

NAMES = HeaderNames("x-remaining", "x-reset")
WALL = 1_700_000_000.0


def told(remaining: str | None, reset: str | None) -> Left | None:
    pairs = [("X-Remaining", remaining), ("X-Reset", reset)]
    headers = Headers((name, value) for name, value in pairs if value is not None)
    return left(headers, NAMES, now=50.0, wall=WALL)


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("6m0s", 360.0),
        ("20ms", 0.02),
        ("7.66s", 7.66),
        ("59", 59.0),
        ("1700000030", 30.0),
        ("1700000030000", 30.0),
        ("2023-11-14T22:13:50Z", 30.0),
    ],
)
def test_each_spelling_of_a_reset_is_an_instant_on_our_clock(reset, seconds) -> None:
    found = told("3", reset)
    assert found is not None
    assert (found.count, found.until) == (3, pytest.approx(50.0 + seconds))


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [
        (None, "6s"),
        ("3", None),
        ("-1", "6s"),
        ("nan", "6s"),
        ("3.5", "6s"),
        ("³", "6s"),
        ("", "6s"),
        ("3", "-1"),
        ("3", "soon"),
        ("3", "0"),
        ("3", "1600000000"),
    ],
)
def test_what_is_missing_or_makes_no_sense_limits_nothing(remaining, reset) -> None:
    assert told(remaining, reset) is None


def test_a_provider_without_such_headers_limits_nothing() -> None:
    assert left(Headers((("x-remaining", "0"),)), None, now=0.0, wall=WALL) is None


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_header_raises(remaining: str, reset: str) -> None:
    found = told(remaining, reset)
    assert found is None or (found.count >= 0 and found.until > 50.0)


def test_there_is_room_while_enough_is_left_or_the_reset_has_passed() -> None:
    some = Left(2, until=60.0)
    assert some.room_at(50.0, 2) == 50.0
    assert some.room_at(50.0, 3) == 60.0
    assert some.room_at(60.0, 3) == 60.0
    assert Left().room_at(5.0, 1 << 40) == 5.0
