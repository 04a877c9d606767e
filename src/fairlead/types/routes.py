"""A route: several targets for one call, the order in which they are tried, and what goes wrong."""

from __future__ import annotations

from math import isfinite
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import force_setattr

Order = Literal["listed", "weighted", "least_loaded", "cheapest", "fastest"]
Hedge = Literal["off", "p95"] | float
OnBreak = Literal["error", "restart", "continue"]
OnFilter = Literal["error", "next"]
_WORDS = {"order": get_args(Order), "on_break": get_args(OnBreak), "on_filter": get_args(OnFilter)}


class RouteTarget(Struct, frozen=True, forbid_unknown_fields=True):
    """One target of a route. `weight` is its share of the calls, where the order is by weight."""

    model: str
    weight: float = 1.0


class Route(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Made with `fairlead.route()`, or written as a table `[routes.<name>]`.

    `order`: as `listed`; at random by `weighted`; `least_loaded`, the better of two at random by
    calls under way and time to the first event; `cheapest` by the prices; `fastest` by what
    was measured. `hedge`: a second copy of a call goes to the next target when the first is silent
    for so many seconds, or for longer than 95 % of the answers (`p95`, never below 2 s).
    `on_break`: a stream that is cut after its beginning is an `error`, or begins anew on the next
    target (`restart`), after an event that says so, or goes on there where it was cut (`continue`),
    where only text has come and the target takes the beginning of an answer. `on_filter`: whether
    content that one target refuses, or an answer that its filter holds back before any content
    came, is an `error` or that answer, or is put to the next target (`next`).
    """

    targets: tuple[str | RouteTarget, ...]
    order: Order = "listed"
    hedge: Hedge = "off"
    on_break: OnBreak = "error"
    on_filter: OnFilter = "error"

    def __post_init__(self) -> None:
        force_setattr(self, "targets", tuple(self.targets))  # a list has no hash

    @property
    def entries(self) -> tuple[RouteTarget, ...]:
        """The targets, each with its weight."""
        return tuple(RouteTarget(t) if isinstance(t, str) else t for t in self.targets)

    @property
    def problem(self) -> str | None:
        """What is wrong with it, as the end of a sentence; None for nothing."""
        for field, words in _WORDS.items():
            if getattr(self, field) not in words:
                return f"has no such {field}: {field} must be one of {', '.join(words)}"
        models = [entry.model for entry in self.entries]
        if not models:
            return "needs at least one target"
        twice = next((model for model in models if models.count(model) > 1), None)
        if twice is not None:
            return f"names {twice!r} twice"
        weights = [entry.weight for entry in self.entries]
        if not all(isfinite(weight) and weight > 0 for weight in weights):
            return "has a weight that is not above 0; leave out the target instead"
        if self.order != "weighted" and any(weight != 1.0 for weight in weights):
            return f'has weights, which order="{self.order}" does not look at; use "weighted"'
        if isinstance(self.hedge, int | float) and not (isfinite(self.hedge) and self.hedge > 0):
            return 'must hedge after a number of seconds above 0, "p95", or "off"'
        return None


Model = str | Route
"""What a call may be sent to: `provider/model`, an alias, a route's name, or a route."""


def called(model: Model) -> str:
    """What a request calls its model until a target is chosen."""
    return model if isinstance(model, str) else "the route"
