"""One place's limits together, with a queue in order of arrival in front of them.

Requests, tokens and places are taken all at once or not at all, so that whoever waits holds nothing
and whoever leaves has taken nothing. It waits for nobody: it says when to look again, and wakes the
first in the queue when something has changed. Instants are seconds of the runtime's clock.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import inf
from threading import Lock

from msgspec import Struct

from fairlead.policies.concurrency import Concurrency
from fairlead.policies.limiter import SECOND, Gcra, nanoseconds
from fairlead.policies.rate_headers import Left
from fairlead.policies.rate_limits import RateLimits

_LEAST_WAIT = 1000
"""Nanoseconds: less would be lost in the rounding of an instant."""


_REQUESTS, _TOKENS, _MOST_UNHEARD = 32, 16_384, 15
"""For so much that is left, the headers of one more answer need not be read, up to the last."""


class Ticket:
    """A place in the queue. `wake` is called when it is worth looking again."""

    __slots__ = ("tokens", "wake")

    def __init__(self, tokens: int, wake: Callable[[], None]) -> None:
        self.tokens = tokens
        self.wake = wake


class Permit(Struct, eq=False):
    """What one request has taken; it must be given back exactly once."""

    gate: Gate
    began: float
    tokens: int
    taken: int
    _open: bool = True

    def give_back(self, now: float, *, throttled: bool | None, used: int | None = None) -> None:
        """The request has ended; `used` are its tokens, where they are known.

        `throttled` as in `Concurrency.give_back`.
        """
        if self._open:
            self._open = False
            self.gate.left(self, now, throttled, used)


class Gate:
    """Safe to share between threads."""

    __slots__ = (
        "_lock",
        "_may_ignore",
        "_places",
        "_queue",
        "_queued_tokens",
        "_requests",
        "_requests_left",
        "_tokens",
        "_tokens_left",
        "_unheard",
        "limits",
        "paused_until",
    )

    def __init__(self, limits: RateLimits, *, replicas: int = 1, counts: bool = True) -> None:
        """With `replicas`, the share of one process of so many.

        One that does not count keeps to what the provider says, and to nothing that is set.
        """
        self.limits = limits
        self._lock = Lock()
        places = _share(limits.concurrency, replicas) if counts else None
        self._places = Concurrency(places, adaptive=limits.adaptive and counts)
        self._requests = _gcra(limits.request_rate, replicas) if counts else None
        self._tokens = _gcra(limits.token_rate, replicas) if counts else None
        self._queue: OrderedDict[Ticket, None] = OrderedDict()  # whoever leaves it may be anywhere
        self._queued_tokens = 0
        self.paused_until = -inf
        """Before that the provider takes nothing, as it has said."""
        self._may_ignore = self._unheard = 0
        self._requests_left = Left()
        self._tokens_left = Left()

    @property
    def counts_tokens(self) -> bool:
        """Whether it matters how large a request is."""
        return self._tokens is not None

    @property
    def in_use(self) -> int:
        return self._places.in_use

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def concurrency(self) -> int | None:
        """How many may be under way now; None: any number."""
        return self._places.limit

    def follow(self, other: Gate, now: float) -> None:
        """Go by the other's limits from now on.

        What is under way, waits or was spent counts against them.
        """
        if other is self:
            return
        with self._lock:
            clock = nanoseconds(now)
            self.limits = other.limits
            self._places.follow(other._places)
            self._requests = _following(self._requests, other._requests, clock)
            self._tokens = _following(self._tokens, other._tokens, clock)
            if not self.limits.follow_headers:
                self._requests_left, self._tokens_left = Left(), Left()
        self._wake_first()

    # -- coming in -------------------------------------------------------------------------------

    def enter(self, now: float, tokens: int) -> Permit | None:
        """A permit where nobody waits and there is room; None: `join` the queue."""
        with self._lock:
            places = self._places
            if self._queue or (places.limit is not None and places.in_use >= places.limit):
                return None
            # The provider may be in the way.
            left = self._requests_left.count > 0 and self._tokens_left.count > 0
            if (not left or now < self.paused_until) and self._room_at(now, tokens) > now:
                return None
            return self._taken(now, tokens)

    def join(self, ticket: Ticket, now: float) -> float:
        """Wait at the end of the queue; who has joined must be let in, or `leave`.

        Returns the earliest instant at which the rates may let it in: who has less time need not
        begin to wait.
        """
        with self._lock:
            behind, tokens = len(self._queue), self._queued_tokens
            self._queue[ticket] = None
            self._queued_tokens += ticket.tokens
            return max(self._rated(now, ticket.tokens, behind, tokens), self.paused_until)

    def look(self, ticket: Ticket, now: float) -> Permit | float:
        """A permit, or the instant at which it is worth looking again unless woken before.

        That is `inf` for all but the first in the queue, and where a place must become free.
        """
        with self._lock:
            if self._first() is not ticket:
                return inf
            room = self._room_at(now, ticket.tokens)
            if room > now:
                return room
            self._drop(ticket)
            permit = self._taken(now, ticket.tokens)
            assert permit is not None, "there was room"
        self._wake_first()
        return permit

    def reason(self, now: float) -> str:
        """What stands in the way, for a sentence."""
        with self._lock:
            if self._places.full:
                return f"{self._places.in_use} requests are under way, as many as allowed at once"
            if max(self.paused_until, self._requests_left.room_at(now, 1)) > now:
                return "the provider said that it takes no more for now"
            if self._tokens_left.room_at(now, 1) > now:
                return "the provider said that no tokens are left for now"
            return "more would pass the rate that is set in rate_limits"

    def leave(self, ticket: Ticket) -> None:
        """Wait no longer: nothing was taken."""
        with self._lock:
            first = self._first() is ticket
            self._drop(ticket)
        if first:
            self._wake_first()

    # -- going out, and hearing from the provider ------------------------------------------------

    def left(self, permit: Permit, now: float, throttled: bool | None, used: int | None) -> None:
        """A request has ended. See `Permit.give_back`."""
        with self._lock:
            self._places.give_back(permit.began, now, throttled=throttled)
            if self._tokens is not None and used is not None and used != permit.tokens:
                self._tokens.correct(permit.taken, used - permit.tokens)
        if self._queue:
            self._wake_first()

    def pause(self, until: float) -> None:
        """The provider said that it takes nothing before `until`."""
        with self._lock:
            self.paused_until = max(self.paused_until, until)

    def listens(self) -> bool:
        """Whether the headers of the answer that has just come are worth reading.

        While much is left, those of some answers tell enough.
        """
        self._unheard += 1
        return self._unheard > self._may_ignore

    def told(self, requests: Left | None, tokens: Left | None) -> None:
        """What the provider's headers say is left, as of an answer that has just come.

        Requests under way may not have been counted there, and are taken off.
        """
        with self._lock:
            if requests is not None:
                requests.count -= max(0, self._places.in_use - 1)
                self._requests_left = requests
            if tokens is not None:
                self._tokens_left = tokens
            many = self._requests_left.count // _REQUESTS, self._tokens_left.count // _TOKENS
            self._unheard, self._may_ignore = 0, min(*many, _MOST_UNHEARD)
        if self._queue:
            self._wake_first()

    # -- under the lock --------------------------------------------------------------------------

    def _room_at(self, now: float, tokens: int) -> float:
        """The instant from which the limits allow one request; `inf` when a place must free up."""
        if self._places.full:
            return inf
        room = max(now, self.paused_until, self._requests_left.room_at(now, 1))
        return max(room, self._tokens_left.room_at(now, 1), self._rated(now, tokens, 0, 0))

    def _rated(self, now: float, tokens: int, behind: int, tokens_behind: int) -> float:
        """When the rates alone allow a request behind so many others."""
        if self._requests is None and self._tokens is None:
            return now
        clock, wait = nanoseconds(now), 0
        if self._requests is not None:
            wait = self._requests.wait(clock, 1, behind)
        if self._tokens is not None:
            wait = max(wait, self._tokens.wait(clock, tokens, tokens_behind))
        return now + max(wait, _LEAST_WAIT) / SECOND if wait else now

    def _taken(self, now: float, tokens: int) -> Permit | None:
        """A permit with all that it needs; None, and nothing is taken, where a rate is in the way.

        This is the way of every call, and short for that.
        """
        taken = 0
        requests, per_token = self._requests, self._tokens
        if requests is not None or per_token is not None:
            clock = nanoseconds(now)
            if requests is not None and requests.wait(clock):
                return None
            if per_token is not None:
                if per_token.wait(clock, tokens):
                    return None
                taken = per_token.take(clock, tokens)
            if requests is not None:
                requests.take(clock)
        self._places.in_use += 1
        self._requests_left.count -= 1
        self._tokens_left.count -= tokens
        return Permit(self, now, tokens, taken)

    def _drop(self, ticket: Ticket) -> None:
        del self._queue[ticket]
        self._queued_tokens -= ticket.tokens

    def _first(self) -> Ticket | None:
        return next(iter(self._queue), None)

    # -- without the lock ------------------------------------------------------------------------

    def _wake_first(self) -> None:
        """What wakes may be slow, and a ticket that has gone takes it as well."""
        with self._lock:
            first = self._first()
        if first is not None:
            first.wake()


def _gcra(rate: tuple[int, int, int] | None, replicas: int) -> Gcra | None:
    if rate is None:
        return None
    count, seconds, burst = rate
    return Gcra(count, seconds * SECOND * replicas, max(1, burst // replicas))


def _share(places: int | None, replicas: int) -> int | None:
    return None if places is None else max(1, places // replicas)


def _following(bucket: Gcra | None, other: Gcra | None, clock: int) -> Gcra | None:
    """`bucket` at the other's rate; the other itself where there was none, or is to be none."""
    if bucket is None or other is None:
        return other
    bucket.follow(other, clock)
    return bucket
