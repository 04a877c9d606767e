"""Runs a storm through the real stack, and keeps its trace."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

from tests.engine.granting import GRANTOR, TOKEN_URL
from tests.engine.guarding import Rules
from tests.storms.clock import START, StormLoop, StormRuntime, run, until
from tests.storms.plans import NEVER, Plan, Visit
from tests.storms.trace import Counting, Ended, Noisy, Trace
from tests.storms.watched import (
    Outages,
    WatchedBreakers,
    WatchedBudgets,
    WatchedLedger,
    WatchedLimits,
)
from tests.storms.world import VISIT, StormTransport

from fairlead.auth.api_key import BEARER
from fairlead.auth.flow import send
from fairlead.auth.leased import Lease, TokenSource
from fairlead.auth.oauth2 import lease_in
from fairlead.auth.origin import origin_of
from fairlead.auth.renewed_key import RenewedCredential
from fairlead.auth.secret import Secret
from fairlead.dialects.openai_chat import DIALECT
from fairlead.engine.answers import Answers
from fairlead.engine.call import Call
from fairlead.engine.codecs import ChatCodec
from fairlead.engine.guards import Gates, Guards
from fairlead.engine.ledger import Ledger, Rule
from fairlead.engine.legs import Leg, Legs
from fairlead.engine.limit_talk import LimitTalk
from fairlead.engine.reply import Reply
from fairlead.engine.shared_gates import SharedGates
from fairlead.engine.stack import build
from fairlead.engine.watching import Watching
from fairlead.errors import FairleadError
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.cache import CachePolicy, Caching
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.target_record import TargetRecords
from fairlead.ports import Flow, Limits
from fairlead.types.events import TextDelta
from fairlead.types.http import HttpRequest
from fairlead.types.messages import Message, Text
from fairlead.types.requests import ChatRequest
from fairlead.types.spending import Account
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

WORST, NANOS_A_TOKEN = 100, 1
_LIMITS = Limits()


class Bill:
    """Satisfies `ports.Billing`."""

    user = None

    def worst(self, wall: float) -> int:
        return WORST

    def guess(self, written: int, wall: float) -> int:
        return min(WORST, 40 + written // 4)

    def priced(self, usage: Usage, wall: float) -> int:
        return min(WORST, usage.total_tokens * NANOS_A_TOKEN)


class Storm:
    """One client in one plan's weather. Run it once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.loop = StormLoop()
        self.runtime = StormRuntime(self.loop, store=plan.store or 0.0)
        self.trace = Trace(self.loop.time)
        self.dice = Random(plan.seed)
        self.transport = StormTransport(plan, self.loop, self.trace, Random(self.dice.random()))
        self.records = TargetRecords()
        self.counting = Counting(self.trace)
        self.began: dict[int, float] = {}
        self.outages = Outages(self.trace, plan.outages, Random(plan.seed))
        self.places: WatchedLimits | None = None
        self.guards = self._guards()
        self.answers = None if plan.cache is None else Answers(CachePolicy(), self.runtime)
        self.store: WatchedLedger | None = None
        self.ledger = self._ledger()
        self._targets = {
            name: Target(name, "m", "chat", "openai_chat", f"https://{name}/v1/chat")
            for name in plan.names
        }
        self._credentials = {name: self._credential(name) for name in plan.names}
        self.handler = build(
            transport=self.transport,
            runtime=self.runtime,
            retries=plan.retries,
            budgets=WatchedBudgets(self.trace, ratio=plan.ratio, floor=plan.floor),
            watching=Watching([self.counting, *([Noisy()] if plan.noisy else [])]),
            random=self.dice.random,
            guards=self.guards,
            records=self.records,
            ledger=self.ledger,
            answers=self.answers,
        )

    def run(self) -> Trace:
        """The whole storm, until the last call has ended."""
        run(self.loop, self._all())
        return self.trace

    # -- what it is made of ----------------------------------------------------------------------

    def _guards(self) -> Guards:
        plan = self.plan
        rules = Rules(plan.limits or RateLimits(), plan.breaker or BreakerPolicy(enabled=False))
        return Guards(
            breakers=WatchedBreakers(rules, self.trace, self.dice.random) if plan.breaker else None,
            gates=Gates(rules) if plan.limits else None,
            shared=self._shared(),
        )

    def _shared(self) -> SharedGates | None:
        if self.plan.limits is None or not self.plan.limits.shared:
            return None
        self.places = WatchedLimits(self.outages)
        talk = LimitTalk(
            self.places, self.runtime, when_down="local" if self.plan.allows else "refuse"
        )
        return SharedGates(talk)

    def _ledger(self) -> Ledger | None:
        if self.plan.budget is None:
            return None
        account = Account("all", self.plan.budget)
        plan, rule = self.plan, Rule("all", self.plan.budget, scope="all")
        self.store = WatchedLedger(
            self.trace,
            account,
            self.outages,
            loose=bool(plan.suspends or plan.allows),
        )
        self.store.in_memory = plan.store is None
        when_down = "allow" if plan.allows else "refuse"
        return Ledger(self.store, self.runtime, rules=(rule,), when_down=when_down)

    def _credential(self, name: str) -> RenewedCredential | None:
        if not self.plan.login:
            return None

        def grant(wall: float) -> Flow[Lease[Secret] | None]:
            response = yield from send(HttpRequest("POST", f"{TOKEN_URL}/{name}", (), b"grant"))
            return lease_in(response, GRANTOR, wall)

        source = TokenSource(name, grant, named=lambda: True, random=self.dice.random)
        origin = origin_of(f"https://{name}/v1/chat")
        return RenewedCredential(origin, ((source, BEARER),), missing="no token")

    # -- calls -----------------------------------------------------------------------------------

    def _call(self, visit: Visit, target: str) -> Call[Any, Any]:
        codec = ChatCodec(
            DIALECT,
            ChatRequest("m", (Message("user", (Text(f"Hi {visit.asks}"),)),)),
            self._targets[target],
            stream=visit.stream,
            unsupported="error",
            limits=_LIMITS,
        )
        return Call(
            operation="chat",
            target=f"{target}/m",
            codec=codec,
            credential=self._credentials[target],
            stream=visit.stream,
            timeouts=self.plan.timeouts,
            limits=_LIMITS,
            started=self.runtime.now(),
            allowed=visit.allowed,
            whole_timeout=self.plan.timeouts.total,
            billing=None if self.store is None else Bill(),
        )

    def _routed(self, number: int, visit: Visit) -> Call[Any, Any]:
        plan = self.plan

        def leg(target: str) -> Leg[Any, Any]:
            async def make() -> Call[Any, Any]:
                key = number, target
                self.trace.legs[key] = self.trace.legs.get(key, 0) + 1
                return self._call(visit, target)

            return Leg(f"{target}/m", make)

        call = self._call(visit, plan.names[0])
        if plan.route is None:
            self.trace.legs[number, plan.names[0]] = 1
        else:
            call.legs = Legs("the route", plan.route, [leg(name) for name in plan.names])
        if plan.cache is not None:
            places = tuple((self._targets[n], self._credentials[n]) for n in plan.names)
            call.caching = Caching(plan.cache, places, plan.route)
        return call

    async def _visit(self, number: int, visit: Visit) -> None:
        await until(START + visit.at)
        self.began[number] = self.runtime.now()
        VISIT.set(number)
        call = self._routed(number, visit)
        ended = Ended("cancelled", 0.0)
        self.trace.ends[number] = ended
        try:
            await self._served(call, visit, ended)
        except FairleadError as error:
            ended.kind = type(error).__name__
        except asyncio.CancelledError:
            ended.kind = "cancelled"
        except Exception as error:
            self.trace.must(False, f"visit {number} raised {error!r}")
        ended.at = self.loop.time()
        ended.attempts, ended.replays = len(call.attempts), call.replays

    async def _served(self, call: Call[Any, Any], visit: Visit, ended: Ended) -> None:
        reply: Reply[Any, Any] = await self.handler(call)
        ended.committed = self.loop.time()
        try:
            await self._read(reply, visit)
        finally:
            await reply.aclose()
        ended.kind = "complete" if reply.complete else "closed"
        if reply.complete:
            ended.text = reply.result().text

    async def _read(self, reply: Reply[Any, Any], visit: Visit) -> None:
        """Reads the events; the text of a stream must be that of its answer."""
        batches, words = 0, []
        async for batch in reply:
            for event in batch:
                if isinstance(event, TextDelta):
                    words.append(event.text)
                elif type(event).__name__ == "StreamRestarted":
                    words.clear()
            batches += 1
            if batches == visit.reads:
                return
            if visit.pause:
                await self.runtime.sleep(visit.pause)
        if visit.stream:
            said = "".join(words)
            self.trace.must(said == reply.result().text, "the events do not make up the answer")

    # -- the storm -------------------------------------------------------------------------------

    async def _all(self) -> None:
        plan, loop = self.plan, self.loop
        tasks = []
        for number, visit in enumerate(plan.visits):
            task = loop.create_task(self._visit(number, visit))
            if visit.leaves != NEVER:
                loop.call_at(START + visit.at + visit.leaves, task.cancel)
                if visit.again != NEVER:
                    loop.call_at(START + visit.at + visit.leaves + visit.again, task.cancel)
            tasks.append(task)
        for at, seconds in plan.jumps:
            loop.call_at(START + at, self._set_clock, seconds)
        for at, seconds in plan.suspends:
            loop.call_at(START + at, loop.suspend, seconds)
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._renewals_over()

    async def _renewals_over(self) -> None:
        """What nobody waits for any more comes to its end by itself."""
        await self.runtime.idle()
        await until(START + max((ends for _, ends in self.plan.outages), default=0.0))
        if self.ledger is not None:
            await self.ledger.aclose()
        if self.guards.shared is not None:
            await self.guards.shared.talk.aclose()
        own = asyncio.current_task()
        while others := [task for task in asyncio.all_tasks() if task is not own]:
            with suppress(FairleadError):
                await asyncio.wait(others)

    def _set_clock(self, seconds: float) -> None:
        self.runtime.set_off += seconds
