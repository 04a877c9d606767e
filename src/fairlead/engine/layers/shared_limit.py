"""Lets an attempt begin when the limits that processes share allow it.

A refusal says when to ask again, and until then nobody does. What is taken is given back when the
reply ends, and is kept while it is read; where its holder dies, it ends with its lease.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from fairlead.engine.layers.limit import (
    admitted,
    heed,
    key_name_of,
    no_room,
    patience,
    used_tokens,
)
from fairlead.engine.limit_talk import Pass
from fairlead.errors import LimitExceeded, StoreError
from fairlead.policies.token_estimate import estimated_tokens

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.guards import Gates
    from fairlead.engine.reply import Reply
    from fairlead.engine.shared_gates import SharedGate, SharedGates
    from fairlead.policies.gate import Gate, Permit
    from fairlead.ports import Runtime
    from fairlead.types.permits import Denied, Why

E_ = TypeVar("E_")
R_ = TypeVar("R_")

_LEAST_LOOK, _MOST_LOOK = 0.02, 0.32
"""Seconds after which who waits for a place asks again: twice as long each time."""
_LEAST_WAIT = 0.001
_REASONS: dict[Why, str] = {
    "places": "as many requests are under way as all processes together may have",
    "requests": "more would pass the rate of requests that all processes share",
    "tokens": "more would pass the rate of tokens that all processes share",
}


def shared_limit(
    inner: Handler[E_, R_], *, gates: Gates, shared: SharedGates, runtime: Runtime
) -> Handler[E_, R_]:
    """Raises `LimitExceeded` where there is no room before the deadline.

    Raises `StoreError` where the store is down and the settings want no call then.
    """

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        key_name = key_name_of(call)
        entry = gates.of(call.target, key_name)
        if entry is None or not entry.gate.limits.shared:
            return await inner(call)
        gate = shared.of(call.target, key_name, entry.gate.limits)
        tokens = estimated_tokens(call.codec.request().size) if gate.counts_tokens else 0
        taken = await _entered(call, gate, entry.gate, tokens, runtime)
        try:
            reply = await inner(call)
        except BaseException as error:
            heed(entry.gate, error, runtime.now())  # others must not come while the store is told
            await _left(gate, taken, None, runtime)
            raise
        await reply.on_close(lambda ended: _left(gate, taken, _used(gate, ended), runtime))
        if isinstance(taken, Pass) and taken.until < inf:
            reply.lease(taken.until, lambda: gate.prolong(taken, call.deadline, runtime.now()))
        return reply

    return handle


async def _entered(
    call: Call[E_, R_], gate: SharedGate, own: Gate, tokens: int, runtime: Runtime
) -> Pass | Permit:
    """What the request takes, at a time at which the provider wants it.

    `own` hears what the provider says, which may be, while a call waits here, to come later.
    """
    began, before = runtime.now(), call.next_wait
    until = patience(call, gate.limits, began)
    while True:
        taken = await _taken(call, gate, own, tokens, until, runtime)
        now = runtime.now()
        if own.paused_until <= now:
            call.next_wait = before + now - began
            return taken
        await _left(gate, taken, None, runtime)


async def _taken(
    call: Call[E_, R_], gate: SharedGate, own: Gate, tokens: int, until: float, runtime: Runtime
) -> Pass | Permit:
    """Asks the store; where that is down, keeps to this process's own share."""
    try:
        return await _granted(call, gate, own, tokens, until, runtime)
    except StoreError:
        if gate.talk.refuses:
            raise
    now = runtime.now()
    permit = gate.alone.enter(now, tokens)
    return permit or await admitted(call, gate.alone, tokens, now, until, runtime)


async def _granted(
    call: Call[E_, R_], gate: SharedGate, own: Gate, tokens: int, until: float, runtime: Runtime
) -> Pass:
    said: Denied | None = None
    now = runtime.now()
    if not gate.waiting and own.paused_until <= now:
        answer = await gate.enter(tokens, call.deadline, now)
        if isinstance(answer, Pass):
            return answer
        said = answer
    return await _waited(call, gate, own, tokens, until, said, runtime)


async def _waited(
    call: Call[E_, R_],
    gate: SharedGate,
    own: Gate,
    tokens: int,
    until: float,
    said: Denied | None,
    runtime: Runtime,
) -> Pass:
    """Waits in the queue; the first asks the store whenever it may be worth it."""
    waiter, now = runtime.waiter(), runtime.now()
    look, looks = _next_look(said, 0, now), 1
    gate.join(waiter)
    try:
        while now < until and own.paused_until <= until and _in_time(look, until, said):
            ready = max(look, own.paused_until)
            await waiter.wait(min(ready if gate.first(waiter) else inf, until))
            now = runtime.now()
            if now >= until or not gate.first(waiter):
                continue
            if now < own.paused_until or (now < look and said and said.why == "requests"):
                continue  # only the clock can help
            answer = await gate.enter(tokens, call.deadline, now)
            now = runtime.now()
            if isinstance(answer, Pass):
                return answer
            said = answer
            look, looks = _next_look(said, looks, now), looks + 1
        if own.paused_until > now:
            raise no_room(call.target, own, own.paused_until, now)
        raise _no_room(call.target, said, look - now)
    finally:
        gate.quit(waiter)


def _in_time(look: float, until: float, said: Denied | None) -> bool:
    """Whether there may be room before `until`."""
    return look <= until or said is None or said.why == "places"


def _next_look(said: Denied | None, looks: int, now: float) -> float:
    """When it is worth asking again."""
    if said is None:
        return now
    wait = said.wait
    if said.why == "places":
        wait = min(wait, _LEAST_LOOK * 2**looks, _MOST_LOOK)
    return now + max(wait, _LEAST_WAIT)


def _no_room(target: str, said: Denied | None, wait: float) -> LimitExceeded:
    reason = "others of this process wait before it" if said is None else _REASONS[said.why]
    known = said is not None and said.why != "places" and wait > 0
    when = f"there may be room in {wait:.1f} s" if known else "nobody knows when one ends"
    return LimitExceeded(
        f"{target}: {reason}, and the call may not wait any longer; {when}",
        target=target,
        retry_after=wait if known else None,
    )


def _used(gate: SharedGate, reply: Reply[Any, Any]) -> int | None:
    return used_tokens(reply) if gate.counts_tokens else None


async def _left(gate: SharedGate, taken: Pass | Permit, used: int | None, runtime: Runtime) -> None:
    if isinstance(taken, Pass):
        await gate.talk.leave(taken, 0 if used is None else used - taken.asked.cost)
        gate.wake()
    else:
        taken.give_back(runtime.now(), throttled=None, used=used)
