"""Writes a request: one JSON body with a fixed order of keys, streamed or not."""

from __future__ import annotations

import msgspec

from fairlead.dialects import claude
from fairlead.dialects.bedrock_converse.content import PartWriter
from fairlead.dialects.bedrock_converse.conversation import Conversation
from fairlead.dialects.bedrock_converse.model_fields import model_fields
from fairlead.dialects.bedrock_converse.options import BedrockOptions
from fairlead.dialects.bedrock_converse.tools import tool_config
from fairlead.dialects.body import Body, written
from fairlead.dialects.fitting import strict_schema
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_NO_OPTIONS = BedrockOptions()
_ABSENT = ("seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "user")
_SAMPLING = ("temperature", "top_p", "top_k")


def encode(request: ChatRequest, target: Target, *, unsupported: UnsupportedPolicy) -> Encoded:
    """The body. Raises `UnsupportedFeature` or `InvalidRequest`."""
    losses = Losses(unsupported, target)
    body = converse_body(request, target, losses)
    return Encoded(
        written(body, request.extra_body),
        warnings=tuple(losses.warnings),
        dropped=tuple(losses.dropped),
    )


def converse_body(request: ChatRequest, target: Target, losses: Losses) -> Body:
    """The keys in the order in which they are sent."""
    request = _sampling(losses.supported(request, _ABSENT), target, losses)
    options = _options(request)
    request = claude.beside_thinking(request, options.thinking, losses)
    writer = PartWriter(losses, cite=options.citations)
    conversation = _conversation(request, writer, losses)
    if options.cache is not None:
        conversation.turns[-1].blocks.append({"cachePoint": _cache_point(options.cache)})
    body: Body = {
        "messages": [{"role": turn.role, "content": turn.blocks} for turn in conversation.turns]
    }
    if conversation.system:
        body["system"] = conversation.system
    if settings := _inference_config(request):
        body["inferenceConfig"] = settings
    if (tools := tool_config(request, writer.called, losses)) is not None:
        body["toolConfig"] = tools
    if output := _output_config(request, options, losses):
        body["outputConfig"] = output
    if fields := model_fields(request, options, target, losses):
        body["additionalModelRequestFields"] = fields
    if options is not _NO_OPTIONS:
        _add_options(body, options)
    return body


def _options(request: ChatRequest) -> BedrockOptions:
    options = request.options
    if options is None:
        return _NO_OPTIONS
    if not isinstance(options, BedrockOptions):
        raise InvalidRequest(
            f"{type(options).__name__} is of another protocol; this target takes BedrockOptions"
        )
    return options


def _sampling(request: ChatRequest, target: Target, losses: Losses) -> ChatRequest:
    """The request without what newer Claudes refuse."""
    if claude.takes_sampling(target.model):
        return request
    given = [name for name in _SAMPLING if getattr(request, name) is not None]
    for name in given:
        losses.unsupported(name, "leave it out, or take an older model")
    return msgspec.structs.replace(request, **dict.fromkeys(given)) if given else request


def _conversation(request: ChatRequest, writer: PartWriter, losses: Losses) -> Conversation:
    conversation = Conversation(writer, losses)
    for message in request.messages:
        conversation.add(message)
    conversation.close()
    if not conversation.turns:
        raise InvalidRequest("there is no message to answer; give a user message with content")
    return conversation


def _inference_config(request: ChatRequest) -> Body:
    settings: Body = {}
    if request.max_tokens is not None:
        settings["maxTokens"] = request.max_tokens
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    if request.top_p is not None:
        settings["topP"] = request.top_p
    if request.stop:
        settings["stopSequences"] = request.stop
    return settings


def _output_config(request: ChatRequest, options: BedrockOptions, losses: Losses) -> Body:
    config: Body = {}
    output = request.output
    json_schema = losses.target.quirks.output == "json_schema"
    if output == "json" or (output is not None and not json_schema):
        what = "JSON output without a schema" if output == "json" else "a JSON schema"
        losses.unsupported(what, "give a schema" if json_schema else "ask in the prompt")
    elif output is not None:
        fitting = dict(strict_schema(output.schema, "the output", losses))
        schema: Body = {"schema": written(fitting, None).decode(), "name": output.name}
        if output.description is not None:
            schema["description"] = output.description
        config["textFormat"] = {"type": "json_schema", "structure": {"jsonSchema": schema}}
    if options.effort is not None:
        config["effort"] = options.effort
    return config


def _cache_point(life: str) -> Body:
    """Five minutes is what every model knows without being told."""
    return {"type": "default"} if life == "5m" else {"type": "default", "ttl": life}


def _add_options(body: Body, options: BedrockOptions) -> None:
    if options.additional_response:
        body["additionalModelResponseFieldPaths"] = options.additional_response
    if options.guardrail is not None:
        body["guardrailConfig"] = options.guardrail
    if options.latency is not None:
        body["performanceConfig"] = {"latency": options.latency}
    if options.service_tier is not None:
        body["serviceTier"] = {"type": options.service_tier}
    if options.request_metadata is not None:
        body["requestMetadata"] = options.request_metadata
    if options.prompt_variables is not None:
        given = options.prompt_variables.items()
        body["promptVariables"] = {name: {"text": text} for name, text in given}
