"""Holds the most that a call may cost before it is sent, and settles what it did cost at its end.

A call that failed before anything was billed gives everything back. One that may have been billed,
or whose stream was cut, is counted by an estimate. What is held stays so while the answer is read.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from fairlead.engine.budgets import MOST_DOLLARS
from fairlead.policies.cost import nanos
from fairlead.types.messages import ToolCall
from fairlead.types.operations import Answer
from fairlead.types.plain import PostResponse
from fairlead.types.responses import ChatResponse
from fairlead.types.spending import Spending
from fairlead.types.usage import Cost, Usage

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.ledger import Ledger, Ticket
    from fairlead.engine.reply import Reply
    from fairlead.ports import Billing, Runtime
    from fairlead.types.messages import Message
    from fairlead.types.receipts import Attempt

E_ = TypeVar("E_")
R_ = TypeVar("R_")

_MOST = MOST_DOLLARS * 1_000_000_000
"""Nano-dollars: what an answer claims beyond that is nonsense, and no store could add it up."""
_NO_ANSWER = frozenset({"ReadTimeout", "DeadlineExceeded", "StreamInterrupted", "ProtocolError"})
"""Errors behind a success's status that leave open what the provider did."""


def ledger(inner: Handler[E_, R_], *, books: Ledger, runtime: Runtime) -> Handler[E_, R_]:
    """A call without `billing` passes untouched: it is free, or nobody counts."""

    def handle(call: Call[E_, R_]) -> Awaitable[Reply[E_, R_]]:
        return inner(call) if call.billing is None else kept(call, call.billing)

    async def kept(call: Call[E_, R_], billing: Billing) -> Reply[E_, R_]:
        due = books.due(billing, call.budgets)
        worst = billing.worst(runtime.wall()) if due.accounts or due.purses else 0
        if worst is None and call.price is None:
            call.price = partial(_uncounted, call.target)
        left = call.deadline - runtime.now()
        if books.in_memory:
            ticket = books.hold_at_once(due, worst, call.target, left)
        else:
            ticket = await books.hold(due, worst, call.target, left)
        before = len(call.own)
        try:
            reply = await inner(call)
        except BaseException as error:
            lost = _lost(call.made(before), error)
            amount = min(ticket.amount, lost * billing.guess(0, runtime.wall())) if lost else 0
            spent = Spending(amount, call.target, call.operation, None, True) if amount else None
            await books.settle(ticket, spent)
            raise
        if books.in_memory and reply.complete:
            books.settle_at_once(ticket, _spent(call, billing, reply, ticket, before))
        else:
            await reply.on_close(
                lambda ended: books.settle(ticket, _spent(call, billing, ended, ticket, before))
            )
            if ticket.until < inf:
                reply.lease(ticket.until, lambda: books.prolong(ticket, call.deadline))
        return reply

    def _spent(
        call: Call[E_, R_], billing: Billing, reply: Reply[E_, R_], ticket: Ticket, before: int
    ) -> Spending:
        """What the answer cost, and what attempts before it may have, as far as was held."""
        wall = runtime.wall()
        amount, usage, estimated = _cost(reply, billing, wall)
        if len(call.own) > before + 1:
            lost = sum(map(_maybe_billed, call.made(before)[:-1]))
            room = max(0, ticket.amount - amount)
            amount += min(room, lost * billing.guess(0, wall)) if lost else 0
        kept = None
        if usage is not None and books.records:
            kept = msgspec.json.encode(replace(usage, raw=None)).decode()
        return Spending(min(amount, _MOST), call.target, call.operation, kept, estimated)

    return handle


def _cost(reply: Reply[E_, R_], billing: Billing, wall: float) -> tuple[int, Usage | None, bool]:
    """Nano-dollars of a reply that has ended, the usage, and whether they are a guess."""
    if reply.complete:
        answer = reply.result()
        cost, usage = getattr(answer, "cost", None), getattr(answer, "usage", None)
        if isinstance(cost, Cost):
            return nanos(cost.usd), usage, False
        if isinstance(usage, Usage) and not _absurd(usage, reply):
            return billing.priced(usage, wall) or 0, usage, usage.estimated
    message, usage = reply.partial()
    written = _written(message)
    if usage is None or reply.complete:
        return billing.guess(written, wall), None, True
    usage = replace(usage, output=max(usage.output, written // 4), estimated=True)
    return billing.priced(usage, wall) or 0, usage, True


def _absurd(usage: Usage, reply: Reply[E_, R_]) -> bool:
    """Whether an answer with text in it is said to have taken no tokens at all."""
    return not usage.total_tokens and _written(reply.partial()[0]) > 0


def _written(message: Message) -> int:
    """Characters that the model has written so far."""
    calls = (part for part in message.parts if isinstance(part, ToolCall))
    length = len(message.text) + len(message.reasoning)
    return length + sum(len(part.arguments) for part in calls)


def _lost(made: list[Attempt], error: BaseException) -> int:
    """How many of the attempts of a call that ended in `error` may be billed all the same."""
    lost = sum(map(_maybe_billed, made))
    if isinstance(error, Exception) or not made or _maybe_billed(made[-1]):
        return lost
    # Whoever was stopped between two attempts has been refused before, and is billed for nothing.
    said = made[-1].error
    return lost + (said is None or _named(said) == type(error).__name__)


def _maybe_billed(attempt: Attempt) -> bool:
    if attempt.error is None or attempt.possibly_billed:
        return attempt.possibly_billed
    began = attempt.status is not None and 200 <= attempt.status < 300
    return began and _named(attempt.error) in _NO_ANSWER


def _named(said: str) -> str:
    """The class of an error that an attempt tells of."""
    return said.partition(":")[0]


def _uncounted(target: str, answer: R_, _wall: float) -> R_:
    """`answer` with a warning that its cost is not known."""
    if not isinstance(answer, ChatResponse | Answer | PostResponse):
        return answer
    said = f"no price is known for {target}; the cost of this answer is not counted"
    return replace(answer, warnings=(*answer.warnings, said))
