"""Explains calls: where each target of a model or route stands, and what a request becomes there.

Nothing is sent and nothing is started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from fairlead.dialects.losses import LEFT_OUT
from fairlead.errors import (
    ConfigError,
    FairleadError,
    InvalidRequest,
    RequestError,
    UnsupportedFeature,
)
from fairlead.explaining.explain import explanation
from fairlead.explaining.written import Written, written
from fairlead.input_headers import checked_headers
from fairlead.inputs import chat_request, checked_policy
from fairlead.models.advice import settled
from fairlead.models.capability import lacking, needs_of
from fairlead.providers.shown_headers import shown_headers
from fairlead.types.explained import ExplainedField, Explanation
from fairlead.types.http import redact

if TYPE_CHECKING:
    from fairlead.core import Core
    from fairlead.inputs import ChatOptions, Messages
    from fairlead.providers.registry import Resolved
    from fairlead.types.requests import ChatRequest, UnsupportedPolicy
    from fairlead.types.routes import Model


def explain(
    core: Core, model: Model, messages: Messages, options: ChatOptions, *, stream: bool
) -> Explanation:
    """What a call becomes; for a route at its first target, with the `others` behind.

    Raises `ConfigError` or `InvalidRequest` where no target is found, or what is passed is nothing
    that any target could take.
    """
    named = core.routes.find(model)
    if named is None:
        return _at_target(core, _resolved(core, model, options), messages, options, stream=stream)
    legs = [_leg(core, entry.model, messages, options, stream=stream) for entry in named.entries]
    return replace(legs[0], others=tuple(legs[1:]))


def _resolved(core: Core, model: Model, options: ChatOptions) -> Resolved:
    if not isinstance(model, str):
        raise InvalidRequest(f"model must be a string, not {type(model).__name__}")
    return core.registry.resolve(model, dialect=options.get("dialect"))


def _leg(
    core: Core, model: str, messages: Messages, options: ChatOptions, *, stream: bool
) -> Explanation:
    """One target of a route. One that cannot be asked is no reason not to tell of the others."""
    request = chat_request(model, messages, options)
    try:
        resolved = _resolved(core, model, options)
    except (ConfigError, RequestError) as error:
        return Explanation(model, "", "POST", "", (), (), error=str(error))
    found = _at_target(core, resolved, messages, options, stream=stream)
    feature = lacking(resolved, needs_of(request))
    if feature is None:
        return found
    return replace(found, error=str(UnsupportedFeature(feature, resolved.target.label)))


def _at_target(
    core: Core, resolved: Resolved, messages: Messages, options: ChatOptions, *, stream: bool
) -> Explanation:
    policy = checked_policy(options.get("unsupported") or core.settings.unsupported)
    target, given = resolved.target, options
    options, _ = settled(target, options)
    request = chat_request(target.model, messages, options)
    lenient = cast("ChatOptions", {**options, "unsupported": "warn"})

    def write(request: ChatRequest) -> Written:
        codec = core.chat_codec(resolved, target.model, (), lenient, stream=stream, request=request)
        return written(codec.request(), codec.warnings, codec.dropped)

    found = explanation(
        request,
        target,
        write,
        policy=policy,
        recommended=[name for name in options if name not in given],
        shown=lambda http: tuple(shown_headers(http, resolved)),
    )
    found = replace(found, fields=(*found.fields, *_headers(options)))
    found = replace(found, warnings=_warnings(found.warnings, policy))
    if found.error is not None:
        return found
    return replace(found, error=_refusal(core, resolved, request, options, stream=stream))


def _warnings(said: tuple[str, ...], policy: UnsupportedPolicy) -> tuple[str, ...]:
    """Those that an answer would come with: where a loss is an error, there is no answer."""
    return said if policy == "warn" else tuple(w for w in said if not w.endswith(LEFT_OUT))


def _headers(options: ChatOptions) -> list[ExplainedField]:
    pairs = redact(checked_headers(options.get("extra_headers")))
    return [
        ExplainedField(f"extra_headers.{name}", "sent", f"header {name}", value)
        for name, value in pairs
    ]


def _refusal(
    core: Core, resolved: Resolved, request: ChatRequest, options: ChatOptions, *, stream: bool
) -> str | None:
    """What a call with these very options raises before anything is sent."""
    try:
        core.chat_codec(resolved, request.model, (), options, stream=stream, request=request)
    except FairleadError as error:
        return str(error)
    return None
