"""Writes a request: one JSON body with a fixed order of keys."""

from __future__ import annotations

from fairlead.dialects.body import Body, written
from fairlead.dialects.cohere.attachments import documents
from fairlead.dialects.cohere.messages import MessageWriter
from fairlead.dialects.cohere.options import CohereOptions
from fairlead.dialects.cohere.thinking import thinking
from fairlead.dialects.cohere.tools import add_tools
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_NO_OPTIONS = CohereOptions()
_ABSENT = ("parallel_tool_calls", "top_logprobs", "user")
_NAMES = {
    "max_tokens": "max_tokens",
    "stop": "stop_sequences",
    "temperature": "temperature",
    "top_p": "p",
    "top_k": "k",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logprobs": "logprobs",
}
"""Options that are sent as they are, and what they are called."""


def encode(
    request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
) -> Encoded:
    """The body. Raises `UnsupportedFeature` or `InvalidRequest`."""
    losses = Losses(unsupported, target)
    request = losses.supported(request, _ABSENT)
    body = _body(request, _options(request), losses)
    if stream:
        body["stream"] = True
    return Encoded(
        written(body, request.extra_body),
        warnings=tuple(losses.warnings),
        dropped=tuple(losses.dropped),
    )


def _options(request: ChatRequest) -> CohereOptions:
    options = request.options
    if options is None:
        return _NO_OPTIONS
    if not isinstance(options, CohereOptions):
        raise InvalidRequest(
            f"{type(options).__name__} is of another protocol; this target takes CohereOptions"
        )
    return options


def _body(request: ChatRequest, options: CohereOptions, losses: Losses) -> Body:
    """The keys in the order in which they are sent."""
    writer = MessageWriter(losses)
    for message in request.messages:
        writer.add(message)
    writer.close()
    if not writer.written:
        raise InvalidRequest("there is no message to answer; give a user message with content")
    body: Body = {"model": losses.target.model, "messages": writer.written}
    add_tools(body, request, options, losses)
    if request.documents:
        body["documents"] = documents(request.documents)
    if options.citation_mode is not None:
        body["citation_options"] = {"mode": options.citation_mode}
    if (form := _response_format(request, losses)) is not None:
        body["response_format"] = form
    if options.safety_mode is not None:
        body["safety_mode"] = options.safety_mode
    for name, wire_name in _NAMES.items():
        if (value := getattr(request, name)) is not None and value != ():
            body[wire_name] = value
    if (thought := thinking(request, options)) is not None:
        body["thinking"] = thought
    if options.priority is not None:
        body["priority"] = options.priority
    return body


def _response_format(request: ChatRequest, losses: Losses) -> Body | None:
    output = request.output
    if output is None:
        return None
    if output == "json":
        return {"type": "json_object"}
    if losses.target.quirks.output != "json_schema":
        losses.unsupported(
            "a JSON schema", 'use output="json" and describe the schema in the prompt'
        )
        return None
    schema = dict(output.schema)
    if output.description is not None:
        schema.setdefault("description", output.description)
    return {"type": "json_object", "json_schema": schema}
