"""A store that failed is left alone for a while; then one caller looks whether it is back."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from fairlead.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

_REST = 0.5
"""Seconds for which a store that failed is not asked again."""


class Outage:
    """Safe to share between threads. `now` reads the runtime's clock."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = Lock()
        self._until = float("-inf")
        self._down = False
        self._because = ""

    @property
    def lasts(self) -> bool:
        """Whether the store is down, and nobody is to look now."""
        return self._down and self._now() < self._until

    @property
    def over(self) -> bool:
        """Whether the store may be asked. Where it was down, this lets one caller through."""
        if not self._down:
            return True
        with self._lock:
            now = self._now()
            if now < self._until:
                return False
            self._until = now + _REST  # for all others, until this one knows more
            return True

    def check(self) -> None:
        """Raises `StoreError` while the store is down: nobody waits for it in vain twice."""
        if not self.over:
            raise self.error()

    def error(self) -> StoreError:
        """What the store failed with last, though it may be back by now."""
        return StoreError(self._because)

    def failed(self, error: StoreError) -> None:
        with self._lock:
            self._down, self._because = True, str(error)
            self._until = self._now() + _REST

    def answered(self) -> None:
        """The store is there."""
        self._down = False

    def forget(self) -> None:
        """Ask again at once."""
        self._until = float("-inf")
