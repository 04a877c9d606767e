"""Tool definitions, and the choice among them.

The protocol knows no choice of one tool, and no `auto`: that is what it does anyway.
"""

from __future__ import annotations

from fairlead.dialects.body import Body
from fairlead.dialects.cohere.options import CohereOptions
from fairlead.dialects.cohere.wire import NAME
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import NamedTool, ProviderTool, Tool

_NO_PARAMETERS = {"type": "object", "properties": {}}


def add_tools(body: Body, request: ChatRequest, options: CohereOptions, losses: Losses) -> None:
    """`tools`, `tool_choice` and `strict_tools`, as far as they were asked for."""
    tools = [found for tool in request.tools if (found := _tool(tool, losses)) is not None]
    if tools:
        body["tools"] = tools
    if (choice := _choice(request, losses)) is not None and tools:
        body["tool_choice"] = choice
    if (strict := _strict(request, options, losses)) is not None:
        body["strict_tools"] = strict


def _tool(tool: Tool | ProviderTool, losses: Losses) -> object:
    if isinstance(tool, ProviderTool):
        if tool.dialect == NAME:
            return tool.definition
        losses.unsupported(f"a provider's tool of {tool.dialect}")
        return None
    function: Body = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = _NO_PARAMETERS if tool.parameters is None else tool.parameters
    return {"type": "function", "function": function}


def _choice(request: ChatRequest, losses: Losses) -> str | None:
    choice = request.tool_choice
    if choice is None:
        return None
    if not request.tools:
        raise InvalidRequest("tool_choice needs tools to choose from; give tools or leave it out")
    if isinstance(choice, NamedTool):
        losses.unsupported(
            "a tool choice that names a tool", 'give that tool alone and tool_choice="required"'
        )
        return None
    if choice == "required" and losses.target.quirks.forced_tool == "unsupported":
        losses.unsupported("a forced tool choice")
        return None
    return None if choice == "auto" else choice.upper()


def _strict(request: ChatRequest, options: CohereOptions, losses: Losses) -> bool | None:
    """One switch for all tools."""
    if options.strict_tools is not None:
        return options.strict_tools
    asked = {tool.strict for tool in request.tools if isinstance(tool, Tool)}
    if True not in asked:
        return None
    if len(asked) > 1:
        losses.unsupported("strict for some tools alone", "set it for all of them or for none")
        return None
    return True
