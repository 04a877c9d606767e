"""Answers a call by what is kept, or by an equal call under way, and keeps what it asks for.

Such a call reserves no money, takes no permit and makes no attempt.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

from fairlead.engine.told import ToldReply, twin
from fairlead.errors import DeadlineExceeded, FairleadError, LimitExceeded
from fairlead.policies.retry import LEAST_ATTEMPT

if TYPE_CHECKING:
    from fairlead.engine.answers import Answers, Question
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
        question = answers.question(call, caching)
        if question is None:
            return await inner(call)
        while True:
            reply = await answered(call, question)
            if reply is not None:
                if not call.stream:
                    await reply.finish()
                return reply

    async def answered(call: Call[E_, R_], question: Question) -> ToldReply[E_, R_] | None:
        """None where the call that was to be shared ended for reasons of its own."""
        kept = answers.kept(question)
        if kept is not None:
            return ToldReply(call, runtime, kept)
        flight, number, leads = answers.board(question, call, inner)
        reply = ToldReply(call, runtime, flight, number)
        try:
            await (flight.launch if leads else flight.opened)(call.deadline)
        except BaseException as error:
            await reply.fail(error)
            raise
        failure = flight.failure
        if failure is None or (call.stream and flight.reply is not None):
            return reply  # a stream tells of what has cut it after all that came before
        await reply.aclose()
        if not leads and _own(failure, call, runtime):
            return None
        raise twin(failure) if isinstance(failure, FairleadError) and not leads else failure

    return handle


def _own(failure: BaseException, call: Call[E_, R_], runtime: Runtime) -> bool:
    """Whether what ended the other call need not end this one: it was stopped, or had less time."""
    if not isinstance(failure, FairleadError):
        return True
    left = call.deadline - runtime.now()
    return isinstance(failure, DeadlineExceeded | LimitExceeded) and left > LEAST_ATTEMPT
