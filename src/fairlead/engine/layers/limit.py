"""Lets an attempt begin when its target's limits allow it, in order of arrival.

What it takes is held until its reply ends, however it does.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from fairlead.errors import LimitExceeded
from fairlead.policies.gate import Gate, Permit, Ticket
from fairlead.policies.outcomes import hint_of, throttled
from fairlead.policies.rate_headers import left
from fairlead.policies.token_estimate import estimated_tokens
from fairlead.types.usage import Usage

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.guards import Gates, LimitNames
    from fairlead.engine.reply import Reply
    from fairlead.policies.rate_limits import RateLimits
    from fairlead.ports import Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")


def limit(inner: Handler[E_, R_], *, gates: Gates, runtime: Runtime) -> Handler[E_, R_]:
    """Raises `LimitExceeded` where there is no room before the deadline."""

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        entry = gates.of(call.target, key_name_of(call))
        if entry is None:
            return await inner(call)
        gate, now = entry.gate, runtime.now()
        tokens = estimated_tokens(call.codec.request().size) if gate.counts_tokens else 0
        permit = gate.enter(now, tokens)
        if permit is None:
            until = patience(call, gate.limits, now)
            permit = await admitted(call, gate, tokens, now, until, runtime)
        try:
            reply = await inner(call)
        except BaseException as error:
            now = runtime.now()
            heed(gate, error, now)
            permit.give_back(now, throttled=throttled(error))
            raise
        if entry.names is not None and gate.listens():
            _hear(gate, entry.names, reply, runtime)
        if reply.ended:
            _ended(permit, reply, None, runtime.now())
        else:
            reply.watch(lambda reply, error: _ended(permit, reply, error, runtime.now()))
        return reply

    return handle


def heed(gate: Gate, error: BaseException, now: float) -> None:
    """Leave the provider alone for as long as it asks for with `error`."""
    if gate.limits.follow_headers and (hint := hint_of(error)):
        gate.pause(now + hint)


def key_name_of(call: Call[E_, R_]) -> str | None:
    """Of several keys each has its own limits; the only one needs no name."""
    credential = call.credential
    return None if call.chooser is None or credential is None else credential.key_name


async def admitted(
    call: Call[E_, R_], gate: Gate, tokens: int, started: float, until: float, runtime: Runtime
) -> Permit:
    """Waits in the queue until it is let in, or as long as it may: until an instant."""
    waiter, now = runtime.waiter(), started
    ticket = Ticket(tokens, waiter.wake)
    earliest = gate.join(ticket, now)
    try:
        while earliest <= until and now < call.deadline:
            found = gate.look(ticket, now)
            if isinstance(found, Permit):
                call.next_wait += now - started
                return found
            if now >= until or until < found < inf:
                earliest = max(earliest, found)
                break
            await waiter.wait(min(found, until))
            now = runtime.now()
        raise no_room(call.target, gate, earliest, now)
    except BaseException:
        gate.leave(ticket)
        raise


def patience(call: Call[E_, R_], limits: RateLimits, now: float) -> float:
    """Until when the call may wait for a limit."""
    if not call.patient:
        return now
    longest = limits.max_wait
    return call.deadline if longest is None else min(call.deadline, now + longest)


def no_room(target: str, gate: Gate, earliest: float, now: float) -> LimitExceeded:
    """What is said where the wait for `gate` would end too late, at `earliest`."""
    wait = earliest - now
    known = 0 < wait < inf
    when = f"there would be room in {wait:.1f} s" if known else "nobody knows when one ends"
    return LimitExceeded(
        f"{target}: {gate.reason(now)}, and the call may not wait any longer; {when}",
        target=target,
        retry_after=wait if known else None,
    )


def _hear(gate: Gate, names: LimitNames, reply: Reply[E_, R_], runtime: Runtime) -> None:
    """What the answer's headers say is left."""
    now, wall = runtime.now(), runtime.wall()
    requests = left(reply.headers, names.requests, now=now, wall=wall)
    tokens = left(reply.headers, names.tokens, now=now, wall=wall)
    if requests is not None or tokens is not None:
        gate.told(requests, tokens)


def _ended(permit: Permit, reply: Reply[Any, Any], error: BaseException | None, now: float) -> None:
    used = used_tokens(reply) if permit.gate.counts_tokens else None
    permit.give_back(now, throttled=False if error is None else throttled(error), used=used)


def used_tokens(reply: Reply[Any, Any]) -> int | None:
    """The tokens that the provider counted, if it has told."""
    # The answer is made once and the caller wants it too; a part of one would be made for this.
    usage = getattr(reply.result(), "usage", None) if reply.complete else reply.partial()[1]
    return usage.total_tokens if isinstance(usage, Usage) else None
