"""When the server says that it will take the next request, from headers and body. Never raises.

The order is from the plainest word to the most indirect: `retry-after-ms`, `retry-after`, the
error's own words, then the reset of whatever limit is used up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fairlead.policies.instants import DURATION, duration, http_date, rfc3339
from fairlead.types.http import Headers

LONGEST_WAIT = 7 * 86400.0
"""A hint beyond a week is an error of the server's, not a plan."""

_EPOCH_SECONDS = 1e9
_EPOCH_MILLISECONDS = 1e12
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_QUOTED = re.compile(r'"[^"]*"')
_PARAMETER = re.compile(r";\s*([rt])\s*=\s*([0-9]{1,15})(?![0-9.])")
_BODY_HINTS = (
    # Google's RetryInfo, also where it is quoted inside another JSON string.
    re.compile(
        rf'"retryDelay\\*"\s{{0,9}}:\s{{0,9}}\\*"({DURATION})\\*"', re.ASCII | re.IGNORECASE
    ),
    # "Please try again in 41.724s", "retry in 10h17m5.7s", "retry after 6 seconds"
    re.compile(rf"\b(?:try again|retry) (?:in|after) ({DURATION})", re.ASCII | re.IGNORECASE),
)


def retry_after(headers: Headers, body_text: str, *, now: float) -> float | None:
    """Seconds to wait as the server asks, or None where it does not say: finite, 0 to a week.

    `now` is the wall clock, in seconds since 1970; dates are compared with the server's own `Date`
    where it sent one. Of several equal hints the longest counts. A source that says 0 gives way to
    a later one that says more.
    """
    clock = server_clock(headers, now)
    answer: float | None = None
    for source in (
        _milliseconds(headers),
        _retry_after(headers, clock),
        _words(body_text),
        _resets(headers, clock),
    ):
        waits = [wait for wait in source if wait is not None and 0 <= wait <= LONGEST_WAIT]
        answer = max(waits, default=answer)
        if answer:
            return answer
    return answer


def server_clock(headers: Headers, now: float) -> float:
    """The server's own time, in seconds since 1970; `now` where it does not tell."""
    date = headers.get("date")
    read = http_date(date.strip(), now=now) if date is not None else None
    return now if read is None else read


def _milliseconds(headers: Headers) -> Iterator[float | None]:
    for text in _values(headers, "retry-after-ms"):
        number = _number(text)
        yield None if number is None else number / 1000


def _retry_after(headers: Headers, clock: float) -> Iterator[float | None]:
    for text in _values(headers, "retry-after"):
        yield seconds_from(text, clock)


def _words(body: str) -> Iterator[float | None]:
    for pattern in _BODY_HINTS:
        for found in pattern.finditer(body):
            yield duration(found[1])


def _resets(headers: Headers, clock: float) -> Iterator[float | None]:
    """When the limits that have nothing remaining are reset.

    Providers name both headers alike, such as `x-ratelimit-remaining-tokens` and
    `x-ratelimit-reset-tokens`, or `anthropic-ratelimit-tokens-remaining` and `...-reset`.
    """
    for name in {name.lower() for name, _ in headers}:
        if "ratelimit" in name and "remaining" in name:
            if any(_number(text) == 0 for text in _values(headers, name)):
                for text in _values(headers, name.replace("remaining", "reset")):
                    yield seconds_from(text, clock)
        elif name == "ratelimit":
            for text in _fields(headers, name):
                yield from _ietf_resets(text)


def _ietf_resets(text: str) -> Iterator[float | None]:
    """Of `"name";r=0;t=30, ...` (draft-ietf-httpapi-ratelimit-headers), the exhausted ones."""
    for item in _QUOTED.sub('""', text).split(","):
        parameters = dict(_PARAMETER.findall(item))
        if "t" in parameters and float(parameters.get("r", 1)) == 0:
            yield float(parameters["t"])


def _fields(headers: Headers, name: str) -> Iterator[str]:
    return (value for key, value in headers if key.lower() == name)


def _values(headers: Headers, name: str) -> Iterator[str]:
    """Every value of a header, those that a proxy has joined with commas also singly."""
    for field in _fields(headers, name):
        yield field.strip()
        if "," in field:
            yield from (piece.strip() for piece in field.split(","))


def seconds_from(text: str, clock: float) -> float | None:
    """Seconds from `clock`, of any spelling in use; one in the past is negative."""
    number = _number(text)
    if number is not None:
        if number < _EPOCH_SECONDS:
            return number
        return number / (1000 if number >= _EPOCH_MILLISECONDS else 1) - clock
    length = duration(text)
    if length is not None:
        return length
    instant = http_date(text, now=clock)
    if instant is None:
        instant = rfc3339(text)
    return None if instant is None else instant - clock


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
