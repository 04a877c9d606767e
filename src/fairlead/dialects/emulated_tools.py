"""Tools for a target that has none: described in the prompt, called by an answer in JSON.

The answer follows a schema that leaves the model two ways: `{"tool": ..., "arguments": ...}` with
the name and the arguments of one tool, or `{"answer": ...}`. What it says becomes a tool call like
any other. One call a turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from fairlead.dialects.emulated_calls import CallingDecoder
from fairlead.dialects.emulated_output import OutputDialect, instructed
from fairlead.errors import InvalidRequest
from fairlead.types.messages import Message, Part, Text, ToolCall, ToolResult
from fairlead.types.tools import NamedTool, OutputSchema, Tool

if TYPE_CHECKING:
    from fairlead.errors import ApiError
    from fairlead.ports import Decoder, Dialect, Encoded, Limits
    from fairlead.types.events import Event
    from fairlead.types.http import Headers
    from fairlead.types.requests import ChatRequest, OutputMode, UnsupportedPolicy
    from fairlead.types.responses import ChatResponse
    from fairlead.types.targets import Target

TRANSLATED = "tools (emulated: described in the prompt, called in JSON)"

_INTRODUCTION = (
    "You can call these functions. Each line is one, as JSON, with the schema of its arguments."
)
_CALL = 'To call one, answer with JSON alone: {"tool": "<its name>", "arguments": {...}}.'
_ANSWER = 'To answer the user, answer with JSON alone: {"answer": ...}.'
_RESULT = "{call} returned: {text}\n"
_FAILED = "{call} failed: {text}\n"
_GO_ON = "If you need nothing more, answer my question."


def tooled(
    dialect: Dialect[ChatRequest],
    request: ChatRequest,
    target: Target,
    emulate: bool | None,
    mode: OutputMode = "auto",
) -> Dialect[ChatRequest]:
    """`dialect`, or what emulates the tools of `request`: by choice, or where `target` has none.

    `mode` is how the answer that stands for a call is asked for. Raises `InvalidRequest` for a
    choice that is none.
    """
    if emulate is not None and not isinstance(emulate, bool):
        raise InvalidRequest("emulate_tools must be true or false")
    if emulate is None:
        emulate = "tools" in target.quirks.unsupported
    return EmulatingDialect(dialect, mode) if request.tools and emulate else dialect


class EmulatingDialect:
    """A dialect for chat that takes tools, made of one that does not."""

    __slots__ = ("_inner", "name")

    def __init__(self, inner: Dialect[ChatRequest], mode: OutputMode = "auto") -> None:
        # Where the target takes no schema either, the prompt asks for it.
        self._inner = OutputDialect(inner, mode, ("tools",))
        self.name = inner.name

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        prompted = without_tools(request)
        encoded = self._inner.encode(prompted, target, stream=stream, unsupported=unsupported)
        return replace(encoded, dropped=(*encoded.dropped, TRANSLATED))

    def decoder(
        self, request: ChatRequest, target: Target, limits: Limits
    ) -> Decoder[Event, ChatResponse]:
        number = 1 + sum(isinstance(p, ToolCall) for m in request.messages for p in m.parts)
        inner = self._inner.decoder(without_tools(request), target, limits)
        return CallingDecoder(inner, f"call_{number}", free=request.output is None)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return self._inner.decode_error(status, headers, body, target)


def without_tools(request: ChatRequest) -> ChatRequest:
    """The same request in words and a schema. Raises `InvalidRequest` for tools of a provider."""
    tools = _own(request)
    choice = request.tool_choice
    if isinstance(choice, NamedTool):
        tools = tuple(tool for tool in tools if tool.name == choice.name)
    made = _written_calls(request.messages)
    messages = tuple(_spoken(message, made) for message in request.messages)
    if choice == "none":
        return replace(
            request, messages=messages, tools=(), tool_choice=None, parallel_tool_calls=None
        )
    must_call = choice is not None and choice != "auto"
    return replace(
        request,
        messages=_instructed(messages, tools, must_call=must_call),
        tools=(),
        tool_choice=None,
        parallel_tool_calls=None,
        output=OutputSchema(schema_for(tools, request.output, must_call=must_call), "turn"),
    )


def schema_for(
    tools: Sequence[Tool], output: OutputSchema | str | None, *, must_call: bool
) -> dict[str, object]:
    """What an answer looks like: a call of one of the tools, or what was asked for."""
    shared: dict[str, object] = {}
    ways = [_call_schema(tool, shared) for tool in tools]
    if not must_call:
        ways.append(_object("answer", _answer_schema(output, shared)))
    schema: dict[str, object] = dict(ways[0]) if len(ways) == 1 else {"anyOf": ways}
    return {**schema, "$defs": shared} if shared else schema


def _own(request: ChatRequest) -> tuple[Tool, ...]:
    tools = tuple(tool for tool in request.tools if isinstance(tool, Tool))
    if len(tools) < len(request.tools):
        raise InvalidRequest("a tool that a provider runs itself cannot be emulated; leave it out")
    return tools


def _call_schema(tool: Tool, shared: dict[str, object]) -> dict[str, object]:
    own = tool.parameters or {"type": "object", "properties": {}}
    arguments = _hoisted(own, tool.name, shared)
    properties = {"tool": {"const": tool.name}, "arguments": arguments}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _answer_schema(
    output: OutputSchema | str | None, shared: dict[str, object]
) -> Mapping[str, object]:
    if isinstance(output, OutputSchema):
        return _hoisted(output.schema, "answer", shared)
    return {"type": "object"} if output == "json" else {"type": "string"}


def _object(name: str, schema: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {name: schema},
        "required": [name],
        "additionalProperties": False,
    }


def _hoisted(
    schema: Mapping[str, object], owner: str, shared: dict[str, object]
) -> Mapping[str, object]:
    """`schema` with its definitions at the root of the whole, under names of their own."""
    definitions = schema.get("$defs")
    if not isinstance(definitions, Mapping):
        return schema
    for name, definition in definitions.items():
        shared[f"{owner}.{name}"] = _pointed(definition, owner)
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    pointed = _pointed(rest, owner)
    assert isinstance(pointed, Mapping), "a mapping stays one"
    return pointed


def _pointed(value: object, owner: str) -> object:
    """`value` with its references to where the definitions are now."""
    if isinstance(value, Mapping):
        found = {key: _pointed(item, owner) for key, item in value.items()}
        place = found.get("$ref")
        if isinstance(place, str) and place.startswith("#/$defs/"):
            found["$ref"] = f"#/$defs/{owner}.{place.removeprefix('#/$defs/')}"
        return found
    if isinstance(value, list | tuple):
        return [_pointed(item, owner) for item in value]
    return value


def _instructed(
    messages: tuple[Message, ...], tools: Sequence[Tool], *, must_call: bool
) -> tuple[Message, ...]:
    """The conversation with the tools behind what the system is told."""
    lines = [_INTRODUCTION, *map(_described, tools), _CALL]
    if not must_call:
        lines.append(_ANSWER)
    said = "\n".join(lines)
    return instructed(messages, said)


def _described(tool: Tool) -> str:
    described = {
        "name": tool.name,
        "description": tool.description,
        "arguments": tool.parameters or {"type": "object", "properties": {}},
    }
    return msgspec.json.encode({k: v for k, v in described.items() if v is not None}).decode()


def _written_calls(messages: Sequence[Message]) -> dict[str, str]:
    """Every call by its id, as a model reads it best: small ones repeat what looks like a call."""
    calls = (part for message in messages for part in message.parts if isinstance(part, ToolCall))
    return {call.id: f"{call.name}({call.arguments})" for call in calls}


def _spoken(message: Message, made: Mapping[str, str]) -> Message:
    """A message with its calls and results as words."""
    if not any(isinstance(part, ToolCall | ToolResult) for part in message.parts):
        return message
    role = "user" if message.role == "tool" else message.role
    parts: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolCall):
            parts.append(Text(made[part.id]))
        elif isinstance(part, ToolResult):
            parts += _told(part, made.get(part.tool_call_id, part.name or "the function"))
        else:
            parts.append(part)
    if message.role == "tool":
        parts.append(Text(_GO_ON))
    return replace(message, role=role, parts=tuple(parts))


def _told(result: ToolResult, call: str) -> list[Part]:
    template = _FAILED if result.is_error else _RESULT
    if isinstance(result.content, str):
        return [Text(template.format(call=call, text=result.content))]
    return [Text(template.format(call=call, text="")), *result.content]
