"""Reading the times and durations that servers write. What cannot be read is None.

HTTP dates as in RFC 9110 §5.6.7, timestamps as in RFC 3339, durations as Go prints them
(`1m30.5s`) and as people write them (`6 seconds`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FLAGS = re.ASCII | re.IGNORECASE
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIFTY_YEARS = 50 * 365.25 * 86400
_TIME = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_HTTP_DATES = (
    # Sun, 06 Nov 1994 08:49:37 GMT
    re.compile(
        rf"[a-z]{{3}}, (?P<day>\d\d) (?P<month>[a-z]{{3}}) (?P<year>\d{{4}}) {_TIME} GMT", _FLAGS
    ),
    # Sunday, 06-Nov-94 08:49:37 GMT
    re.compile(
        rf"[a-z]{{6,9}}, (?P<day>\d\d)-(?P<month>[a-z]{{3}})-(?P<year>\d\d) {_TIME} GMT", _FLAGS
    ),
    # Sun Nov  6 08:49:37 1994
    re.compile(
        rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})", _FLAGS
    ),
)
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", _FLAGS
)

_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "millisecond": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
}
# The numbers of digits are bounded so that no text takes long to read.
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"
_UNIT = r"(?:[nuµm]?s|milliseconds?|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])"
DURATION = rf"(?:{_NUMBER} ?{_UNIT} ?)+"
"""A pattern that finds durations in a text; compile it with `re.ASCII | re.IGNORECASE`."""
_DURATION = re.compile(DURATION, _FLAGS)
_TERM = re.compile(rf"({_NUMBER}) ?({_UNIT})", _FLAGS)


def http_date(text: str, *, now: float) -> float | None:
    """Seconds since 1970. A two-digit year is the one at most 50 years after `now`."""
    found = next(filter(None, (pattern.fullmatch(text) for pattern in _HTTP_DATES)), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 4:
        return _timestamp(found, year)
    recent, earlier = _timestamp(found, 2000 + year), _timestamp(found, 1900 + year)
    return recent if recent is not None and recent - now <= _FIFTY_YEARS else earlier


def _timestamp(found: re.Match[str], year: int) -> float | None:
    month = found["month"].lower()
    if month not in _MONTHS:
        return None
    day, hour, minute, second = (int(found[name]) for name in ("day", "hour", "minute", "second"))
    try:
        date = datetime(year, _MONTHS.index(month) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return date.timestamp()


def rfc3339(text: str) -> float | None:
    """Seconds since 1970 of a timestamp with its offset."""
    if _RFC_3339.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).timestamp()
    except (ValueError, OverflowError):
        return None


def duration(text: str) -> float | None:
    """Seconds, where all of `text` is one duration with units."""
    if _DURATION.fullmatch(text) is None:
        return None
    return sum(float(number) * _seconds(unit.lower()) for number, unit in _TERM.findall(text))


def _seconds(unit: str) -> float:
    return _SECONDS[unit] if unit in _SECONDS else _SECONDS[unit.removesuffix("s")]
