"""A streamed answer that begins anew where it breaks, on the next target of its route.

It is a `Reply` to whoever holds it, and reads nothing itself: there is always one reply under way,
and what watches this one hears of the last end alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, cast

from fairlead.engine.call import E_, R_
from fairlead.engine.reply import OnEnd, Reply
from fairlead.errors import StreamInterrupted
from fairlead.types.events import StreamRestarted

if TYPE_CHECKING:
    from fairlead.ports import Codec
    from fairlead.types.messages import Message
    from fairlead.types.receipts import Receipt
    from fairlead.types.usage import Usage

Again = Callable[[StreamInterrupted], Awaitable[Reply[E_, R_] | None]]
"""Gives a committed reply in the place of one that broke, or None where there is to be none."""


class RestartingReply(Reply[E_, R_]):
    """Whatever came before a `stream.restarted` event is void."""

    __slots__ = ("_again", "_current", "_failure", "_over", "_told")

    def __init__(self, first: Reply[E_, R_], again: Again[E_, R_]) -> None:
        self._current = first
        self._again = again
        self._watchers: tuple[OnEnd, ...] = ()
        self._failure: BaseException | None = None
        self._over = False

    async def __anext__(self) -> Sequence[E_]:
        try:
            return await self._current.__anext__()
        except StopAsyncIteration:
            self._finish(None)
            raise
        except StreamInterrupted as error:
            reason = str(error)
            fresh = None if self._over else await self._replaced(error)
            if fresh is None:
                self._finish(error)
                raise
        except BaseException as error:
            self._finish(error)
            raise
        self._current = fresh
        return (self._event(fresh, reason),)

    def _event(self, fresh: Reply[E_, R_], reason: str) -> E_:
        """The event that tells of the cut."""
        return cast("E_", StreamRestarted(fresh.receipt.target, reason))

    async def _replaced(self, error: StreamInterrupted) -> Reply[E_, R_] | None:
        try:
            return await self._again(error)
        except BaseException as ending:
            self._finish(ending)
            raise

    async def ready(self, until: float = inf) -> bool:
        return await self._current.ready(until)

    def prolong(self, deadline: float) -> None:
        self._current.prolong(deadline)

    async def aclose(self) -> None:
        try:
            await self._current.aclose()
        finally:
            self._finish(None)

    async def leave(self) -> None:
        try:
            await self._current.leave()
        finally:
            self._finish(None)

    async def fail(self, error: BaseException) -> None:
        try:
            await self._current.fail(error)
        finally:
            self._finish(error)

    def watch(self, on_end: OnEnd) -> None:
        if self._over:
            on_end(self, self._failure)
        else:
            self._watchers += (on_end,)

    def result(self) -> R_:
        return self._current.result()

    def partial(self) -> tuple[Message, Usage | None]:
        return self._current.partial()

    @property
    def receipt(self) -> Receipt:
        return self._current.receipt

    @property
    def complete(self) -> bool:
        return self._current.complete

    @property
    def asking(self) -> Codec[E_, R_]:
        return self._current.asking

    def _finish(self, error: BaseException | None) -> None:
        if self._over:
            return
        self._over = True
        self._failure = error
        for on_end in self._watchers:
            on_end(self, error)
