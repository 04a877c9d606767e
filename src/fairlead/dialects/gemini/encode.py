"""Writes a request: one JSON body with a fixed order of keys. The model's name is in the URL."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.dialects.body import Body, written
from fairlead.dialects.fitting import fitted
from fairlead.dialects.gemini import models
from fairlead.dialects.gemini.conversation import Conversation
from fairlead.dialects.gemini.options import GeminiOptions
from fairlead.dialects.gemini.thinking import thinking
from fairlead.dialects.gemini.toolbox import tool_config, tools
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target

_NO_OPTIONS = GeminiOptions()
_ABSENT = ("user",)
_SETTINGS = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_tokens": "maxOutputTokens",
    "stop": "stopSequences",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
_TOP_LEVEL = {
    "cached_content": "cachedContent",
    "labels": "labels",
    "model_armor_config": "modelArmorConfig",
    "service_tier": "serviceTier",
    "store": "store",
}


def encode(request: ChatRequest, target: Target, *, unsupported: UnsupportedPolicy) -> Encoded:
    """The body. Raises `UnsupportedFeature` or `InvalidRequest`."""
    losses = Losses(unsupported, target)
    body = request_body(request, losses)
    return Encoded(
        written(body, request.extra_body),
        warnings=tuple(losses.warnings),
        dropped=tuple(losses.dropped),
    )


def request_body(request: ChatRequest, losses: Losses) -> Body:
    """The keys in the order in which they are sent, without those of `extra_body`."""
    request = losses.supported(request, _ABSENT)
    options = _options(request)
    conversation = Conversation(losses)
    for message in request.messages:
        conversation.add(message)
    if not conversation.turns:
        raise InvalidRequest("there is no message to answer; give a user message with content")
    body: Body = {}
    if conversation.system:
        body["systemInstruction"] = {"parts": conversation.system}
    body["contents"] = [turn.written() for turn in conversation.turns]
    entries = tools(request.tools, losses)
    if entries:
        body["tools"] = entries
    config = tool_config(request, options, losses.target, losses)
    if config and (entries or options.tool_config):
        body["toolConfig"] = config
    if settings := _generation_config(request, options, losses):
        body["generationConfig"] = settings
    _add_options(body, options)
    return body


def _options(request: ChatRequest) -> GeminiOptions:
    options = request.options
    if options is None:
        return _NO_OPTIONS
    if not isinstance(options, GeminiOptions):
        raise InvalidRequest(
            f"{type(options).__name__} is of another protocol; this target takes GeminiOptions"
        )
    return options


def _generation_config(request: ChatRequest, options: GeminiOptions, losses: Losses) -> Body:
    config: Body = {}
    for name, field in _SETTINGS.items():
        value = getattr(request, name)
        if value is not None and value != ():
            config[field] = value
    if options.candidate_count is not None:
        config["candidateCount"] = options.candidate_count
    _add_output(config, request, losses)
    if options.response_modalities:
        config["responseModalities"] = options.response_modalities
    if asked := thinking(request, options, losses.target, losses):
        config["thinkingConfig"] = asked
    if options.media_resolution is not None:
        config["mediaResolution"] = f"MEDIA_RESOLUTION_{options.media_resolution.upper()}"
    if options.speech_config is not None:
        config["speechConfig"] = options.speech_config
    if options.image_config is not None:
        config["imageConfig"] = options.image_config
    _merge(config, options.generation_config or {})
    return config


def _add_output(config: Body, request: ChatRequest, losses: Losses) -> None:
    output, quirks = request.output, losses.target.quirks
    if output is None:
        return
    if request.tools and not models.takes_tools_with_json(losses.target.model):
        losses.unsupported("JSON output beside tools", "take Gemini 3 or newer, or leave one out")
    elif output == "json":
        if not quirks.json_object:
            losses.unsupported("JSON output without a schema", "give a schema")
            return
        config["responseMimeType"] = "application/json"
    elif quirks.output != "json_schema":
        losses.unsupported("a JSON schema", "ask in the prompt")
    else:
        schema = dict(fitted(output.schema, "gemini", "the output", losses))
        if output.description is not None:
            schema.setdefault("description", output.description)
        config["responseMimeType"] = "application/json"
        config["responseJsonSchema"] = schema


def _merge(config: Body, extra: Mapping[str, object]) -> None:
    for name, value in extra.items():
        if name in config:
            raise InvalidRequest(
                f"options.generation_config sets {name!r}, which the request sets already"
            )
        config[name] = value


def _add_options(body: Body, options: GeminiOptions) -> None:
    if options.safety_settings:
        body["safetySettings"] = [
            {"category": category, "threshold": threshold}
            for category, threshold in options.safety_settings.items()
        ]
    for name, field in _TOP_LEVEL.items():
        if (value := getattr(options, name)) is not None:
            body[field] = value
