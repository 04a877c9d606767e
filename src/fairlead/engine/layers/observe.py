"""Tells observers of each call and attempt: one start and exactly one end, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fairlead.engine.watching import Watch
from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.forgotten import Forgotten
    from fairlead.engine.reply import Reply
    from fairlead.engine.watching import Watching
    from fairlead.ports import Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")


def observe(
    inner: Handler[E_, R_], *, watching: Watching, runtime: Runtime, forgotten: Forgotten
) -> Handler[E_, R_]:
    """Also puts the receipt on whatever error ends the call, and ends those that were forgotten."""

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        if forgotten:
            await forgotten.settle()
        try:
            return await inner(call)
        except FairleadError as error:
            error.receipt = call.receipt(runtime.now())
            raise

    async def watched(call: Call[E_, R_]) -> Reply[E_, R_]:
        if forgotten:
            await forgotten.settle()
        watch = Watch(call, watching, runtime)
        try:
            watch.begin()
            reply = await inner(call)
        except BaseException as error:
            receipt = call.receipt(runtime.now())
            if isinstance(error, FairleadError):
                error.receipt = receipt
            watch.failed(receipt, error, call.codec)
            raise
        reply.watch(watch.ended)
        return reply

    return watched if watching else handle
