"""How long to wait before a retry: full jitter by kind of failure, or the server's own hint.

Numbers and reasons: full jitter as in "Exponential Backoff And Jitter" (AWS Architecture Blog),
three kinds as in botocore, which tells throttling from transient faults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

Profile = Literal["interactive", "batch"]
"""Whether somebody is waiting for the answer, or a worker may sit out a storm of refusals."""

FLOOR = 0.010
LONGEST_HINT = 120.0
HINT_JITTER_SHARE = 0.1
HINT_JITTER_LIMIT = 1.0
# 2**40 s is far past every cap, and a float holds it.
_LARGEST_EXPONENT = 40


class Backoff(Struct, frozen=True):
    """Waits are uniform between 10 ms and `min(cap, base * 2**retry)`, all in seconds."""

    base: float
    cap: float

    def ceiling(self, retry: int) -> float:
        """The longest wait before retry number `retry`; 0 is the first."""
        return max(FLOOR, min(self.cap, self.base * 2.0 ** min(retry, _LARGEST_EXPONENT)))

    def wait(self, retry: int, *, room: float, random: Callable[[], float]) -> float:
        """Seconds to wait, at most `room`; `random` draws from [0, 1).

        The draw starts at the floor instead of being raised to it, or else the shortest waits of
        many clients would all end in the same moment.
        """
        ceiling = min(self.ceiling(retry), room)
        return FLOOR + random() * max(0.0, ceiling - FLOOR)


UNSENT = Backoff(0.1, 5.0)
TRANSIENT = Backoff(0.5, 8.0)
THROTTLE = Backoff(1.0, 30.0)
BATCH_THROTTLE = Backoff(10.0, 300.0)


def backoff_for(kind: Literal["unsent", "transient", "throttle"], profile: Profile) -> Backoff:
    """The waits for a kind of failure."""
    if kind == "throttle":
        return BATCH_THROTTLE if profile == "batch" else THROTTLE
    return UNSENT if kind == "unsent" else TRANSIENT


def wait_after_hint(hint: float, *, room: float, random: Callable[[], float]) -> float:
    """Seconds to wait when the server asked for `hint`: never less, at most a tenth or 1 s more.

    What is more than the hint ends at `room`.
    """
    extra = random() * min(HINT_JITTER_LIMIT, hint * HINT_JITTER_SHARE)
    return max(hint, FLOOR, min(hint + extra, room))
