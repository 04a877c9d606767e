"""From a seed to a plan: storms at random, of all kinds and mixtures."""

from __future__ import annotations

from random import Random

from tests.storms.plans import NEVER, Climate, Plan, Spell, Visit
from tests.storms.world import FAULTS, HINTS

from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.retry import RetryPolicy
from fairlead.ports import Timeouts
from fairlead.types.routes import Hedge, Route

_TROUBLES: tuple[tuple[str, ...], ...] = (
    ("500",),
    ("500", "502", "408"),
    ("529",),
    ("429",),
    ("hinted", "rests"),
    ("refused", "unreachable"),
    ("silent",),
    ("reset",),
    ("cut", "ended", "stalled"),
    ("cut", "broken", "garbage", "pings"),
    ("error", "html", "garbage", "empty", "withheld"),
    ("401", "402", "404", "400", "filtered"),
    ("slow", "busy"),
    FAULTS,
)


def plan_of(seed: int) -> Plan:
    """The storm of a seed."""
    dice = Random(f"storm {seed}")
    others = Random(f"what came later {seed}")
    store = others.choice((None, None, 0.0, 0.001, 0.05))
    length = dice.choice((5.0, 30.0, 120.0, 300.0))
    targets = dice.choice((1, 1, 2, 2, 3))
    login = dice.random() < 0.2
    return Plan(
        seed=seed,
        climates=tuple(_climate(dice, length, login) for _ in range(targets)),
        visits=_visits(dice, others, length),
        route=_route(dice, targets),
        limits=_limits(dice, others) if dice.random() < 0.5 else None,
        breaker=_breaker(dice) if dice.random() < 0.7 else None,
        retries=_retries(dice),
        floor=dice.choice((0, 1, 3, 10, 10)),
        ratio=dice.choice((0.0, 0.2, 0.2, 0.5)),
        budget=dice.choice((300, 2000, 100_000)) if dice.random() < 0.4 else None,
        store=store,
        outages=_outages(others, length) if store is not None and others.random() < 0.3 else (),
        allows=others.random() < 0.5,
        timeouts=_timeouts(dice),
        login=login,
        sign_in_fails=dice.choice((0.0, 0.1, 0.5)),
        cache=dice.choice((None, None, None, None, 1.0, 60.0)),
        noisy=dice.random() < 0.2,
        jumps=_events(dice, length, (-600.0, -5.0, 60.0, 4000.0)),
        suspends=_events(dice, length, (0.5, 30.0, 900.0)) if dice.random() < 0.3 else (),
    )


def _climate(dice: Random, length: float, login: bool) -> Climate:
    spells = tuple(_spell(dice, length) for _ in range(dice.choice((0, 1, 1, 2, 3))))
    quickest = dice.choice((0.0, 0.05, 0.5))
    ends = [dice.uniform(0, length) for _ in range(dice.choice((0, 1, 3)))] if login else []
    return Climate(
        spells=spells,
        capacity=dice.choice((None, None, None, 1, 3, 8)),
        quickest=quickest,
        slowest=quickest + dice.choice((0.0, 0.5, 3.0)),
        pause=dice.choice((0.0, 0.1, 1.0, 8.0)),
        hint=dice.choice((None, None, *HINTS)),
        ends_tokens=tuple(sorted(ends)),
    )


def _spell(dice: Random, length: float) -> Spell:
    begins = dice.choice((0.0, dice.uniform(0, length)))
    lasts = length * dice.choice((0.05, 0.3, 1.0))
    share = dice.choice((0.05, 0.3, 0.5, 0.9, 1.0))
    if dice.random() < 0.25:
        half = dice.choice((1.0, 5.0, 20.0))
        return Spell(begins, begins + half, dice.choice(_TROUBLES), share, every=2 * half)
    return Spell(begins, begins + lasts, dice.choice(_TROUBLES), share)


