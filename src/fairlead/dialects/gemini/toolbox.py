"""Tool definitions, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.dialects.fitting import fitted
from fairlead.dialects.gemini import wire
from fairlead.dialects.gemini.options import GeminiOptions
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import NamedTool, ProviderTool, Tool

_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}

Definition = dict[str, object]


def tools(given: Sequence[Tool | ProviderTool], losses: Losses) -> list[object]:
    """All functions stand in one list, at the place of the first."""
    entries: list[object] = []
    functions: list[Definition] = []
    for tool in given:
        if isinstance(tool, Tool):
            if not functions:
                entries.append({"functionDeclarations": functions})
            functions.append(_definition(tool, losses))
        elif tool.dialect == wire.NAME:
            entries.append(tool.definition)
        else:
            losses.unsupported(f"a provider's tool of {tool.dialect}")
    return entries


def tool_config(
    request: ChatRequest, options: GeminiOptions, target: Target, losses: Losses
) -> Definition:
    """The choice, and what the caller adds to it."""
    config: Definition = {}
    if request.parallel_tool_calls is False:
        losses.unsupported("parallel_tool_calls=False", "run only the first call of an answer")
    if (choice := _choice(request, target, losses)) is not None:
        config["functionCallingConfig"] = choice
    for name, value in (options.tool_config or {}).items():
        if name in config:
            raise InvalidRequest(f"options.tool_config sets {name!r}, which tool_choice sets too")
        config[name] = value
    return config


def _choice(request: ChatRequest, target: Target, losses: Losses) -> Definition | None:
    """Strict functions make `VALIDATED` of `AUTO`: the protocol knows no strictness of one."""
    wanted = request.tool_choice
    if wanted is not None and not request.tools:
        raise InvalidRequest("tool_choice needs tools to choose from")
    forced = wanted == "required" or isinstance(wanted, NamedTool)
    if forced and target.quirks.forced_tool == "unsupported":
        losses.unsupported("a forced tool choice")
        wanted = None
    if isinstance(wanted, NamedTool):
        return {"mode": "ANY", "allowedFunctionNames": [wanted.name]}
    if wanted in (None, "auto") and _strict(request, target, losses):
        return {"mode": "VALIDATED"}
    return None if wanted is None else {"mode": _MODES[wanted]}


def _strict(request: ChatRequest, target: Target, losses: Losses) -> bool:
    if not any(isinstance(tool, Tool) and tool.strict for tool in request.tools):
        return False
    if not target.quirks.tool_strict:
        losses.unsupported("strict tools")
        return False
    return True


def _definition(tool: Tool, losses: Losses) -> Definition:
    definition: Definition = {"name": tool.name}
    if tool.description is not None:
        definition["description"] = tool.description
    if tool.parameters is not None:
        what = f"the tool {tool.name!r}"
        definition["parametersJsonSchema"] = fitted(tool.parameters, "gemini", what, losses)
    return definition
