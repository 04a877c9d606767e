"""The tools of one command: loaded, and with leave to run from a person or from `--yes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fairlead.cli.approval import Approval, Ask, ask_at_terminal, terminal_at_hand
from fairlead.cli.functions import load_tools
from fairlead.errors import InvalidRequest

if TYPE_CHECKING:
    from fairlead.cli.tool_flags import ToolFlags
    from fairlead.inputs import ChatOptions
    from fairlead.schemas.function_tool import FunctionTool
    from fairlead.turns.start import RunOptions


class Tools:
    """Functions and the rules for them."""

    def __init__(
        self, functions: tuple[FunctionTool, ...], flags: ToolFlags, ask: Ask | None = None
    ) -> None:
        self.functions = functions
        self.debug = flags.debug
        self.approval: Approval | None = None
        self._limit = flags.limit
        self._ask = ask
        for function in functions:
            if flags.yes or flags.approve_each:
                function.needs_approval = flags.approve_each
        if not flags.yes:
            self.approval = Approval(ask or ask_at_terminal, remembers=not flags.approve_each)

    def check(self) -> None:
        """Raises `InvalidRequest` where a tool needs leave and there is nobody to ask."""
        asking = any(function.needs_approval is not False for function in self.functions)
        if self.approval is None or not asking or self._ask is not None or terminal_at_hand():
            return
        raise InvalidRequest(
            "there is no terminal to ask whether a tool may run; --yes runs them without asking"
        )

    def told(self, options: ChatOptions) -> ChatOptions:
        """The options of the first request, for a look at it."""
        return {**options, "tools": [function.tool for function in self.functions]}

    def run_options(self, options: ChatOptions) -> RunOptions:
        """The options of the whole run."""
        found = cast("RunOptions", {**options, "tools": self.functions})
        if self.approval is not None:
            found["approve"] = self.approval
        if self._limit is not None:
            found["max_turns"] = self._limit
        return found

    def was_asked(self, call_id: str) -> bool:
        """Whether a person has seen this call already."""
        return self.approval is not None and call_id in self.approval.asked


def open_tools(flags: ToolFlags, options: ChatOptions) -> Tools | None:
    """Load what is wanted; None where no tool is. Raises `InvalidRequest`."""
    if not flags.wanted:
        return None
    if "tools" in options:
        raise InvalidRequest("-o tools and -T exclude each other; -T and --functions run here")
    tools = Tools(load_tools(flags.names, flags.sources), flags)
    names = [function.name for function in tools.functions]
    for name in names:
        if names.count(name) > 1:
            raise InvalidRequest(f"two tools are named {name!r}; leave one out")
    return tools
