"""The answers that one client keeps, and the calls under way that others may share."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from fairlead.engine.cache_key import Scope, Scopes, key_of
from fairlead.engine.flight import Flight
from fairlead.engine.told import Kept, own_copy
from fairlead.policies.cache import CachePolicy, Caching, Shelf
from fairlead.types.events import StreamContinued, StreamRestarted

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.ports import Runtime


_MENDED: frozenset[type] = frozenset({StreamRestarted, StreamContinued})


class Question:
    """What a call asks, as a key, and who asks it of whom, as another."""

    __slots__ = ("caching", "key", "scope")

    def __init__(self, caching: Caching, key: bytes, scope: Scope) -> None:
        self.caching = caching
        self.key = key
        self.scope = scope


class Answers:
    """Safe to share between threads; tasks share what is under way with those of their own loop."""

    def __init__(self, policy: CachePolicy, runtime: Runtime) -> None:
        self._runtime = runtime
        self._shelf: Shelf[Kept[Any, Any]] = Shelf(policy.max_entries, policy.max_bytes)
        self._salt = os.urandom(32)
        self._scopes = Scopes(self._salt)
        self._lock = Lock()
        self._flights: WeakKeyDictionary[object, dict[bytes, Flight[Any, Any]]]
        self._flights = WeakKeyDictionary()
        self._place: Callable[[], object] | None = getattr(runtime, "place", None)
        self._last: tuple[Callable[[], object], dict[bytes, Flight[Any, Any]]]
        self._last = (lambda: None), {}

    def question(self, call: Call[Any, Any], caching: Caching) -> Question | None:
        """None where the answer can be neither kept nor shared."""
        scope = self._scopes.of(caching, self._runtime.wall())
        key = None if scope is None else key_of(call, caching, scope, self._salt)
        return None if key is None or scope is None else Question(caching, key, scope)

    def kept(self, question: Question) -> Kept[Any, Any] | None:
        """The answer from before."""
        if question.caching.refresh:
            return None
        return self._shelf.get(question.key, self._runtime.now())

    def board(
        self, question: Question, call: Call[Any, Any], inner: Handler[Any, Any]
    ) -> tuple[Flight[Any, Any], int, bool]:
        """A flight, the number as which `call` listens to it, and whether it is to launch it."""
        caching, key = question.caching, question.key
        with self._lock:
            flights = self._here()
            flight = flights.get(key) if caching.share and not caching.refresh else None
            number = None if flight is None else flight.join(call.deadline)
            if flight is not None and number is not None:
                return flight, number, False

            def landed(flight: Flight[Any, Any]) -> bool:
                kept = self._keep(question, flight)
                _strike(flights, key, flight)
                return kept

            flight = Flight(call, inner, self._runtime, landed=landed)
            if caching.share:
                flights[key] = flight
            return flight, 0, True

    def retune(self, policy: CachePolicy) -> None:
        """Other bounds from now on."""
        self._shelf.resize(policy.max_entries, policy.max_bytes)

    def clear(self) -> None:
        """Keep no answer from before."""
        self._shelf.clear()

    def _keep(self, question: Question, flight: Flight[Any, Any]) -> bool:
        """Keep a whole answer, unless a key was changed while it came."""
        answer, caching = flight.answer, question.caching
        if answer is None or flight.failure is not None or not _worth_keeping(flight):
            return False
        if not question.scope.stands(self._runtime.wall()):
            return False
        found = Kept(tuple(flight.log), own_copy(answer))
        until = self._runtime.now() + caching.ttl
        return self._shelf.put(question.key, found, flight.size, until)

    def _here(self) -> dict[bytes, Flight[Any, Any]]:
        """The calls under way on this loop, or among threads."""
        place = self if self._place is None else self._place()
        known, flights = self._last
        if known() is not place:
            flights = self._flights.setdefault(place, {})
            self._last = ref(place), flights
        return flights


def _strike(flights: dict[bytes, Flight[Any, Any]], key: bytes, flight: Flight[Any, Any]) -> None:
    """Nobody may join `flight` any more.

    Without the lock, as a listener may be freed, and be the last, at any moment: should another
    flight have come in between, nobody joins that one, and this is all.
    """
    if flights.get(key) is flight:
        flights.pop(key, None)


def _worth_keeping(flight: Flight[Any, Any]) -> bool:
    """Not an answer that ended in an error, nor one that was cut and mended."""
    if getattr(flight.answer, "finish_reason", None) == "error":
        return False
    # Without a loop of our own: there are thousands of events.
    return _MENDED.isdisjoint(map(type, chain.from_iterable(flight.log)))
