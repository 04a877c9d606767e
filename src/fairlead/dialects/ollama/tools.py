"""Tool definitions. The protocol knows no choice among them: the model always chooses."""

from __future__ import annotations

from fairlead.dialects.body import Body
from fairlead.dialects.losses import Losses
from fairlead.dialects.ollama.wire import NAME
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import ProviderTool, Tool

_NO_PARAMETERS = {"type": "object", "properties": {}}


def tools(request: ChatRequest, losses: Losses) -> list[object]:
    """The tools to send: none where the model shall choose none."""
    choice = request.tool_choice
    if choice is not None and not request.tools:
        raise InvalidRequest("tool_choice needs tools to choose from; give tools or leave it out")
    if choice == "none":
        losses.leave_out("tools, of which none was to be chosen")
        return []
    if choice not in (None, "auto"):
        losses.unsupported("a forced tool choice", 'use tool_choice="auto"')
    found = (_tool(tool, losses) for tool in request.tools)
    return [tool for tool in found if tool is not None]


def _tool(tool: Tool | ProviderTool, losses: Losses) -> object:
    if isinstance(tool, ProviderTool):
        if tool.dialect == NAME:
            return tool.definition
        losses.unsupported(f"a provider's tool of {tool.dialect}")
        return None
    if tool.strict:
        losses.unsupported("strict tools", "leave strict unset")
    function: Body = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = _NO_PARAMETERS if tool.parameters is None else tool.parameters
    return {"type": "function", "function": function}
