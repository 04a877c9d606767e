"""Answers a call by what is kept, or by an equal call under way, and keeps what it asks for.

Such a call reserves no money, takes no permit and makes no attempt.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from fairlead.engine.told import Kept, ToldReply, credited, twin
from fairlead.errors import DeadlineExceeded, FairleadError, LimitExceeded
from fairlead.policies.retry import LEAST_ATTEMPT

if TYPE_CHECKING:
    from fairlead.engine.answers import Answers
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.reply import Reply
    from fairlead.policies.cache import Caching
    from fairlead.ports import Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")


def cache(inner: Handler[E_, R_], *, answers: Answers, runtime: Runtime) -> Handler[E_, R_]:
    """A call without `caching` passes untouched."""

    def handle(call: Call[E_, R_]) -> Awaitable[Reply[E_, R_]]:
        return inner(call) if call.caching is None else asked(call, call.caching)

    async def asked(call: Call[E_, R_], caching: Caching) -> Reply[E_, R_]:
        while True:
            source, number = answers.source(call, caching, inner)
            if source is None:
                return await inner(call)
            if isinstance(source, Kept):
                return ToldReply(call, runtime, source)
            try:
                await (source.opened if number else source.launch)(call.deadline)
            except BaseException:
                await source.leave(number)
                raise
            failure = source.failure
            if failure is None and number == 0 and not call.stream:
                return credited(source)
            if failure is None or (call.stream and source.reply is not None):
                # A stream tells of what has cut it after all that came before.
                return ToldReply(call, runtime, source, number)
            if number == 0:
                raise failure
            if not _own(failure, call, runtime):
                raise twin(failure) if isinstance(failure, FairleadError) else failure

    return handle


def _own(failure: BaseException, call: Call[E_, R_], runtime: Runtime) -> bool:
    """Whether what ended the other call need not end this one: it was stopped, or had less time."""
    if not isinstance(failure, FairleadError):
        return True
    left = call.deadline - runtime.now()
    return isinstance(failure, DeadlineExceeded | LimitExceeded) and left > LEAST_ATTEMPT
