"""Turns a route into the legs of a call: what each target costs, lacks and holds.

Shared by chat and the other operations: each says how a call to one target is made.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct
from msgspec.structs import replace

from fairlead.dialects.prefill import hindrance, prefilled, repeats, takes_prefill
from fairlead.engine.budgets import spending_as_now
from fairlead.engine.legs import Leg, Legs
from fairlead.errors import (
    AllTargetsFailed,
    ConfigError,
    FairleadError,
    InvalidRequest,
    UnsupportedFeature,
)
from fairlead.inputs import chat_request
from fairlead.models.advice import check
from fairlead.models.capability import Need, estimated_cost, lacking, needs_of, window_of
from fairlead.providers.routes import nested, unaliased
from fairlead.types.routes import Route, RouteTarget
from fairlead.types.tools import ProviderTool

if TYPE_CHECKING:
    from fairlead.core import Core
    from fairlead.engine.call import Call
    from fairlead.inputs import ChatOptions, Messages
    from fairlead.ports import Authorizer
    from fairlead.providers.registry import Registry, Resolved
    from fairlead.settings import Settings
    from fairlead.types.events import Event
    from fairlead.types.requests import ChatRequest, OutputMode
    from fairlead.types.responses import ChatResponse
    from fairlead.types.targets import Target

Resume = Callable[[str, "Resolved", str], Awaitable["Call[Any, Any]"]]
"""A call to one target for what comes behind a text that was written already."""

Make = Callable[[str, "Resolved"], Awaitable["Call[Any, Any]"]]
"""A call to one target: the model as it was named, and where that leads."""

NO_HEDGE = "the route's hedge was left out: only AsyncClient can send a second copy"


_MOST_MADE = 1024  # routes may be made anew for every call


class Named(Struct, frozen=True):
    """A route, what errors call it, and its targets with their weights."""

    name: str
    route: Route
    entries: tuple[RouteTarget, ...]


class Routes:
    """The routes of the settings, which `Registry` has checked, and those made in programs."""

    def __init__(self, settings: Settings) -> None:
        self._named = {n: Named(n, route, route.entries) for n, route in settings.routes.items()}
        self._made: dict[Route, Named] = {}
        for alias in settings.aliases:
            found = self._named.get(unaliased(alias, settings))
            if found is not None:
                self._named[alias] = found

    def find(self, model: object) -> Named | None:
        """The route that `model` is or names; None where it is one target."""
        if isinstance(model, str):
            return self._named.get(model) if self._named else None
        if not isinstance(model, Route):
            return None
        found = self._made.get(model)
        if found is None:
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            found = self._made[model] = self._checked(model)
        return found

    def _checked(self, route: Route) -> Named:
        if route.problem is not None:
            raise InvalidRequest(f"the route {route.problem}")
        for entry in route.entries:
            if entry.model in self._named:
                raise InvalidRequest(f"the route {nested(entry.model)}")
        return Named("the route", route, route.entries)


def one_model(named: Named, registry: Registry) -> list[int]:
    """The texts that each target embeds at once. Raises `InvalidRequest` for several models."""
    targets = [
        registry.resolve(entry.model, operation="embeddings").target for entry in named.entries
    ]
    models = {target.model.rpartition("/")[2].lower() for target in targets}
    if len(models) > 1:
        raise InvalidRequest(
            "vectors of different models cannot be compared; a route to embed with must name one "
            f"model at several providers, not {', '.join(sorted(models))}"
        )
    return [target.quirks.embedding_batch for target in targets]


def routed_chat(
    core: Core, named: Named, messages: Messages, options: ChatOptions, *, stream: bool
) -> Awaitable[Call[Event, ChatResponse]]:
    """A chat along a route: the request is read once, and encoded for each target in turn."""
    request = chat_request(named.name, messages, options)
    # What the system is to know stands among the messages now.
    own = cast("ChatOptions", {**options, "system": None})

    async def make(model: str, resolved: Resolved) -> Call[Event, ChatResponse]:
        known = None if "defaults" in options else replace(request, model=model)
        return await core.chat_call(
            resolved, model, request.messages, own, stream=stream, request=known
        )

    async def resume(model: str, resolved: Resolved, text: str) -> Call[Event, ChatResponse]:
        asked = prefilled(request, text)
        given = own if asked.max_tokens is None else {**own, "max_tokens": asked.max_tokens}
        call = await core.chat_call(
            resolved,
            model,
            asked.messages,
            given,
            stream=stream,
            request=None if "defaults" in options else replace(asked, model=model),
        )
        call.repeats = repeats(resolved.target)
        return call

    return routed(
        core,
        named,
        make,
        dialect=options.get("dialect"),
        request=request,
        bounds=lambda resolved: check(resolved, request, options),
        # Tools that are called in the text must be read from its beginning.
        resume=None if options.get("emulate_tools") else resume,
        output_mode=options.get("output_mode") or "native",
    )


async def routed(
    core: Core,
    named: Named,
    make: Make,
    *,
    operation: str = "chat",
    dialect: str | None = None,
    request: ChatRequest | None = None,
    bounds: Callable[[Resolved], None] | None = None,
    resume: Resume | None = None,
    output_mode: OutputMode = "native",
) -> Call[Any, Any]:
    """The call, bound for the first target that takes it, with all legs for the engine to order.

    `request` is a chat's, which tells what a target needs; `bounds` raises `InvalidRequest` for
    what one target refuses. Where the runtime cannot send a second copy, the answer's warnings
    say that none was made. Raises `AllTargetsFailed` where no target takes the request.
    """
    make = spending_as_now(make)
    resume = None if resume is None else spending_as_now(resume)
    registry, wall = core.registry, core.wall()
    cheapest = named.route.order == "cheapest"
    if not core.can_hedge and named.route.hedge != "off":
        make = _with_warning(make)
    needs = () if request is None else needs_of(request, output_mode)
    legs: list[Leg[Any, Any]] = []
    places: list[tuple[Target, Authorizer | None]] = []
    for entry in named.entries:
        try:
            resolved = registry.resolve(entry.model, operation=operation, dialect=dialect)
        except UnsupportedFeature as error:
            legs.append(Leg(entry.model, _refusing(error), lacks=error))
            continue
        lacks = _lacks(resolved, needs, bounds)
        cost = estimated_cost(resolved, request, wall) if cheapest else None
        legs.append(_leg(entry, resolved, make, cost, lacks))
        if named.route.on_break == "continue":
            _let_resume(legs[-1], entry, resolved, request, resume)
        places.append((resolved.target, resolved.credential))
    call = await _first(named, legs)
    if call.caching is not None:
        call.caching = replace(call.caching, places=tuple(places), route=named.route)
    call.legs = Legs(named.name, named.route, legs, repeatable=_repeatable(request))
    return call


def _leg(
    entry: RouteTarget,
    resolved: Resolved,
    make: Make,
    cost: float | None,
    lacks: FairleadError | None,
) -> Leg[Any, Any]:
    return Leg(
        resolved.target.label,
        lambda: make(entry.model, resolved),
        weight=entry.weight,
        cost=cost,
        window=lambda: window_of(resolved),
        lacks=lacks,
    )


def _let_resume(
    leg: Leg[Any, Any],
    entry: RouteTarget,
    resolved: Resolved,
    request: ChatRequest | None,
    resume: Resume | None,
) -> None:
    """Tell the leg how it goes on with an answer that was cut, or why it does not."""
    if resume is None or request is None:
        leg.hindrance = "only an answer of chat can be continued"
    elif why := hindrance(request):
        leg.hindrance = why
    elif request.tools and "tools" in resolved.target.quirks.unsupported:
        leg.hindrance = "an answer that may call tools in its text cannot be continued"
    elif not takes_prefill(resolved.target):
        leg.hindrance = f"{leg.target} does not take the beginning of an answer"
    else:
        leg.resume = lambda text: resume(entry.model, resolved, text)


def _lacks(
    resolved: Resolved, needs: Sequence[Need], bounds: Callable[[Resolved], None] | None
) -> FairleadError | None:
    """Why the target cannot do what the request needs."""
    feature = lacking(resolved, needs) if needs else None
    if feature is not None:
        return UnsupportedFeature(feature, resolved.target.label)
    try:
        if bounds is not None:
            bounds(resolved)
    except InvalidRequest as error:
        return error
    return None


async def _first(named: Named, legs: Sequence[Leg[Any, Any]]) -> Call[Any, Any]:
    """A call to the first target that takes the request, encoded once for it."""
    refused: list[FairleadError] = []
    for leg in legs:
        try:
            if leg.lacks is not None:
                raise leg.lacks
            call = await leg.make()
        except (UnsupportedFeature, ConfigError) as error:
            refused.append(error)
        except InvalidRequest as error:
            if error is not leg.lacks:
                raise
            refused.append(error)
        else:
            leg.make = _once(call, leg.make)
            return call
    if len(refused) == 1:
        raise refused[0]
    text = f"{named.name}: none of {len(refused)} targets takes this request"
    raise AllTargetsFailed(text, refused, [leg.target for leg in legs])


def _once(
    call: Call[Any, Any], make: Callable[[], Awaitable[Call[Any, Any]]]
) -> Callable[[], Awaitable[Call[Any, Any]]]:
    """`make`, but what it has made already serves once, unless the call has been elsewhere."""
    target, made = call.target, [call]

    async def again() -> Call[Any, Any]:
        first = made.pop() if made else None
        if first is not None and not first.attempts and first.target == target:
            return first
        return await make()

    return again


def _with_warning(make: Make) -> Make:
    async def warned(model: str, resolved: Resolved) -> Call[Any, Any]:
        call = await make(model, resolved)
        call.warnings = (NO_HEDGE,)
        return call

    return warned


def _refusing(error: FairleadError) -> Callable[[], Awaitable[Call[Any, Any]]]:
    async def make() -> Call[Any, Any]:
        raise error

    return make


def _repeatable(request: ChatRequest | None) -> bool:
    """Whether a second copy does no harm: nothing is stored, and no tool runs at the provider."""
    if request is None:
        return True
    if any(isinstance(tool, ProviderTool) for tool in request.tools):
        return False
    asked = {name: getattr(request.options, name, None) for name in ("store", "background")}
    body = request.extra_body or {}
    return not any(asked[name] or body.get(name) for name in asked)
