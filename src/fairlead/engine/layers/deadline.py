"""Refuses to begin what has no time left. Inside, every wait ends at the call's deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fairlead.errors import DeadlineExceeded

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.reply import Reply
    from fairlead.ports import Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")


def deadline(inner: Handler[E_, R_], *, runtime: Runtime) -> Handler[E_, R_]:
    """Raises `DeadlineExceeded` without sending anything when the time is up already."""

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        if runtime.now() >= call.deadline:
            which = f"deadline of {call.allowed:g} s" if call.allowed else "deadline of its block"
            raise DeadlineExceeded(f"{call.target}: the {which} has passed before the call")
        return await inner(call)

    return handle
