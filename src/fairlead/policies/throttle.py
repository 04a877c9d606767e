"""Adaptive throttling as in Google's SRE book: a share of the calls is refused here, at random,
before a provider that refuses most of them is hammered.

The probability is max(0, (requests - K * accepts) / (requests + 1)) over two minutes. A request
counts when it is answered: models take long, and what is under way says nothing of capacity.
Instants are seconds of any clock; one that goes back is taken to stand still.
"""

from __future__ import annotations

from collections import deque
from threading import Lock

_K = 2.0
_WINDOW = 120
_BUCKET = 5


class Throttle:
    """Safe to share between threads."""

    __slots__ = ("_accepts", "_buckets", "_lock", "_requests")

    def __init__(self) -> None:
        self._lock = Lock()
        self._buckets: deque[list[int]] = deque()
        self._requests = 0
        self._accepts = 0

    def admit(self, now: float, draw: float) -> bool:
        """Whether a request may be sent. `draw` is of [0, 1).

        Those that are refused here count too: so the share grows while nobody accepts anything.
        """
        with self._lock:
            bucket = self._bucket(now)
            admitted = draw >= self._share()
            if not admitted:
                bucket[1] += 1
                self._requests += 1
            return admitted

    def answered(self, now: float, *, accepted: bool) -> None:
        """The provider took a request, or said that it has no capacity."""
        with self._lock:
            bucket = self._bucket(now)
            bucket[1] += 1
            bucket[2] += accepted
            self._requests += 1
            self._accepts += accepted

    def share(self, now: float) -> float:
        """The share of calls that is refused now, 0 to 1."""
        with self._lock:
            self._bucket(now)
            return self._share()

    def _share(self) -> float:
        return max(0.0, (self._requests - _K * self._accepts) / (self._requests + 1))

    def _bucket(self, now: float) -> list[int]:
        buckets = self._buckets
        index = int(now // _BUCKET)
        if buckets and index <= buckets[-1][0]:
            return buckets[-1]
        while buckets and buckets[0][0] <= index - _WINDOW // _BUCKET:
            _, requests, accepts = buckets.popleft()
            self._requests -= requests
            self._accepts -= accepts
        buckets.append([index, 0, 0])
        return buckets[-1]
