"""Takes a call that has a route from target to target, until one has begun to answer.

A call without a route passes at the cost of one question.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from fairlead.engine.continuation import ContinuingReply
from fairlead.engine.restart import RestartingReply
from fairlead.engine.walk import Walk, Ways

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.legs import Legs
    from fairlead.engine.reply import Reply

E_ = TypeVar("E_")
R_ = TypeVar("R_")


def fallback(inner: Handler[E_, R_], *, leg: Handler[E_, R_], ways: Ways) -> Handler[E_, R_]:
    """`inner` takes calls without a route, `leg` those to one target of a route.

    Raises `AllTargetsFailed` where several were of no use; what only one said, as it is.
    """

    def handle(call: Call[E_, R_]) -> Awaitable[Reply[E_, R_]]:
        return inner(call) if call.legs is None else routed(call, call.legs)

    async def routed(call: Call[E_, R_], legs: Legs[E_, R_]) -> Reply[E_, R_]:
        walk = Walk(call, legs, leg, ways)
        reply = await walk.answered()
        if call.stream and legs.route.on_break == "restart":
            return RestartingReply(reply, walk.restarted)
        if call.stream and legs.route.on_break == "continue":
            return ContinuingReply(reply, walk.continued)
        return reply

    return handle
