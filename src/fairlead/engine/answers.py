"""The answers that one client keeps, and the calls under way that others may share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from fairlead.engine.cache_key import Scope, Scopes, key_of
from fairlead.engine.flight import Flight, Start, size_of
from fairlead.engine.told import Kept, own_copy
from fairlead.policies.cache import CachePolicy, Caching, Shelf
from fairlead.types.events import StreamContinued, StreamRestarted

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.ports import Runtime


Source = Kept[Any, Any] | Flight[Any, Any]

_MENDED: frozenset[type] = frozenset({StreamRestarted, StreamContinued})


class Answers:
    """Safe to share between threads; tasks share what is under way with those of their own loop."""

    def __init__(self, policy: CachePolicy, runtime: Runtime) -> None:
        self._runtime = runtime
        self._shelf: Shelf[Kept[Any, Any]] = Shelf(policy.max_entries, policy.max_bytes)
        self._salt = os.urandom(32)
        self._scopes = Scopes(self._salt)
        self._lock = RLock()
        """That of all flights too: it is held for moments, and one for each costs every call."""
        self._flights: WeakKeyDictionary[object, dict[bytes, Flight[Any, Any]]]
        self._flights = WeakKeyDictionary()
        self._place: Callable[[], object] | None = getattr(runtime, "place", None)
        self._start: Start | None = getattr(runtime, "start", None)
        self._last: tuple[Callable[[], object], dict[bytes, Flight[Any, Any]]]
        self._last = (lambda: None), {}

    def source(
        self, call: Call[Any, Any], caching: Caching, inner: Handler[Any, Any]
    ) -> tuple[Source | None, int]:
        """What answers `call`, and the number as which it listens, if that is a flight.

        Number 0 has to launch it. None where the answer can be neither kept nor shared.
        """
        runtime, until, refresh = self._runtime, call.deadline, caching.refresh
        scope = self._scopes.of(caching.places, runtime.wall())
        key = None if scope is None else key_of(call, caching.route, scope)
        if scope is None or key is None:
            return None, 0
        if not refresh and (kept := self._shelf.get(key, runtime.now())) is not None:
            return kept, 0
        with self._lock:
            flights = self._here()
            flight = flights.get(key) if caching.share and not refresh else None
            if flight is not None and (number := flight.join(until)) is not None:
                return flight, number
            # What has landed since the first look was kept before nobody could join it any more.
            if not refresh and (kept := self._shelf.get(key, runtime.now())) is not None:
                return kept, 0
            landed = partial(self._landed, key, scope, caching.ttl, flights)
            flight = Flight(call, inner, runtime, self._start, landed, self._lock, until)
            if caching.share:
                flights[key] = flight
        return flight, 0

    def retune(self, policy: CachePolicy) -> None:
        """Other bounds from now on."""
        self._shelf.resize(policy.max_entries, policy.max_bytes)

    def clear(self) -> None:
        """Keep no answer from before."""
        self._shelf.clear()

    def _landed(
        self,
        key: bytes,
        scope: Scope,
        ttl: float,
        flights: dict[bytes, Flight[Any, Any]],
        flight: Flight[Any, Any],
    ) -> bool:
        """Keep the answer, if it is one, and let nobody join any more: in this order.

        Without the lock, as a listener may be freed, and be the last, at any moment: should another
        flight have come in between, nobody joins that one, and this is all.
        """
        answer, log, kept = flight.answer, flight.log, False
        if answer is not None and _worth_keeping(answer, log):
            runtime = self._runtime
            if scope.stands(runtime.wall()):  # else a key was changed while the answer came
                until = runtime.now() + ttl
                value = Kept(tuple(log), own_copy(answer))
                kept = self._shelf.put(key, value, size_of(answer, log), until)
        if flights.get(key) is flight:
            flights.pop(key, None)
        return kept

    def _here(self) -> dict[bytes, Flight[Any, Any]]:
        """The calls under way on this loop, or among threads."""
        place = self if self._place is None else self._place()
        known, flights = self._last
        if known() is not place:
            flights = self._flights.setdefault(place, {})
            self._last = ref(place), flights
        return flights


def _worth_keeping(answer: object, log: list[Sequence[Any]]) -> bool:
    """Not an answer that ended in an error, nor one that was cut and mended."""
    if getattr(answer, "finish_reason", None) == "error":
        return False
    # Without a loop of our own: there are thousands of events.
    return not log or _MENDED.isdisjoint(map(type, chain.from_iterable(log)))
