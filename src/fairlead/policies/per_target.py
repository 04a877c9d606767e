"""One thing of a kind for each target, for as many targets as a client is likely to have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock
from typing import Generic, TypeVar

T_ = TypeVar("T_")

MOST_TARGETS = 1024
"""Labels may come from strangers; the oldest is forgotten."""


class PerTarget(ABC, Generic[T_]):
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._found: dict[str, T_] = {}
        self._making = Lock()

    def of(self, target: str) -> T_:
        """That of `provider/model`, which is made when it is first asked for."""
        found = self._found.get(target)
        return self._made(target) if found is None else found

    def known(self) -> tuple[tuple[str, T_], ...]:
        """The targets that there are, each with its own."""
        with self._making:
            return tuple(self._found.items())

    def _made(self, target: str) -> T_:
        with self._making:
            found = self._found.get(target)
            if found is None:
                if len(self._found) >= MOST_TARGETS:
                    del self._found[next(iter(self._found))]
                found = self._found[target] = self._fresh()
            return found

    @abstractmethod
    def _fresh(self) -> T_:
        """One for a target of which nothing is known yet."""
