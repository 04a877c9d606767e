"""How many exchanges may be under way, in all and to one origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.types.http import HttpSettings


class Quota:
    """Counts; never waits. On HTTP/1.1 an exchange holds a connection, on HTTP/2 it shares one."""

    __slots__ = ("_limit", "_limit_per_origin", "_origins", "_taken")

    def __init__(self, settings: HttpSettings) -> None:
        self._limit = settings.max_connections
        self._limit_per_origin = settings.max_connections_per_host
        self._taken = 0
        self._origins: dict[str, int] = {}

    def taken(self, origin: str) -> int:
        """How many exchanges with `origin` are under way."""
        return self._origins.get(origin, 0)

    def take(self, origin: str) -> bool:
        """Take a place, if there is one."""
        count = self._origins.get(origin, 0)
        if self._taken >= self._limit or count >= self._limit_per_origin:
            return False
        self._taken += 1
        self._origins[origin] = count + 1
        return True

    def give(self, origin: str) -> None:
        """Give a taken place back."""
        self._taken -= 1
        count = self._origins[origin] - 1
        if count:
            self._origins[origin] = count
        else:
            del self._origins[origin]
