"""Refuses what would go to a target that keeps failing. Each attempt that passes is one sample.

An attempt counts when its answer begins, so that long streams tell at once that a target works. If
the answer breaks off before its end, the sample becomes a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.guards import Breakers
    from fairlead.engine.reply import Reply
    from fairlead.ports import Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")

_UNGUARDED = "check"
"""The operation that finds out whether a target works must not be told that it does not."""


def breaker(inner: Handler[E_, R_], *, breakers: Breakers, runtime: Runtime) -> Handler[E_, R_]:
    """Raises `BreakerOpen`, or `LimitExceeded` where adaptive throttling refuses."""

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        guard = breakers.of(call.target)
        if not guard.active or call.operation == _UNGUARDED:
            return await inner(call)
        entered, before = guard.enter(runtime.now()), len(call.own)
        try:
            reply = await inner(call)
        except BaseException as error:
            # An attempt that was never sent has not waited for anybody.
            sent = call.made(before)
            waited = sent[-1].timings.total if sent else None
            patience = call.timeouts.first_event
            guard.failed(entered, error, runtime.now(), waited=waited or 0.0, patience=patience)
            raise
        guard.begun(entered, runtime.now())
        if not reply.ended:
            reply.watch(lambda _, error: guard.ended(entered, error, runtime.now()))
        return reply

    return handle
