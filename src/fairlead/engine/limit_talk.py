"""What a client says to the store in which processes share their limits."""

from __future__ import annotations

import os
from collections import deque
from itertools import count
from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from fairlead.engine.asking import asked as asked_of
from fairlead.engine.outage import Outage
from fairlead.errors import StoreError
from fairlead.types.permits import Asked, Granted

if TYPE_CHECKING:
    from fairlead.ports import LimitStore, Runtime
    from fairlead.types.permits import Denied, LimitsWhenDown

_UNTOLD = 10_000
_TELLING = 0.1
"""Seconds that a call gives to what others have left to tell, such as after an outage."""


class Pass(Struct, frozen=True):
    """What one request was granted by the store; from `until` on it is to be prolonged."""

    asked: Asked
    granted: Granted
    until: float = inf


class LimitTalk:
    """What one client says to its store of limits. Safe to share between threads."""

    def __init__(
        self,
        store: LimitStore,
        runtime: Runtime,
        *,
        replicas: int = 1,
        when_down: LimitsWhenDown = "local",
    ) -> None:
        self._store = store
        self._runtime = runtime
        self.replicas = replicas
        self.refuses = when_down == "refuse"
        self._outage = Outage(runtime.now)
        self._untold: deque[tuple[Asked, Granted, int]] = deque(maxlen=_UNTOLD)
        self._prefix = os.urandom(8).hex()
        self._counter = count()

    def name(self) -> str:
        """An id that no other request of anybody has."""
        return f"{self._prefix}-{os.getpid():x}-{next(self._counter):x}"

    async def enter(self, asked: Asked) -> Granted | Denied:
        """Raises `StoreError` where the store is down."""
        if self._outage.lasts:
            raise self._outage.error()
        return await asked_of(
            self._runtime,
            lambda: self._entered(asked),
            undo=lambda said: self._undo(asked, said, tell=True),
            undo_later=lambda said: self._undo(asked, said, tell=False),
        )

    async def leave(self, taken: Pass, difference: int = 0) -> None:
        """Never raises; what the store does not hear now is told with the next request."""
        if taken.asked.comes_back:
            self._untold.append((taken.asked, taken.granted, difference))
            await self._runtime.blocking(self._tell)

    async def prolong(self, taken: Pass, lease: float) -> bool:
        """Let it last `lease` seconds from now. False where the store is down; never raises."""
        return await self._runtime.blocking(lambda: self._prolonged(taken.asked, lease))

    async def aclose(self) -> None:
        """Tell what is left to tell, and let go of the store; a later call opens it again."""
        self._outage.forget()
        await self._runtime.blocking(self._closed)

    def _closed(self) -> None:
        self._tell(inf)
        self._store.close()

    def _entered(self, asked: Asked) -> Granted | Denied:
        self._outage.check()
        try:
            said = self._store.enter(asked, self._runtime.now())
        except BaseException as error:
            # It may have been heard all the same, also where it ended in Ctrl-C.
            self._undo(asked, Granted(), tell=False)
            if isinstance(error, StoreError):
                self._outage.failed(error)
            raise
        self._outage.answered()
        if self._untold:
            self._tell()
        return said

    def _prolonged(self, asked: Asked, lease: float) -> bool:
        if not self._outage.over:
            return False
        try:
            self._store.prolong(asked, lease, self._runtime.now())
        except StoreError as error:
            self._outage.failed(error)
            return False
        self._outage.answered()
        return True

    def _tell(self, seconds: float = _TELLING) -> None:
        # Without a lock: what two tell at once counts once.
        until = self._runtime.now() + seconds
        while self._untold and self._outage.over and self._runtime.now() < until:
            try:
                leaving = self._untold.popleft()
            except IndexError:
                return
            try:
                self._store.leave(*leaving, self._runtime.now())
            except BaseException as error:
                self._untold.appendleft(leaving)
                if isinstance(error, StoreError):
                    self._outage.failed(error)
                    return
                raise  # such as Ctrl-C in a blocking client
            self._outage.answered()

    def _undo(self, asked: Asked, said: Granted | Denied, *, tell: bool) -> None:
        if isinstance(said, Granted) and asked.comes_back:
            self._untold.append((asked, said, -asked.cost))
            if tell:
                self._tell()
