"""A neutral request to a Chat Completions body: fixed key order, unset options absent."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import cast

from fairlead.dialects.body import written
from fairlead.dialects.fitting import strict_schema
from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat.conversation import messages
from fairlead.dialects.openai_chat.options import OpenAIChatOptions
from fairlead.errors import InvalidRequest
from fairlead.ports import Encoded
from fairlead.types.requests import ChatRequest, UnsupportedPolicy
from fairlead.types.targets import Target
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool

_OWN_NAMES = (
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "user",
)
"""Options that are sent under their own names, after the others."""


def encode(
    request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
) -> Encoded:
    """The body and headers. Raises `UnsupportedFeature` or `InvalidRequest`."""
    losses = Losses(unsupported, target)
    body: dict[str, object] = {
        "model": target.model,
        "messages": messages(request.messages, losses),
    }
    if request.tools or request.tool_choice is not None:
        _tools(body, request, losses)
    if request.parallel_tool_calls is not None and not losses.lacks("parallel_tool_calls"):
        body["parallel_tool_calls"] = request.parallel_tool_calls
    if request.output is not None:
        _output(body, request.output, losses)
    _parameters(body, request, losses)
    if request.options is not None:
        _options(body, request, losses)
    if target.quirks.prefill and request.messages[-1].role == "assistant":
        _begin(body, target.quirks.prefill)
    if stream:
        body["stream"] = True
        if target.quirks.ask_for_usage:
            body["stream_options"] = {"include_usage": True}
    return Encoded(
        written(body, request.extra_body),
        warnings=tuple(losses.warnings),
        dropped=tuple(losses.dropped),
    )


_own_values = attrgetter(*_OWN_NAMES)
_values = attrgetter("temperature", "top_p", "top_k", "max_tokens", "stop", "seed", *_OWN_NAMES)
_UNSET = (None, None, None, None, (), None, *(None for _ in _OWN_NAMES))


_OFF: Mapping[str, object] = {"thinking": {"type": "disabled"}, "enable_thinking": False}


def _parameters(body: dict[str, object], request: ChatRequest, losses: Losses) -> None:
    if _values(request) == _UNSET:
        return
    quirks, lacks = losses.target.quirks, losses.lacks
    if request.temperature is not None and not lacks("temperature"):
        body["temperature"] = request.temperature
    if request.top_p is not None and not lacks("top_p"):
        body["top_p"] = request.top_p
    if request.top_k is not None and not lacks("top_k"):
        body["top_k"] = request.top_k
    if request.max_tokens is not None and not lacks("max_tokens"):
        body[quirks.max_tokens] = request.max_tokens
    if request.stop and not lacks("stop"):
        body["stop"] = request.stop
    if request.seed is not None and not lacks("seed"):
        body[quirks.seed] = request.seed
    own = zip(_OWN_NAMES, _own_values(request), strict=True)
    body.update({name: value for name, value in own if value is not None and not lacks(name)})
    if quirks.thinking_off != "reasoning_effort" and body.get("reasoning_effort") == "none":
        del body["reasoning_effort"]
        body[quirks.thinking_off] = _OFF[quirks.thinking_off]


def _begin(body: dict[str, object], how: str) -> None:
    """Make the last message, which is the assistant's, the beginning of the answer."""
    last = cast("list[dict[str, object]]", body["messages"])[-1]
    if last["role"] != "assistant" or last.get("tool_calls"):
        return
    if how in ("prefix", "partial"):
        last[how] = True
    elif how == "continue_final_message":
        body["add_generation_prompt"] = False
        body["continue_final_message"] = True


def _tools(body: dict[str, object], request: ChatRequest, losses: Losses) -> None:
    if request.tools and losses.lacks("tools"):
        return
    tools = [tool for tool in (_tool(t, losses) for t in request.tools) if tool is not None]
    if tools:
        body["tools"] = tools
    choice = request.tool_choice
    if choice is None or (request.tools and not tools) or losses.lacks("tool_choice"):
        return
    if not request.tools and "tools" not in (request.extra_body or {}):
        raise InvalidRequest("tool_choice is set but there are no tools; give tools or leave it")
    forced = losses.target.quirks.forced_tool
    if choice in ("auto", "none"):
        body["tool_choice"] = choice
    elif forced == "unsupported":
        losses.unsupported("a tool choice that forces a tool", 'use tool_choice="auto"')
    elif forced == "unless_thinking" and _may_think(request):
        hint = 'use tool_choice="auto" or reasoning_effort="none"'
        losses.unsupported("a tool choice that forces a tool while the model thinks", hint)
    elif isinstance(choice, NamedTool):
        _check_name(choice.name, request)
        body["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
    else:
        body["tool_choice"] = "any" if forced == "any" else "required"


def _may_think(request: ChatRequest) -> bool:
    """Whether nothing in the request switches thinking off, which is on by itself."""
    asked = getattr(request.options, "thinking", None) or (request.extra_body or {}).get("thinking")
    if isinstance(asked, Mapping):
        return asked.get("type") != "disabled"
    return request.reasoning_effort != "none"


def _check_name(name: str, request: ChatRequest) -> None:
    names = [tool.name for tool in request.tools if isinstance(tool, Tool)]
    if name not in names and len(names) == len(request.tools):
        raise InvalidRequest(f"tool_choice names {name!r}, but the tools are {', '.join(names)}")


def _tool(tool: Tool | ProviderTool, losses: Losses) -> Mapping[str, object] | None:
    if isinstance(tool, ProviderTool):
        if tool.dialect == losses.target.dialect:
            return tool.definition
        kind = str(tool.definition.get("type", "provider"))
        losses.unsupported(f"the {kind} tool of {tool.dialect}", "give a tool of its own")
        return None
    function: dict[str, object] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.parameters is not None:
        function["parameters"] = tool.parameters
    if tool.strict is not None:
        if losses.target.quirks.tool_strict:
            function["strict"] = tool.strict
            if tool.strict and tool.parameters is not None:
                what = f"the tool {tool.name!r}"
                function["parameters"] = strict_schema(tool.parameters, what, losses)
        elif tool.strict:
            losses.unsupported("strict tools", "leave strict unset")
    return {"type": "function", "function": function}


def _output(body: dict[str, object], output: OutputSchema | str, losses: Losses) -> None:
    quirks = losses.target.quirks
    if losses.lacks("output"):
        return
    if not isinstance(output, OutputSchema):
        if quirks.json_object:
            body["response_format"] = {"type": "json_object"}
        else:
            losses.unsupported('output="json"', "give an OutputSchema")
    elif quirks.output == "json_schema":
        body["response_format"] = {"type": "json_schema", "json_schema": _schema(output, losses)}
    else:
        losses.unsupported(
            "an output schema", 'use output="json" and describe the schema in the prompt'
        )


def _schema(output: OutputSchema, losses: Losses) -> dict[str, object]:
    schema: dict[str, object] = {"name": output.name}
    if output.description is not None:
        schema["description"] = output.description
    strict = output.strict is True
    schema["schema"] = (
        strict_schema(output.schema, "the output", losses) if strict else output.schema
    )
    if output.strict is not None:
        schema["strict"] = output.strict
    return schema


def _options(body: dict[str, object], request: ChatRequest, losses: Losses) -> None:
    options = request.options
    if not isinstance(options, OpenAIChatOptions):
        raise InvalidRequest(
            f"{losses.target.label} takes OpenAIChatOptions as options, "
            f"not {type(options).__name__}"
        )
    for name in options.__struct_fields__:
        value = getattr(options, name)
        if value is not None and not losses.lacks(name):
            body[name] = value
