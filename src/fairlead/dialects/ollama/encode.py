"""Writes a request: one JSON body with a fixed order of keys."""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.losses import Losses
from fairlead.dialects.ollama.messages import MessageWriter
from fairlead.dialects.ollama.options import OllamaOptions
from fairlead.dialects.ollama.tools import tools
from fairlead.errors import InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.operations import CompletionRequest
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_NO_OPTIONS = OllamaOptions()
_ABSENT = ("parallel_tool_calls", "user")
_SHARED = {
    "max_tokens": "num_predict",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""Options of a request that are model options here, and what they are called."""
_BESIDE = ("keep_alive", "truncate", "shift")
_NO_MODEL_OPTIONS = frozenset({"think", "model_options", *_BESIDE})
_EFFORTS = {"minimal": "low", "xhigh": "high"}
"""Efforts that the protocol has no word for, and the nearest one that it has."""


def encode(
    request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
) -> Encoded:
    """The body. Raises `UnsupportedFeature` or `InvalidRequest`."""
    losses = Losses(unsupported, target)
    request = losses.supported(request, _ABSENT)
    body = _body(request, _options(request), losses)
    body["stream"] = stream
    return Encoded(
        written(body, request.extra_body),
        accepted(stream=stream),
        tuple(losses.warnings),
        tuple(losses.dropped),
    )


def accepted(*, stream: bool) -> tuple[tuple[str, str], ...]:
    """A stream is lines of JSON, not events."""
    return (("accept", "application/x-ndjson"),) if stream else ()


def shared_options(request: ChatRequest | CompletionRequest) -> Body:
    """The request's own options as model options."""
    found: Body = {}
    for name, wire_name in _SHARED.items():
        value = getattr(request, name, None)
        if value is not None and value != ():
            found[wire_name] = value
    return found


def _options(request: ChatRequest) -> OllamaOptions:
    options = request.options
    if options is None:
        return _NO_OPTIONS
    if not isinstance(options, OllamaOptions):
        raise InvalidRequest(
            f"{type(options).__name__} is of another protocol; this target takes OllamaOptions"
        )
    return options


def _body(request: ChatRequest, options: OllamaOptions, losses: Losses) -> Body:
    """The keys in the order in which they are sent."""
    writer = MessageWriter(losses)
    for message in request.messages:
        writer.add(message)
    if not writer.written:
        raise InvalidRequest("there is no message to answer; give a user message with content")
    body: Body = {"model": losses.target.model, "messages": writer.written}
    if found := tools(request, losses):
        body["tools"] = found
    if request.output is not None:
        body["format"] = "json" if request.output == "json" else request.output.schema
    if model_options := shared_options(request) | _model_options(options):
        body["options"] = model_options
    if (think := _think(request, options, losses)) is not None:
        body["think"] = think
    for name in _BESIDE:
        if (value := getattr(options, name)) is not None:
            body[name] = value
    if request.logprobs is not None:
        body["logprobs"] = request.logprobs
    if request.top_logprobs is not None:
        body["top_logprobs"] = request.top_logprobs
    return body


def _model_options(options: OllamaOptions) -> Body:
    found: Body = {}
    for name in options.__struct_fields__:
        if name not in _NO_MODEL_OPTIONS and (value := getattr(options, name)) is not None:
            found[name] = value
    for name, value in (options.model_options or {}).items():
        if name in found or name in _SHARED.values():
            raise InvalidRequest(
                f"model_options sets {name!r}, which has an option of its own; use that"
            )
        found[name] = value
    return found


def _think(request: ChatRequest, options: OllamaOptions, losses: Losses) -> bool | str | None:
    effort = request.reasoning_effort
    if effort is None:
        return options.think
    if options.think is not None:
        raise InvalidRequest("give either reasoning_effort or OllamaOptions.think, not both")
    if effort == "none":
        return False
    nearest = _EFFORTS.get(effort)
    if nearest is not None:
        losses.warnings.append(f"reasoning effort {effort!r} was sent as {nearest!r}")
    return nearest or effort
