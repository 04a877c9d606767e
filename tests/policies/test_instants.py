"""Times and durations are read in every spelling that servers use, and in no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given, strategies as st

from fairlead.policies.instants import duration, http_date, rfc3339

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        # As Go prints them; the figures are from the rate limit pages of OpenAI and Groq.
        ("6m0s", 360),
        ("1s", 1),
        ("20ms", 0.020),
        ("7.66s", 7.66),
        ("2m59.56s", 179.56),
        ("10h17m5.7s", 37025.7),
        ("50.597142857s", 50.597142857),
        ("120us", 0.00012),
        ("120µs", 0.00012),
        ("0s", 0),
        # As people write them.
        ("6 seconds", 6),
        ("1 second", 1),
        ("2 minutes", 120),
        ("1 hour 5 mins", 3900),
        ("1 day", 86400),
        ("250 milliseconds", 0.25),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "s", "5", "5 models", "-5s", "1e3s", "5s!", "five s", "\u0665s", "5\u017f"]
)
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration(text) is None


@given(st.integers(0, 200), st.integers(0, 59), st.integers(0, 59_999))
def test_every_go_duration_is_read(hours: int, minutes: int, milliseconds: int) -> None:
    text = f"{hours}h{minutes}m{milliseconds / 1000}s"
    assert duration(text) == pytest.approx(hours * 3600 + minutes * 60 + milliseconds / 1000)


@given(st.integers(0, 4_102_444_800))
def test_every_date_is_read_in_its_three_spellings(instant: int) -> None:
    date = datetime.fromtimestamp(instant, UTC)
    assert http_date(format_datetime(date, usegmt=True), now=NOW) == instant
    assert http_date(f"{date:%a %b} {date.day:2d} {date:%H:%M:%S %Y}", now=NOW) == instant
    near = instant if abs(instant - NOW) < 49 * 365.25 * 86400 else None
    if near is not None:
        assert http_date(f"{date:%A, %d-%b-%y %H:%M:%S} GMT", now=NOW) == near


def test_a_two_digit_year_far_ahead_is_of_the_last_century() -> None:
    assert http_date("Sunday, 06-Nov-94 08:49:37 GMT", now=NOW) == 784111777
    assert http_date("Friday, 06-Nov-26 08:49:37 GMT", now=NOW) == 1793954977


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 31 Feb 2026 08:49:37 GMT",
        "Sun, 06 Xyz 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Monday, 29-Feb-00 00:00:00 GMT GMT",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert http_date(text, now=NOW) is None


@given(st.integers(315_532_800_000_000, 4_102_444_800_000_000), st.integers(-720, 840))
def test_every_timestamp_is_read(microseconds: int, offset: int) -> None:
    zone = timezone(timedelta(minutes=offset))
    aware = datetime.fromtimestamp(microseconds // 10**6, zone)
    aware += timedelta(microseconds=microseconds % 10**6)
    assert rfc3339(aware.isoformat()) == aware.timestamp()
    assert rfc3339(aware.isoformat(" ")) == aware.timestamp()


def test_zulu_means_utc() -> None:
    assert rfc3339("2025-08-21T12:40:59Z") == 1755780059
    assert rfc3339("2025-08-21t12:40:59.5z") == 1755780059.5


@pytest.mark.parametrize(
    "text", ["2025-08-21", "2025-08-21T12:40:59", "2025-13-21T12:40:59Z", "20250821T124059Z", "0"]
)
def test_what_is_no_timestamp_is_none(text: str) -> None:
    assert rfc3339(text) is None


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_any_text_is_read_or_none(text: str, now: float) -> None:
    for read in (duration(text), http_date(text, now=now), rfc3339(text)):
        assert read is None or isinstance(read, float)
