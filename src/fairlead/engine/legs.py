"""The legs of a call that has a route: one for each target, encoded when its turn comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic

from fairlead.engine.call import E_, R_, Call
from fairlead.errors import ConfigError
from fairlead.policies.route import Standing

if TYPE_CHECKING:
    from fairlead.errors import FairleadError
    from fairlead.policies.target_record import TargetRecord
    from fairlead.types.routes import Route


class Leg(Generic[E_, R_]):
    """One target. `target` is its label; `make` gives a call that goes there and nowhere else.

    `make` raises `UnsupportedFeature` or `InvalidRequest` for what the target does not take. What
    the request needs and the target is known to lack stands in `lacks`; such a leg is left out.
    `resume` gives a call for what comes behind a text; where it is None, `hindrance` says why.
    `window` is the target's context window in tokens, `cost` what the request would cost, in
    dollars or so; both None where nobody knows.
    """

    __slots__ = ("cost", "hindrance", "lacks", "make", "resume", "target", "weight", "window")

    def __init__(
        self,
        target: str,
        make: Callable[[], Awaitable[Call[E_, R_]]],
        *,
        weight: float = 1.0,
        cost: float | None = None,
        window: Callable[[], int | None] = lambda: None,
        lacks: FairleadError | None = None,
        resume: Callable[[str], Awaitable[Call[E_, R_]]] | None = None,
        hindrance: str = "",
    ) -> None:
        self.target = target
        self.make = make
        self.weight = weight
        self.cost = cost
        self.window = window
        self.lacks = lacks
        self.resume = resume
        self.hindrance = hindrance

    def standing(self, record: TargetRecord, now: float, *, stream: bool) -> Standing:
        """What is known of the target now."""
        usual = record.usual(now, stream=stream)
        return Standing(self.weight, self.cost, usual, record.load, record.rests(now))


class Legs(Generic[E_, R_]):
    """All legs of one call. `name` is what the route is called, for errors."""

    __slots__ = ("every", "name", "repeatable", "route")

    def __init__(
        self,
        name: str,
        route: Route,
        every: Sequence[Leg[E_, R_]],
        *,
        repeatable: bool = True,
    ) -> None:
        self.name = name
        self.route = route
        self.every = every
        self.repeatable = repeatable
        """Whether it does no harm to send the request twice at the same time."""


class Second(Generic[E_, R_]):
    """The copy of a leg that is slow to begin. `begin` gives it, or None where there is to be none.

    `call` is the copy once it was sent, and `error` what it ended with.
    """

    __slots__ = ("begin", "call", "delay", "error")

    def __init__(self, delay: float, begin: Callable[[], Awaitable[Call[E_, R_] | None]]) -> None:
        self.delay = delay
        self.begin = begin
        self.call: Call[E_, R_] | None = None
        self.error: FairleadError | None = None


def unasked(said: Mapping[str, FairleadError]) -> tuple[str, ...]:
    """The targets that could not be asked as keys or settings are, for the answer's warnings.

    Else nobody would notice that a route always answers by its second target.
    """
    return tuple(
        f"{target} was not asked: {error}"
        for target, error in said.items()
        if isinstance(error, ConfigError)
    )
