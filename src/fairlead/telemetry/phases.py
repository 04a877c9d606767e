"""Where the time of an attempt went, as phases that add up to it."""

from __future__ import annotations

from typing import Final

from fairlead.types.receipts import Attempt, Timings

PHASES: Final = ("wait", "queue", "connect", "first_byte", "first_event", "stream", "decode")
"""Before the attempt began; for a place; for the connection; for the first byte after that; for
content after that; for the rest of the answer; for reading one that came whole."""

Spent = list[tuple[str, float]]


def phases(attempt: Attempt) -> Spent:
    """Each phase that was reached, with its seconds. The one in which an attempt failed is last."""
    timings = attempt.timings
    queue, connect, first_byte = timings.queue, timings.connect, timings.first_byte
    found: Spent = []
    passed = 0.0
    if attempt.wait:
        found.append(("wait", attempt.wait))
    if queue is not None:
        found.append(("queue", queue))
        passed = queue
    if connect is not None:
        found.append(("connect", connect - passed if connect > passed else 0.0))
        passed = max(passed, connect)
    if first_byte is not None:
        found.append(("first_byte", first_byte - passed if first_byte > passed else 0.0))
        passed = max(passed, first_byte)
    _add_content(found, timings, passed)
    return found


def _add_content(found: Spent, timings: Timings, passed: float) -> None:
    """What came after the first byte, or where it ended before that."""
    total, first, decode = timings.total or passed, timings.first_event, timings.decode
    if decode is not None:  # the answer came whole: there is no first event of its own
        rest = total - passed - decode
        found.append(("stream", rest if rest > 0 else 0.0))
        found.append(("decode", decode))
    elif first is not None:
        first = max(passed, first)
        found.append(("first_event", first - passed))
        found.append(("stream", total - first if total > first else 0.0))
    elif total > passed:
        found.append((_unreached(timings), total - passed))


def _unreached(timings: Timings) -> str:
    """The phase in which an attempt ended that did not come to any content."""
    if timings.first_byte is not None:
        return "first_event"
    return "connect" if timings.connect is None else "first_byte"
