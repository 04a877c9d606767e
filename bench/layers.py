"""What breakers, limits, budgets, observers and the cache cost, beside the same client without.

Both sides talk to the same server; none of the limits is ever in the way.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bench import payloads
from bench.exchanges import Colour
from bench.measure import cpu_microseconds, side_by_side
from bench.server import Server
from bench.sizes import Sizes
from bench.subject import AsyncSubject, BlockingSubject, Setup
from bench.table import Row
from fairlead import Settings
from fairlead.auth.secret import Secret
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.cache import CachePolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.ports import Observer
from fairlead.settings import ProviderSettings
from fairlead.settings.values import BudgetSettings, StoreSettings
from fairlead.telemetry.statistics import Statistics
from fairlead.types.observed import CallEnd, ObservedAttempt, ObservedCall
from fairlead.types.receipts import Attempt

Layer = Callable[[Setup], Setup]

_PRICED = "gpt-4o-mini"
"""A model whose price the table knows."""
_OFF = BreakerPolicy(enabled=False)
_BREAKER = BreakerPolicy(failures=6)
"""Beside the default one, which leaves out what runs on this machine."""
LIMITS = RateLimits(
    requests_per_minute=100_000_000, tokens_per_minute=1_000_000_000, concurrency=10_000
)
_BUDGETS = {"bench": BudgetSettings(usd=1_000_000, per="month", scope="all")}


class Counting(Observer):
    """Counts calls and attempts, and how they end."""

    def __init__(self) -> None:
        self.calls = self.answers = self.failures = 0
        self.attempts = self.done = self.broken = 0

    def call_start(self, call: ObservedCall) -> None:
        self.calls += 1

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        self.answers += 1

    def call_exception(self, call: ObservedCall, end: CallEnd, error: BaseException) -> None:
        self.failures += 1

    def attempt_start(self, call: ObservedCall, begun: ObservedAttempt) -> None:
        self.attempts += 1

    def attempt_stop(self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt) -> None:
        self.done += 1

    def attempt_exception(
        self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt, error: BaseException
    ) -> None:
        self.broken += 1


def bare(base_url: str) -> Setup:
    """Retries, a deadline and prices alone."""
    own = ProviderSettings(base_url=base_url, key=Secret(payloads.KEY))
    store = StoreSettings(kind="memory")
    settings = Settings(providers={"openai": own}, breaker=_OFF, store=store)
    return Setup(settings, f"openai/{_PRICED}", repeats=False)


def _breaker(setup: Setup) -> Setup:
    return replace(setup, settings=replace(setup.settings, breaker=_BREAKER))


def _limits(setup: Setup) -> Setup:
    return replace(setup, settings=replace(setup.settings, rate_limits=LIMITS))


def _budget(setup: Setup) -> Setup:
    return replace(setup, settings=replace(setup.settings, budgets=_BUDGETS))


def _cache(setup: Setup) -> Setup:
    """Every call asks something else, and finds nothing."""
    return replace(setup, settings=replace(setup.settings, cache=CachePolicy(enabled=True)))


def _observer(setup: Setup) -> Setup:
    return replace(setup, observer=Counting)


def _statistics(setup: Setup) -> Setup:
    return replace(setup, observer=Statistics)


def _without_cache(setup: Setup) -> Setup:
    return _observer(_budget(_limits(_breaker(setup))))


def _with_cache(setup: Setup) -> Setup:
    return _cache(_without_cache(setup))


LAYERS: dict[str, Layer] = {
    "all but cache": _without_cache,
    "all": _with_cache,
    "breaker": _breaker,
    "limits": _limits,
    "budget": _budget,
    "observer": _observer,
    "statistics": _statistics,
    "cache": _cache,
}


SINGLE = ("breaker", "limits", "budget", "observer", "statistics", "cache")


def call(server: Server, sizes: Sizes, layer: str, colour: Colour, limit: float | None) -> Row:
    """A call that does not stream, one at a time."""
    count = sizes.batch_calls
    floor, fairlead = _compared(
        server.url("telling"),
        layer,
        colour,
        lambda side: cpu_microseconds(lambda: side.calls(count, 1), count),
        sizes.batches,
    )
    return Row(f"layers, {layer}, {colour}", "us/call", floor, fairlead, "ratio", limit)


def event(server: Server, sizes: Sizes, layer: str, colour: Colour, limit: float | None) -> Row:
    """Events that were all written at once, the call around them included."""
    events = sizes.burst_events
    floor, fairlead = _compared(
        server.url("burst", events),
        layer,
        colour,
        lambda side: cpu_microseconds(lambda: _read(side, events), events),
        sizes.batches,
    )
    return Row(f"layers, {layer}, events, {colour}", "us/event", floor, fairlead, "ratio", limit)


def _read(side: BlockingSubject | AsyncSubject, events: int) -> None:
    if (pieces := side.stream()) != events:
        raise RuntimeError(f"{events} events were sent and {pieces} came")


def _compared(
    base_url: str,
    layer: str,
    colour: Colour,
    cost: Callable[[BlockingSubject | AsyncSubject], float],
    batches: int,
) -> tuple[float, float]:
    made = AsyncSubject if colour == "async" else BlockingSubject
    without, within = made(bare(base_url)), made(LAYERS[layer](bare(base_url)))
    try:
        return side_by_side(lambda: cost(without), lambda: cost(within), batches)
    finally:
        without.close()
        within.close()
