"""Tool definitions, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.dialects.anthropic_messages import wire
from fairlead.dialects.anthropic_messages.options import AnthropicOptions
from fairlead.dialects.fitting import strict_schema
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import NamedTool, ProviderTool, Tool

_NO_PARAMETERS = {"type": "object", "properties": {}}
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}

Definition = dict[str, object]


def tools(given: Sequence[Tool | ProviderTool], target: Target, losses: Losses) -> list[object]:
    definitions: list[object] = []
    for tool in given:
        if isinstance(tool, Tool):
            definitions.append(_definition(tool, target, losses))
        elif tool.dialect == wire.NAME:
            definitions.append(tool.definition)
        else:
            losses.unsupported(f"a provider's tool of {tool.dialect}")
    return definitions


def tool_choice(
    request: ChatRequest, options: AnthropicOptions, target: Target, losses: Losses
) -> Definition | None:
    """Parallel calls are switched off in the choice, so that alone makes one (`auto`)."""
    wanted = request.tool_choice
    single = request.parallel_tool_calls is False
    if wanted is None and not single:
        return None
    if not request.tools and not options.mcp_servers:
        raise InvalidRequest("tool_choice and parallel_tool_calls need tools to choose from")
    forced = wanted == "required" or isinstance(wanted, NamedTool)
    if forced and target.quirks.forced_tool == "unsupported":
        losses.unsupported("a forced tool choice")
        wanted = None
    choice: Definition
    if isinstance(wanted, NamedTool):
        choice = {"type": "tool", "name": wanted.name}
    else:
        choice = {"type": _CHOICES[wanted or "auto"]}
    if single and choice["type"] != "none":
        choice["disable_parallel_tool_use"] = True
    return choice


def _definition(tool: Tool, target: Target, losses: Losses) -> Definition:
    definition: Definition = {"name": tool.name}
    if tool.description is not None:
        definition["description"] = tool.description
    definition["input_schema"] = _NO_PARAMETERS if tool.parameters is None else tool.parameters
    if tool.strict is not None:
        if target.quirks.tool_strict:
            definition["strict"] = tool.strict
            if tool.strict and tool.parameters is not None:
                what = f"the tool {tool.name!r}"
                definition["input_schema"] = strict_schema(tool.parameters, what, losses)
        else:
            losses.unsupported("strict tools")
    return definition