def _visits(dice: Random, others: Random, length: float) -> tuple[Visit, ...]:
    count = dice.choice((1, 5, 20, 40, 80))
    crowd = dice.choice(("at once", "spread", "bursts"))
    bursts = [dice.uniform(0, length) for _ in range(3)]
    streams, allowed = dice.choice((0.0, 0.5, 1.0)), dice.choice((2.0, 15.0, 60.0, 600.0))
    restless = dice.choice((0.0, 0.0, 0.2, 0.7))
    questions = dice.choice((1, 5, 50))
    again = others.choice((NEVER, 0.0, 0.001, 0.03))
    visits = []
    for _ in range(count):
        at = {"at once": 0.0, "spread": dice.uniform(0, length), "bursts": dice.choice(bursts)}
        visits.append(
            Visit(
                at=at[crowd],
                asks=dice.randrange(questions),
                stream=dice.random() < streams,
                allowed=dice.choice((allowed, allowed, 0.3, 30.0)),
                leaves=dice.expovariate(0.3) if dice.random() < restless else NEVER,
                again=again,
                reads=dice.choice((None, None, None, 1, 3)),
                pause=dice.choice((0.0, 0.0, 0.0, 0.5)),
            )
        )
    return tuple(visits)


def _route(dice: Random, targets: int) -> Route | None:
    if targets == 1 and dice.random() < 0.7:
        return None
    hedges: tuple[Hedge, ...] = ("off", "off", "off", 0.2, 2.0, "p95")
    return Route(
        targets=tuple(f"target{number}" for number in range(targets)),
        order=dice.choice(("listed", "listed", "weighted", "least_loaded", "fastest")),
        hedge=dice.choice(hedges),
        on_break=dice.choice(("error", "restart")),
        on_filter=dice.choice(("error", "next")),
    )


def _limits(dice: Random, others: Random) -> RateLimits:
    longest = dice.choice((None, None, 0.0, 2.0))
    follow = dice.random() < 0.7
    kind = dice.choice(("concurrency", "adaptive", "second", "minute", "strict", "both"))
    if kind == "adaptive":
        return RateLimits(adaptive=True, max_wait=longest, follow_headers=follow)
    if kind == "minute":
        rate = dice.choice((6, 60, 600))
        return RateLimits(
            requests_per_minute=rate,
            max_wait=longest,
            follow_headers=follow,
            shared=others.random() < 0.5,
        )
    at_once = dice.choice((1, 2, 5, 20)) if kind in ("concurrency", "both") else None
    rate = None if kind == "concurrency" else dice.choice((1, 3, 10))
    return RateLimits(
        concurrency=at_once,
        requests_per_second=rate,
        strict=kind == "strict",
        max_wait=longest,
        follow_headers=follow,
        shared=others.random() < 0.5,
    )


def _breaker(dice: Random) -> BreakerPolicy:
    opens = dice.choice((1.0, 5.0, 60.0))
    return BreakerPolicy(
        failures=dice.choice((1, 2, 5)),
        least_calls=dice.choice((2, 20)),
        open=opens,
        open_most=opens * dice.choice((1, 2, 5)),
        forget=dice.choice((1.0, 300.0)),
        probes=dice.choice((1, 2, 3)),
        adaptive_throttle=dice.random() < 0.3,
    )


def _retries(dice: Random) -> RetryPolicy:
    return RetryPolicy(
        max_retries=dice.choice((0, 1, 3, 3, 6)),
        profile=dice.choice(("interactive", "interactive", "batch")),
        max_ambiguous_retries=dice.choice((0, 1, 3)),
    )


def _timeouts(dice: Random) -> Timeouts:
    return Timeouts(
        connect=dice.choice((0.5, 5.0)),
        pool=dice.choice((0.2, 10.0)),
        first_event=dice.choice((0.4, 5.0, 60.0)),
        idle=dice.choice((1.0, 60.0)),
        progress=dice.choice((4.0, 180.0)),
        total=dice.choice((5.0, 600.0)),
    )


def _outages(dice: Random, length: float) -> tuple[tuple[float, float], ...]:
    begins = [dice.uniform(0, length) for _ in range(dice.choice((1, 1, 3)))]
    return tuple((at, at + dice.choice((0.01, 0.5, 5.0, length))) for at in begins)


def _events(
    dice: Random, length: float, amounts: tuple[float, ...]
) -> tuple[tuple[float, float], ...]:
    count = dice.choice((0, 0, 1, 2))
    return tuple((dice.uniform(0, length), dice.choice(amounts)) for _ in range(count))
