"""Limits that processes share, as one of them sees them: its queues, and its own share.

While the store is down each process keeps to its share, or sends nothing. Who waits here waits in
order of arrival; between processes there is no order.
"""

from __future__ import annotations

from collections import OrderedDict
from math import inf
from threading import Lock
from typing import TYPE_CHECKING

from fairlead.engine.limit_talk import Pass
from fairlead.policies.gate import Gate
from fairlead.policies.lease import AGAIN, lease_of, prolonged_after
from fairlead.policies.rate_limits import provider_of
from fairlead.policies.shared_rate import request_rate, token_rate
from fairlead.types.permits import Asked, Granted

if TYPE_CHECKING:
    from fairlead.engine.limit_talk import LimitTalk
    from fairlead.policies.rate_limits import RateLimits
    from fairlead.ports import Waiter
    from fairlead.types.permits import Denied

_MOST = 4096
"""Labels may come from strangers; the oldest is forgotten."""
_GRACE = 5.0
"""Seconds that a place outlives its call's deadline."""


class SharedGate:
    """One place's limits, with this process's queue in front of them."""

    def __init__(self, place: str, limits: RateLimits, talk: LimitTalk) -> None:
        self.limits = limits
        self.talk = talk
        self.alone = Gate(limits, replicas=talk.replicas)
        """This process's own share, for when the store is down."""
        self._place = place
        self._requests = request_rate(limits)
        self._tokens = token_rate(limits)
        self._queue: OrderedDict[Waiter, None] = OrderedDict()
        self._lock = Lock()

    @property
    def counts_tokens(self) -> bool:
        """Whether it matters how large a request is."""
        return self._tokens is not None

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def asked(self, tokens: int, left: float) -> Asked:
        """A request with `left` seconds until its call's deadline."""
        return Asked(
            self._place,
            self.talk.name(),
            self._requests,
            self._tokens,
            tokens,
            self.limits.concurrency,
            lease_of(left, _GRACE, self.limits.lease),
        )

    async def enter(self, tokens: int, deadline: float, now: float) -> Pass | Denied:
        """Ask the store for what a request with that deadline takes. Raises `StoreError`."""
        asked = self.asked(tokens, deadline - now)
        said = await self.talk.enter(asked)
        if not isinstance(said, Granted):
            return said
        until = now + prolonged_after(asked.lease, _GRACE) if asked.comes_back else inf
        return Pass(asked, said, until)

    async def prolong(self, taken: Pass, deadline: float, now: float) -> float:
        """Let what a call has taken that goes on last past its deadline. Never raises.

        Returns the instant at which to prolong it again.
        """
        lease = lease_of(deadline - now, _GRACE, self.limits.lease)
        heard = await self.talk.prolong(taken, lease)
        return now + (prolonged_after(lease, _GRACE) if heard else AGAIN)

    # -- the queue -------------------------------------------------------------------------------

    def join(self, waiter: Waiter) -> None:
        with self._lock:
            self._queue[waiter] = None

    def first(self, waiter: Waiter) -> bool:
        """Whether it is this one's turn to ask the store."""
        with self._lock:
            return next(iter(self._queue)) is waiter

    def quit(self, waiter: Waiter) -> None:
        """It waits no longer, let in or not."""
        with self._lock:
            del self._queue[waiter]
        self.wake()

    def wake(self) -> None:
        """Something may have come free."""
        with self._lock:
            first = next(iter(self._queue), None)
        if first is not None:
            first.wake()


class SharedGates:
    """The shared gates of all targets and keys of a client."""

    def __init__(self, talk: LimitTalk) -> None:
        self.talk = talk
        self._found: dict[tuple[str, str | None], SharedGate] = {}
        self._making = Lock()

    def of(self, target: str, key_name: str | None, limits: RateLimits) -> SharedGate:
        """The one for `target`, under limits that are shared."""
        provider = provider_of(target)
        places = {"model": (target, key_name), "key": (provider, key_name)}
        place = places.get(limits.per, (provider, None))
        found = self._found.get(place)
        return found if found is not None and found.limits is limits else self._made(place, limits)

    def _made(self, place: tuple[str, str | None], limits: RateLimits) -> SharedGate:
        with self._making:
            found = self._found.get(place)
            if found is None or found.limits != limits:
                if len(self._found) >= _MOST:
                    del self._found[next(iter(self._found))]
                found = SharedGate(f"{place[0]}#{place[1] or ''}", limits, self.talk)
                self._found[place] = found
            return found
