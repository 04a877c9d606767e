"""The tools of a run by their names: what the model is told of them, and what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.errors import BadRequestError, InvalidRequest, ToolFailed
from fairlead.schemas.refused import refused_place, refused_tool
from fairlead.types.tools import ProviderTool, Tool

if TYPE_CHECKING:
    from fairlead.schemas.function_tool import FunctionTool


class Toolbox:
    """Functions, and tools that a provider runs itself."""

    def __init__(self, tools: tuple[FunctionTool | ProviderTool, ...]) -> None:
        self._by_name = {tool.name: tool for tool in tools if not isinstance(tool, ProviderTool)}
        self.told: tuple[Tool | ProviderTool, ...] = tuple(
            tool if isinstance(tool, ProviderTool) else tool.tool for tool in tools
        )

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def named(self, name: str) -> FunctionTool:
        """The tool that the model means. Raises `ToolFailed` where it made the name up."""
        found = self._by_name.get(name)
        if found is None:
            known = ", ".join(self._by_name) or "none"
            raise ToolFailed(name, f"there is no such tool; there are: {known}")
        return found

    def check_approval(self, *, can_ask: bool) -> None:
        """Raises `InvalidRequest` where a tool must be approved, and nobody can be asked."""
        for name, tool in self._by_name.items():
            if tool.needs_approval and not can_ask:
                raise InvalidRequest(
                    f"the tool {name!r} needs approval; pass approve=, a function of the call "
                    "that says whether it may run"
                )

    def explain_refusal(self, error: BadRequestError) -> None:
        """Say which tool it is whose schema a provider has refused, and where, if it tells."""
        said = f"{error.args[0]} {error.excerpt}"
        place = refused_place(said)
        name = refused_tool(said, [getattr(tool, "name", "") for tool in self.told])
        if error.remedy is None and name is not None and (place or "schema" in said.lower()):
            where = "the parameters" if place is None else f"the parameter at {place}"
            error.remedy = f"change {where} of the tool {name!r}"
