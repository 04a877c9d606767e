"""What a storm is: the weather at each target, who calls and when, and the client's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.policies.retry import RetryPolicy
from fairlead.ports import Timeouts
from fairlead.types.routes import Route

NEVER = float("inf")


@dataclass(frozen=True)
class Spell:
    """A time of trouble, in seconds from the start: each request meets one of `faults`, or none.

    With `every`, it comes again and again so long after it began.
    """

    begins: float
    ends: float
    faults: tuple[str, ...]
    share: float = 1.0
    every: float | None = None

    def covers(self, when: float) -> bool:
        if self.every is not None and when >= self.begins:
            when = self.begins + (when - self.begins) % self.every
        return self.begins <= when < self.ends


@dataclass(frozen=True)
class Climate:
    """One target. Who comes when `capacity` requests are under way is refused with 429.

    `quickest` and `slowest` bound the seconds to the first byte, `pause` those between two events
    of a stream. `hint` is what refusals for want of capacity say of when to come again.
    """

    spells: tuple[Spell, ...] = ()
    capacity: int | None = None
    quickest: float = 0.05
    slowest: float = 1.0
    pause: float = 0.2
    hint: float | None = None
    ends_tokens: tuple[float, ...] = ()
    """When its tokens lose their force before their time."""


@dataclass(frozen=True)
class Visit:
    """One call, of question number `asks`. The impatient `leaves` after so many seconds: cancels.

    The restless cancel `again` so long after that, while the first is still being obeyed. A reader
    of a stream closes it after `reads` batches, and takes `pause` seconds for each.
    """

    at: float
    asks: int = 0
    stream: bool = False
    allowed: float = 60.0
    leaves: float = NEVER
    again: float = NEVER
    reads: int | None = None
    pause: float = 0.0


@dataclass(frozen=True)
class Plan:
    """All of a storm. The same plan is the same storm, to the last bit."""

    seed: int
    climates: tuple[Climate, ...]
    visits: tuple[Visit, ...]
    route: Route | None = None
    limits: RateLimits | None = None
    breaker: BreakerPolicy | None = field(default_factory=BreakerPolicy)
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    ratio: float = 0.2
    floor: int = 10
    budget: int | None = None
    store: float | None = None
    """Seconds that whoever asks the store of budgets and limits waits; None: it is in memory."""
    outages: tuple[tuple[float, float], ...] = ()
    """From when to when they are down; what they are told then may be heard all the same."""
    allows: bool = False
    """Whether calls are made while they are."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    login: bool = False
    sign_in_fails: float = 0.0
    """The share of requests for a token that fail."""
    cache: float | None = None
    """For how many seconds answers are kept, and shared while they come; None: no cache."""
    noisy: bool = False
    """Whether an observer listens that raises whatever it hears."""
    jumps: tuple[tuple[float, float], ...] = ()
    """When the wall clock is set anew, and by how many seconds."""
    suspends: tuple[tuple[float, float], ...] = ()
    """When the machine sleeps, and for how long."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"target{number}" for number in range(len(self.climates)))
