"""One call on its way along the legs of its route: which is next, with how much time, and why.

Before the commit it goes from one target to the next, and then back to those that may have
recovered, each time after the wait that `policies/retry.py` asks for. Every attempt stands in the
call's one record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from fairlead.engine.call import Call
from fairlead.engine.legs import Leg, Legs, Second, unasked
from fairlead.engine.withheld import withheld
from fairlead.errors import (
    AllTargetsFailed,
    ApiError,
    BudgetExceeded,
    ConfigError,
    ContentFilterError,
    ContextLengthError,
    FairleadError,
    StreamInterrupted,
    UnsupportedFeature,
)
from fairlead.policies.fallback import turn
from fairlead.policies.hedge import delay_of, permitted
from fairlead.policies.retry import LEAST_ATTEMPT, Retry, RetryPolicy, decide, may_pass
from fairlead.policies.route import arranged, share

if TYPE_CHECKING:
    from fairlead.engine.call import Handler
    from fairlead.engine.layers.retry import RetryBudgets
    from fairlead.engine.reply import Reply
    from fairlead.policies.target_record import TargetRecords
    from fairlead.ports import Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")

_MOST_RESTARTS = 3


class Ways(Struct, frozen=True, kw_only=True):
    """What all calls of a client share. `hedges`: the runtime can do two things at once."""

    records: TargetRecords
    retries: RetryPolicy
    budgets: RetryBudgets
    runtime: Runtime
    random: Callable[[], float]
    hedges: bool


class Walk(Generic[E_, R_]):
    """`handler` takes a call to one target."""

    __slots__ = (
        "_ambiguous",
        "_away",
        "_call",
        "_copied",
        "_failed",
        "_handler",
        "_here",
        "_legs",
        "_next",
        "_pending",
        "_restarts",
        "_said",
        "_ways",
        "_written",
    )

    def __init__(
        self, call: Call[E_, R_], legs: Legs[E_, R_], handler: Handler[E_, R_], ways: Ways
    ) -> None:
        self._call = call
        self._legs = legs
        self._handler = handler
        self._ways = ways
        self._said: dict[str, FairleadError] = {}
        self._failed: list[tuple[Leg[E_, R_], FairleadError]] = []
        self._ambiguous = 0
        self._away: dict[str, float] = {}
        self._pending = self._arranged()
        self._next: tuple[Leg[E_, R_], Call[E_, R_]] | None = None
        self._here: Leg[E_, R_] | None = None
        self._copied: Leg[E_, R_] | None = None
        self._restarts = 0
        self._written: str | None = None

    # -- before the commit -----------------------------------------------------------------------

    async def answered(self) -> Reply[E_, R_]:
        """A committed reply of the first target that gives one."""
        await self._prepared()
        return await self._tried()

    async def _tried(self) -> Reply[E_, R_]:
        """Go to the leg that is prepared, and on from there."""
        while self._next is not None:
            (leg, child), self._next = self._next, None
            self._here = leg
            child.join(self._call)
            child.elsewhere = self._elsewhere
            self._hurry(child)
            child.second = self._second(child)
            child.warnings += unasked(self._said)
            try:
                reply = await self._asked(child)
            except FairleadError as error:
                await self._heard(leg, child, error)
            else:
                self._overheard(child)
                filtered = await self._filtered(reply)
                if filtered is None:
                    return reply
                await reply.aclose()
                await self._heard(leg, child, filtered)
        raise self._ending()

    async def _asked(self, child: Call[E_, R_]) -> Reply[E_, R_]:
        """The reply of one target; the call has been there, however that ends."""
        try:
            return await self._handler(child)
        finally:
            call = self._call
            call.target, call.credential = child.target, child.credential
            call.codec, call.replays = child.codec, child.replays

    async def _filtered(self, reply: Reply[E_, R_]) -> ContentFilterError | None:
        """The error that an answer stands for which a filter held back, where others are asked."""
        if self._legs.route.on_filter != "next" or not withheld(reply.pending):
            return None
        target = reply.receipt.target
        error = ContentFilterError(
            "a filter held back the answer", status=400, target=target, code="content_filter"
        )
        return error if await self._elsewhere(error) else None

    async def _heard(self, leg: Leg[E_, R_], child: Call[E_, R_], error: FairleadError) -> None:
        """Take note of what a target said. Raises it where no other target is to be asked."""
        copied = self._overheard(child)
        if not turn(error, self._legs.route.on_filter).onward:
            for said in self._said.values():
                error.add_note(f"before that: {said}")
            raise error
        self._said[leg.target] = error
        onward = await self._elsewhere(error) or copied is not None
        if copied is not None and _hint(copied) > _hint(error):
            error = copied
        self._failed = [(other, e) for other, e in self._failed if other is not leg]
        self._failed.append((leg, error))
        if onward and self._next is None:
            await self._go_back()

    def _overheard(self, child: Call[E_, R_]) -> FairleadError | None:
        """Take note of how the copy failed. Returns it where both have asked the same target."""
        copy = child.second
        if copy is None or copy.error is None or copy.call is None:
            return None
        target = copy.call.target
        if isinstance(copy.error, BudgetExceeded) and self._copied is not None:
            self._pending.insert(0, self._copied)  # what the first one holds was in the way
            child.second = None
            return None
        self._said[target] = copy.error
        self._away[target] = self._ways.runtime.now() + _hint(copy.error)
        self._pending = [leg for leg in self._pending if leg.target != target]
        return copy.error if target == child.target else None

    async def _elsewhere(self, error: FairleadError) -> bool:
        """Whether the call goes on at another target after `error`."""
        found = turn(error, self._legs.route.on_filter)
        if not found.onward:
            return False
        if found.larger:
            self._keep_larger(error)
        if self._remaining() < LEAST_ATTEMPT:
            return False
        return await self._prepared() is not None or bool(self._worth_another())

    async def _prepared(self) -> tuple[Leg[E_, R_], Call[E_, R_]] | None:
        """The next leg whose target takes the request, encoded; the others say why they do not."""
        while self._next is None and self._pending:
            leg = self._pending.pop(0)
            if leg.lacks is not None:
                self._said[leg.target] = leg.lacks
                continue
            try:
                self._next = leg, await self._made(leg)
            except (UnsupportedFeature, ConfigError) as error:
                self._said[leg.target] = error
        return self._next

    async def _made(self, leg: Leg[E_, R_]) -> Call[E_, R_]:
        """A call to the leg's target; behind a cut that is continued, for the rest."""
        if self._written is None or leg.resume is None:
            return await leg.make()
        return await leg.resume(self._written)

    def _worth_another(self) -> list[tuple[Leg[E_, R_], FairleadError]]:
        """The targets other than this one that failed in a way that may pass."""
        made = len(self._call.attempts) - self._call.replays
        if made > self._ways.retries.max_retries:
            return []
        return [(leg, e) for leg, e in self._failed if leg is not self._here and may_pass(e)]

    async def _go_back(self) -> None:
        """Prepare a target that was asked already, after the wait that a retry needs.

        Whoever named no time to wait comes first, and of those whoever failed longest ago.
        """
        ways, call = self._ways, self._call
        for leg, error in sorted(self._failed, key=lambda failed: _hint(failed[1])):
            decision = decide(
                error,
                policy=ways.retries,
                attempt=len(call.attempts) - call.replays,
                remaining=self._remaining(),
                committed=False,
                budget=ways.budgets.of(leg.target),
                now=ways.runtime.now(),
                random=ways.random,
                ambiguous_before=self._ambiguous,
            )
            if isinstance(decision, Retry):
                self._ambiguous += decision.possibly_billed
                await ways.runtime.sleep(decision.wait)
                self._next = leg, await self._made(leg)
                self._next[1].next_wait = decision.wait
                self._next[1].again = True
                return

    def _keep_larger(self, error: FairleadError) -> None:
        """Leave out the targets whose window is known to be no larger than the one here."""
        window = None if self._here is None else self._here.window()
        if window is None or not isinstance(error, ContextLengthError):
            return
        self._pending = [
            leg for leg in self._pending if (other := leg.window()) is None or other > window
        ]

    def _ending(self) -> FairleadError:
        """What ends the call: the error of the only one that said something, or the group.

        A budget that has room for none of them is one thing, whoever would have been paid.
        """
        said = list(self._said.values())
        if len(said) == 1 or all(isinstance(error, BudgetExceeded) for error in said):
            return said[-1]
        text = f"{self._legs.name}: none of {len(said)} targets answered"
        return AllTargetsFailed(text, said, tuple(self._said))

    # -- order, time and copies ------------------------------------------------------------------

    def _arranged(self) -> list[Leg[E_, R_]]:
        """All legs, in the order of the moment."""
        every, route = self._legs.every, self._legs.route
        if len(every) == 1:
            return list(every)
        records, now = self._ways.records, self._ways.runtime.now()
        if route.order == "listed" and not any(records.of(leg.target).rests(now) for leg in every):
            return list(every)
        standings = [
            leg.standing(records.of(leg.target), now, stream=self._call.stream) for leg in every
        ]
        return [every[place] for place in arranged(route.order, standings, self._ways.random)]

    def _hurry(self, child: Call[E_, R_]) -> None:
        """Let a target be silent only for so long that the others have time left."""
        waiting = [leg for leg in self._pending if leg.lacks is None]
        waiting += [leg for leg, _ in self._worth_another()]
        if not waiting:
            return
        now, records = self._ways.runtime.now(), self._ways.records
        others = [records.of(leg.target).usual(now, stream=child.stream) for leg in waiting]
        longest = share(self._remaining(), others, least=2 * LEAST_ATTEMPT)
        if longest < child.timeouts.first_event:
            child.timeouts = replace(child.timeouts, first_event=longest)
        child.whole_timeout = min(child.whole_timeout, longest)

    def _remaining(self) -> float:
        return self._call.deadline - self._ways.runtime.now()

    def _second(self, child: Call[E_, R_]) -> Second[E_, R_] | None:
        """The copy of `child` that goes to the next target, or else to the same one."""
        route, ways = self._legs.route, self._ways
        if route.hedge == "off" or not ways.hedges or not self._legs.repeatable:
            return None
        record = ways.records.of(child.target)
        record.hedges.deposit(ways.runtime.now())
        delay = delay_of(route.hedge, record, stream=child.stream)
        if delay is None or self._remaining() < delay + LEAST_ATTEMPT:
            return None
        made = len(self._call.attempts)
        return Second(delay, lambda: self._copy(child, made))

    async def _copy(self, child: Call[E_, R_], made: int) -> Call[E_, R_] | None:
        """A second call beside `child`; None where there is no budget for it.

        `made` attempts came before. A target that has failed since is not slow: it is retried, in
        its time, and gets no copy before that.
        """
        ways, self._copied = self._ways, None
        here = self._here if len(self._call.attempts) == made else None
        if here is None and self._next is None and not self._pending:
            return None
        record = ways.records.of(child.target)
        if not permitted(record, ways.budgets.of(child.target), ways.runtime.now()):
            return None
        await self._prepared()
        if self._next is not None:
            (leg, copy), self._next = self._next, None
            self._copied = leg
        elif here is not None:
            leg, copy = here, await self._made(here)
        else:
            return None
        if copy is self._call:
            copy = await self._made(leg)  # beside the first, each needs a record of its own
        copy.join(self._call)
        copy.elsewhere = _only_once
        if leg is self._here:
            # Both ask one target: whoever fails leaves it to the walk, which knows what both heard.
            copy.patient = False
            child.elsewhere = _only_once
        copy.again = True
        return copy

    # -- after the commit ------------------------------------------------------------------------

    async def restarted(self, broken: StreamInterrupted) -> Reply[E_, R_] | None:
        """The same call, begun anew; None where it is not worth it, or nobody answers."""
        return await self._anew(broken, "begin anew")

    async def continued(self, broken: StreamInterrupted, written: str) -> Reply[E_, R_] | None:
        """What comes behind `written`; None where it is not worth it, or nobody gives it."""
        here, self._written = self._here, written
        self._pending = [leg for leg in self._pending if leg.resume is not None]
        self._failed = [entry for entry in self._failed if entry[0].resume is not None]
        if here is not None and here.resume is None and not self._pending:
            broken.add_note(f"it could not go on: {here.hindrance}")
            return None
        return await self._anew(broken, "go on")

    async def _anew(self, broken: StreamInterrupted, what: str) -> Reply[E_, R_] | None:
        if why := self._over(broken):
            broken.add_note(f"it could not {what}: {why}")
            return None
        self._restarts += 1
        self._said.clear()
        try:
            if await self._prepared() is None and not await self._same_again():
                broken.add_note(f"it could not {what}: no other target takes it, or may be asked")
                return None
            return await self._tried()
        except FairleadError as error:
            broken.add_note(f"it could not {what}: {error}")
            return None

    def _over(self, broken: StreamInterrupted) -> str:
        """Why nothing comes behind the cut; empty where something may."""
        cause = broken.__cause__
        known = cause if isinstance(cause, FairleadError) else broken
        if not turn(known, self._legs.route.on_filter).onward:
            return "another target would do the same"
        if self._restarts >= _MOST_RESTARTS:
            return f"it was cut {self._restarts + 1} times"
        return "no time is left" if self._remaining() < LEAST_ATTEMPT else ""

    async def _same_again(self) -> bool:
        """Prepare the leg that broke once more: a retry, which its target's budget pays for."""
        leg, ways = self._here, self._ways
        now = ways.runtime.now()
        if leg is None or now < self._away.get(leg.target, now):
            return False
        if self._written is not None and leg.resume is None:
            return False
        if not ways.budgets.of(leg.target).try_withdraw(now, 2):
            return False
        self._next = leg, await self._made(leg)
        self._next[1].again = True
        return True


def _hint(error: FairleadError) -> float:
    """The seconds that a target has asked us to stay away."""
    return (error.retry_after or 0.0) if isinstance(error, ApiError) else 0.0


async def _only_once(_error: FairleadError) -> bool:
    """A copy is tried once: the call goes on with the other."""
    return True
