"""Replies that were dropped without being closed, until somebody can close them.

Python frees them at any moment, amid any lock, where nothing may be given back and nobody waited
for. Their connections are closed at once; the rest is done with the next call, or when the client
is closed: permits and holds are given back, and the end is told.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from fairlead.engine.reply import Reply
    from fairlead.ports import HttpResponse


class Forgotten:
    """Those of one client. It is true when there are any."""

    __slots__ = ("_replies", "instead_of")

    def __init__(self) -> None:
        self._replies: deque[Reply[Any, Any]] = deque()
        self.instead_of = Gone  # a program that ends has no globals left for finalizers

    def __bool__(self) -> bool:
        return bool(self._replies)

    def add(self, reply: Reply[Any, Any]) -> None:
        """From a finalizer: takes no lock."""
        self._replies.append(reply)

    async def settle(self) -> None:
        """Close all of them."""
        while self._replies:
            with suppress(IndexError, FairleadError):  # another thread may have taken the last
                await self._replies.popleft().aclose()


class Gone:
    """Stands where a response was, and keeps no connection; `ports.HttpResponse`."""

    __slots__ = ("facts", "headers", "status")

    def __init__(self, response: HttpResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.facts = response.facts

    async def read(self, deadline: float) -> bytes:
        return b""

    async def aclose(self) -> None:
        pass
