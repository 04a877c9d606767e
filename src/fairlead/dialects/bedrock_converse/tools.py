"""Tool definitions, and the choice among them."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.dialects.bedrock_converse import wire
from fairlead.dialects.fitting import strict_schema
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import NamedTool, Tool

Definition = dict[str, object]

_NO_PARAMETERS = {"type": "object", "properties": {}}
_CHOICES = {"auto": "auto", "required": "any"}


def tool_config(request: ChatRequest, called: Iterable[str], losses: Losses) -> Definition | None:
    """`toolConfig`. Tools that were called before (`called`) must be declared to the end.

    There is no choice of `none`: then no tool is declared, unless the conversation has calls.
    """
    if request.parallel_tool_calls is False:
        losses.unsupported("parallel_tool_calls=False")
    wanted = request.tool_choice
    if wanted is not None and not request.tools:
        raise InvalidRequest("tool_choice needs tools to choose from")
    names = list(called)
    if wanted == "none" and names:
        losses.unsupported("tool_choice='none' after tool calls")
    if wanted == "none" and not names:
        return None
    tools = _tools(request, losses)
    if not tools:
        tools = _declared(names, losses)
    if not tools:
        return None
    config: Definition = {"tools": tools}
    if (choice := _choice(request, losses)) is not None:
        config["toolChoice"] = choice
    return config


def _tools(request: ChatRequest, losses: Losses) -> list[object]:
    definitions: list[object] = []
    for tool in request.tools:
        if isinstance(tool, Tool):
            definitions.append({"toolSpec": _definition(tool, losses)})
        elif tool.dialect == wire.NAME:
            definitions.append(tool.definition)
        else:
            losses.unsupported(f"a provider's tool of {tool.dialect}")
    return definitions


def _declared(names: list[str], losses: Losses) -> list[object]:
    """The protocol refuses a conversation with calls of tools that are not declared."""
    if names:
        losses.warnings.append(
            f"the conversation has tool calls but the request no tools; {', '.join(names)} "
            "went along without parameters, because the provider asks for them"
        )
    return [{"toolSpec": {"name": name, "inputSchema": {"json": _NO_PARAMETERS}}} for name in names]


def _choice(request: ChatRequest, losses: Losses) -> Definition | None:
    wanted = request.tool_choice
    if wanted is None or wanted == "none":
        return None
    forced = wanted == "required" or isinstance(wanted, NamedTool)
    if forced and losses.target.quirks.forced_tool == "unsupported":
        losses.unsupported("a forced tool choice")
        return None
    if isinstance(wanted, NamedTool):
        return {"tool": {"name": wanted.name}}
    return {_CHOICES[wanted]: {}}


def _definition(tool: Tool, losses: Losses) -> Definition:
    definition: Definition = {"name": tool.name}
    if tool.description:
        definition["description"] = tool.description
    schema = _NO_PARAMETERS if tool.parameters is None else tool.parameters
    definition["inputSchema"] = {"json": schema}
    if tool.strict is not None:
        if losses.target.quirks.tool_strict:
            definition["strict"] = tool.strict
            if tool.strict:
                fitting = strict_schema(schema, f"the tool {tool.name!r}", losses)
                definition["inputSchema"] = {"json": fitting}
        else:
            losses.unsupported("strict tools")
    return definition
