"""A neutral request as the body of `POST /responses`: fixed key order, unset options absent."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.dialects.body import written
from fairlead.dialects.fitting import strict_schema
from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_responses.options import OpenAIResponsesOptions
from fairlead.dialects.openai_responses.turns import Turns
from fairlead.errors import InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

_NO_OPTIONS = OpenAIResponsesOptions()
_LACKING = ("top_k", "stop", "seed", "presence_penalty", "frequency_penalty")
"""Parameters that the protocol does not have."""
_PLAIN_OPTIONS = (
    "store",
    "previous_response_id",
    "conversation",
    "background",
    "truncation",
    "max_tool_calls",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "metadata",
    "prompt",
)
_LOGPROBS = "message.output_text.logprobs"
_NO_PARAMETERS: Mapping[str, object] = {"type": "object", "properties": {}}


def encode(
    request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
) -> Encoded:
    """The body. Raises `UnsupportedFeature` or `InvalidRequest`; sends no headers of its own."""
    losses = Losses(unsupported, target)
    request = losses.supported(request, _LACKING)
    options = _options(request)
    body: dict[str, object] = {}
    if target.model:
        body["model"] = target.model
    if options.preset is not None:
        body["preset"] = options.preset
    _add_messages(body, request, options, target, losses)
    _add_tools(body, request, options, target, losses)
    _add_output(body, request, options, target, losses)
    _add_sampling(body, request, options)
    if options is not _NO_OPTIONS:
        _add_options(body, options, stream=stream)
    if stream:
        body["stream"] = True
    return Encoded(
        written(body, request.extra_body), (), tuple(losses.warnings), tuple(losses.dropped)
    )


def _options(request: ChatRequest) -> OpenAIResponsesOptions:
    options = request.options
    if options is None:
        return _NO_OPTIONS
    if not isinstance(options, OpenAIResponsesOptions):
        raise InvalidRequest(
            f"{type(options).__name__} is for another protocol; give OpenAIResponsesOptions"
        )
    if options.previous_response_id is not None and options.conversation is not None:
        raise InvalidRequest("give either previous_response_id or conversation, not both")
    return options


def _add_messages(
    body: dict[str, object],
    request: ChatRequest,
    options: OpenAIResponsesOptions,
    target: Target,
    losses: Losses,
) -> None:
    stored = options.previous_response_id or options.conversation or options.prompt
    turns = Turns(target.quirks, losses, calls_elsewhere=bool(stored))
    for message in request.messages:
        turns.add(message)
    instructions, items = turns.finished()
    if not items and not stored:
        raise InvalidRequest("there is nothing to send; give at least one message with content")
    body["input"] = items
    if instructions is not None:
        body["instructions"] = instructions


def _add_tools(
    body: dict[str, object],
    request: ChatRequest,
    options: OpenAIResponsesOptions,
    target: Target,
    losses: Losses,
) -> None:
    found = [
        definition
        for tool in request.tools
        if (definition := _tool(tool, target, losses)) is not None
    ]
    if found:
        body["tools"] = found
    if options.tool_choice is not None:
        if request.tool_choice is not None:
            raise InvalidRequest("tool_choice is given twice; leave one of the two out")
        body["tool_choice"] = options.tool_choice
    elif request.tool_choice is not None and (found or not request.tools):
        _add_choice(body, request, target, losses)
    if request.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = request.parallel_tool_calls


def _add_choice(
    body: dict[str, object], request: ChatRequest, target: Target, losses: Losses
) -> None:
    choice = request.tool_choice
    forced = choice not in ("auto", "none")
    if forced and target.quirks.forced_tool == "unsupported":
        losses.unsupported("tool_choice", "use auto, or leave it out")
    elif isinstance(choice, NamedTool):
        body["tool_choice"] = {"type": "function", "name": choice.name}
    else:
        body["tool_choice"] = choice


def _tool(tool: Tool | ProviderTool, target: Target, losses: Losses) -> Mapping[str, object] | None:
    if isinstance(tool, ProviderTool):
        if tool.dialect == OpenAIResponsesOptions.dialect:
            return tool.definition
        losses.unsupported("tools", f"a tool of {tool.dialect} runs only there")
        return None
    written: dict[str, object] = {"type": "function", "name": tool.name}
    if tool.description is not None:
        written["description"] = tool.description
    written["parameters"] = _NO_PARAMETERS if tool.parameters is None else tool.parameters
    if target.quirks.tool_strict:
        # Absent, it means true here and false everywhere else.
        written["strict"] = bool(tool.strict)
        if tool.strict and tool.parameters is not None:
            what = f"the tool {tool.name!r}"
            written["parameters"] = strict_schema(tool.parameters, what, losses)
    elif tool.strict:
        losses.unsupported("tools.strict")
    return written


def _add_output(
    body: dict[str, object],
    request: ChatRequest,
    options: OpenAIResponsesOptions,
    target: Target,
    losses: Losses,
) -> None:
    text: dict[str, object] = {}
    if request.output is not None and (form := _format(request.output, target, losses)):
        text["format"] = form
    if options.verbosity is not None:
        text["verbosity"] = options.verbosity
    if text:
        body["text"] = text
    reasoning = {
        "effort": request.reasoning_effort,
        "summary": options.reasoning_summary,
        "mode": options.reasoning_mode,
        "context": options.reasoning_context,
    }
    if asked := {key: value for key, value in reasoning.items() if value is not None}:
        body["reasoning"] = asked


def _format(output: OutputSchema | str, target: Target, losses: Losses) -> dict[str, object] | None:
    quirks = target.quirks
    if not isinstance(output, OutputSchema):
        if quirks.json_object:
            return {"type": "json_object"}
        losses.unsupported("output", "give a JSON schema")
        return None
    if quirks.output == "json_object":
        losses.unsupported("output", 'use output="json" and describe the schema in the prompt')
        return None
    form: dict[str, object] = {"type": "json_schema", "name": output.name}
    if output.description is not None:
        form["description"] = output.description
    strict = output.strict is True
    form["schema"] = strict_schema(output.schema, "the output", losses) if strict else output.schema
    if output.strict is not None:
        form["strict"] = output.strict
    return form


def _add_sampling(
    body: dict[str, object], request: ChatRequest, options: OpenAIResponsesOptions
) -> None:
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.max_tokens is not None:
        body["max_output_tokens"] = request.max_tokens
    include = options.include
    if request.top_logprobs is not None:
        body["top_logprobs"] = request.top_logprobs
    if (request.logprobs or request.top_logprobs is not None) and _LOGPROBS not in include:
        include = (*include, _LOGPROBS)
    if include:
        body["include"] = include
    if request.user is not None:
        body["user"] = request.user


def _add_options(body: dict[str, object], options: OpenAIResponsesOptions, *, stream: bool) -> None:
    for name in _PLAIN_OPTIONS:
        value = getattr(options, name)
        if value is not None:
            body[name] = value
    if options.context_management:
        body["context_management"] = options.context_management
    if stream and options.include_obfuscation is not None:
        body["stream_options"] = {"include_obfuscation": options.include_obfuscation}
