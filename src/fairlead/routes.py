"""`fairlead.route()`: several targets in the place of one model."""

from __future__ import annotations

from typing import get_args

from fairlead.errors import InvalidRequest
from fairlead.types.routes import Hedge, OnBreak, OnFilter, Order, Route, RouteTarget

_WORDS = {"order": get_args(Order), "on_break": get_args(OnBreak), "on_filter": get_args(OnFilter)}


def route(
    *targets: str | RouteTarget,
    order: Order = "listed",
    hedge: Hedge = "off",
    on_break: OnBreak = "error",
    on_filter: OnFilter = "error",
) -> Route:
    """A route to `targets`, for any call that takes a model.

        fast = fairlead.route("openai/gpt-5-mini", "anthropic/claude-haiku-4-5", hedge="p95")
        client.chat(fast, "Hi")

    The meaning of each word is at `Route`. Raises `InvalidRequest`.
    """
    for target in targets:
        if not isinstance(target, str | RouteTarget):
            raise InvalidRequest(f"a target is a string, not {type(target).__name__}")
    for name, given in (("order", order), ("on_break", on_break), ("on_filter", on_filter)):
        if given not in _WORDS[name]:
            raise InvalidRequest(f"{name} must be one of {', '.join(_WORDS[name])}")
    if isinstance(hedge, bool) or (hedge not in ("off", "p95") and isinstance(hedge, str)):
        raise InvalidRequest('hedge must be "off", "p95" or a number of seconds')
    made = Route(targets=targets, order=order, hedge=hedge, on_break=on_break, on_filter=on_filter)
    if made.problem is not None:
        raise InvalidRequest(f"the route {made.problem}")
    return made
