"""Sends a second copy of a leg that is slow to begin, and keeps whichever begins first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.legs import Second
    from fairlead.engine.reply import Reply

E_ = TypeVar("E_")
R_ = TypeVar("R_")
_T = TypeVar("_T")


class Race(Protocol):
    """What a runtime offers that can do two things at once; see `engine/race.py`."""

    async def __call__(
        self,
        first: Callable[[], Awaitable[_T]],
        second: Callable[[], Awaitable[_T | None]],
        delay: float,
        *,
        lost: Callable[[bool], None],
        close: Callable[[_T], Awaitable[None]],
    ) -> _T: ...


def hedge(inner: Handler[E_, R_], *, race: Race) -> Handler[E_, R_]:
    """Both copies are attempts of the call. The loser is closed at once, and may be billed."""

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        second = call.second
        if second is None:
            return await inner(call)

        def lost(first: bool) -> None:
            loser = call if first else second.call
            if loser is not None:
                loser.lost = True

        reply = await race(
            lambda: inner(call), lambda: copy(second), second.delay, lost=lost, close=_close
        )
        reply.amend()
        return reply

    async def copy(second: Second[E_, R_]) -> Reply[E_, R_] | None:
        second.call = await second.begin()
        if second.call is None:
            return None
        try:
            return await inner(second.call)
        except FairleadError as error:
            second.error = error
            raise

    return handle


async def _close(reply: Reply[E_, R_]) -> None:
    await reply.aclose()
