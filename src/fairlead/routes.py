"""`fairlead.route()`: several targets in the place of one model."""

from __future__ import annotations

from fairlead.errors import InvalidRequest
from fairlead.types.routes import Hedge, OnBreak, OnFilter, Order, Route, RouteTarget


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
            raise InvalidRequest(
                f"a target is a string, not {type(target).__name__}; give one after the other: "
                'route("openai/gpt-5-mini", "anthropic/claude-haiku-4-5")'
            )
    if isinstance(hedge, bool) or (hedge not in ("off", "p95") and isinstance(hedge, str)):
        raise InvalidRequest('hedge must be "off", "p95" or a number of seconds')
    made = Route(targets=targets, order=order, hedge=hedge, on_break=on_break, on_filter=on_filter)
    if made.problem is not None:
        raise InvalidRequest(f"the route {made.problem}")
    return made
