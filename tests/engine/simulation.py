"""A world of providers that fail by the dice, on a virtual clock: same seed, same history."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from fairlead.engine.call import Call
from fairlead.engine.codecs import PlainCodec
from fairlead.engine.layers.retry import RetryBudgets
from fairlead.engine.legs import Leg, Legs
from fairlead.engine.reply import Reply
from fairlead.engine.runtime import drive
from fairlead.engine.stack import build
from fairlead.engine.watching import Watching
from fairlead.errors import ConnectError, FairleadError, ProtocolError, ReadTimeout
from fairlead.policies.retry import RetryPolicy
from fairlead.policies.target_record import TargetRecords
from fairlead.ports import Limits, Timeouts
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.http import ConnectionFacts, Headers
from fairlead.types.routes import Route

DOWN_SHARE = 0.03
ERROR_SHARE = 0.01
SHORTEST, LONGEST = 2.0, 180.0
_KINDS = ("refused", "overloaded", "failing", "silent")
_LONG_AGO = -100_000.0
_LIMITS = Limits()
_TIMEOUTS = Timeouts(first_event=20.0)


class Outages:
    """Times of one target's outages: a share of all time, each of seconds to minutes."""

    def __init__(self, dice: Random, start: float, share: float) -> None:
        self._dice = dice
        self._share = share
        self._begins = start
        self._ends = start
        self.kind = "refused"
        if share:
            self._draw(start)

    def _draw(self, after: float) -> None:
        length = SHORTEST * (LONGEST / SHORTEST) ** self._dice.random()
        self._begins = after + self._dice.expovariate(self._share / (1 - self._share) / length)
        self._ends = self._begins + length
        self.kind = self._dice.choice(_KINDS)

    def at(self, now: float) -> str | None:
        """The kind of outage at `now`; None where the target is up."""
        while self._share and now >= self._ends:
            self._draw(self._ends)
        return self.kind if self._share and now >= self._begins else None


@dataclass
class Sent:
    """One request as the provider saw it."""

    at: float
    target: str


class SimulatedTransport:
    """Satisfies `ports.Transport`; a target is the host of the request's address."""

    def __init__(self, runtime: FakeRuntime, dice: Random, share: float, errors: float) -> None:
        self._runtime = runtime
        self._dice = dice
        self._share = share
        self._errors = errors
        self._outages: dict[str, Outages] = {}
        self._forced: dict[str, str] = {}
        self.sent: list[Sent] = []
        self.open = 0

    def fail(self, target: str, kind: str) -> None:
        """Let `target` fail from now on."""
        self._forced[target] = kind

    async def send(self, request: Any, *, deadline: float, timeouts: Timeouts) -> Any:
        target = request.url.split("/")[2]
        now = self._runtime.now()
        self.sent.append(Sent(now, target))
        outages = self._outages.get(target)
        if outages is None:
            dice = Random(self._dice.random())
            outages = self._outages[target] = Outages(dice, _LONG_AGO, self._share)
        fault = self._forced.get(target) or outages.at(now)
        if fault is None and self._dice.random() < self._errors:
            fault = self._dice.choice(("failing", "reset"))
        if fault == "refused":
            raise ConnectError(f"{target}: refused")
        if fault == "silent":
            self._runtime.clock = max(now, deadline)
            raise ReadTimeout(f"{target}: silent", phase="first_event")
        self._runtime.advance(self._dice.uniform(0.05, 1.0))
        if fault == "reset":
            raise ProtocolError(f"{target}: reset", sent=True)
        if self._runtime.now() > deadline:
            self._runtime.clock = deadline
            raise ReadTimeout(f"{target}: late", phase="first_event")
        self.open += 1
        status = {"overloaded": 529, "failing": 500}.get(fault or "", 200)
        return _Response(self, status)

    async def aclose(self) -> None:
        pass


class _Response:
    def __init__(self, transport: SimulatedTransport, status: int) -> None:
        self._transport = transport
        self.status = status
        self.headers = Headers((("content-type", "application/json"),))
        self.facts = ConnectionFacts("1.1", connect=0.0, first_byte=0.0)
        self._body = [b"{}"]

    async def read(self, deadline: float) -> bytes:
        return self._body.pop() if self._body else b""

    async def aclose(self) -> None:
        self._transport.open -= 1


@dataclass
class History:
    """What came of the calls of one run."""

    calls: int = 0
    good: int = 0
    attempts: int = 0
    late: int = 0
    trace: list[tuple[float, str, str]] = field(default_factory=list)

    def __add__(self, other: History) -> History:
        return History(
            self.calls + other.calls,
            self.good + other.good,
            self.attempts + other.attempts,
            self.late + other.late,
        )


class World:
    """One client, and targets that are down for a share of the time, each for itself."""

    def __init__(
        self, seed: int, targets: int, *, share: float = DOWN_SHARE, errors: float = ERROR_SHARE
    ) -> None:
        self.dice = Random(seed)
        self.runtime = FakeRuntime()
        # The outages are under way when the first call comes.
        self.runtime.advance(self.dice.uniform(0, 10_000))
        self.transport = SimulatedTransport(self.runtime, self.dice, share, errors)
        self.names = [f"target{number}" for number in range(targets)]
        self.handler = build(
            transport=self.transport,
            runtime=self.runtime,
            retries=RetryPolicy(),
            budgets=RetryBudgets(ratio=0.2, floor=10),
            watching=Watching(()),
            random=self.dice.random,
            records=TargetRecords(),
        )

    def call(self, target: str, allowed: float, *, stream: bool = False) -> Call[Any, Any]:
        """A call to one target."""
        url = f"https://{target}/run"
        return Call(
            operation="post",
            target=f"{target}/run",
            codec=PlainCodec("POST", url, b"{}", target=target, stream=stream, limits=_LIMITS),
            credential=None,
            stream=stream,
            timeouts=_TIMEOUTS,
            limits=_LIMITS,
            started=self.runtime.now(),
            allowed=allowed,
            whole_timeout=600.0,
        )

    def routed(self, route: Route, allowed: float) -> Call[Any, Any]:
        """A call along all targets."""

        def leg(target: str) -> Leg[Any, Any]:
            async def make() -> Call[Any, Any]:
                return self.call(target, allowed)

            return Leg(f"{target}/run", make)

        call = self.call(self.names[0], allowed)
        call.legs = Legs("the route", route, [leg(name) for name in self.names])
        return call

    def run(self, route: Route, *, calls: int, every: float, allowed: float = 30.0) -> History:
        """Calls one after another, about `every` seconds apart."""
        history = History()
        for _ in range(calls):
            self.runtime.advance(self.dice.expovariate(1 / every))
            call = self.routed(route, allowed)
            began = self.runtime.now()
            try:
                reply: Reply[Any, Any] = drive(self.handler(call))
                said = reply.receipt.target
                history.good += 1
            except FairleadError as error:
                said = type(error).__name__
            history.calls += 1
            history.attempts += len(call.attempts)
            history.late += self.runtime.now() > began + allowed + 1e-6
            history.trace.append((self.runtime.now(), said, str(len(call.attempts))))
        return history
