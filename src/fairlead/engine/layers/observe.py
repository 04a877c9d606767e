"""Tells observers of each call's start and end, exactly once each, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.reply import Reply
    from fairlead.ports import Observer, Runtime
    from fairlead.types.receipts import Receipt

E_ = TypeVar("E_")
R_ = TypeVar("R_")


def observe(
    inner: Handler[E_, R_], *, observers: Sequence[Observer], runtime: Runtime
) -> Handler[E_, R_]:
    """Also puts the receipt on whatever error ends the call. An observer that raises is ignored."""

    def tell(what: Callable[[Observer], None]) -> None:
        for observer in observers:
            with suppress(Exception):
                what(observer)

    def ended(receipt: Receipt, error: BaseException | None) -> None:
        tell(lambda observer: observer.call_ended(receipt, error))

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        if observers:
            tell(lambda observer: observer.call_started(call.operation, call.target))
            call.on_attempt = lambda attempt: tell(lambda o: o.attempt_ended(attempt))
        try:
            reply = await inner(call)
        except BaseException as error:
            receipt = call.receipt(runtime.now())
            if isinstance(error, FairleadError):
                error.receipt = receipt
            ended(receipt, error)
            raise
        if observers:
            reply.watch(ended)
        return reply

    return handle
