"""What a run may do: how many turns, which tools run unasked, what becomes of their errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from msgspec import Struct

from fairlead.types.messages import ToolCall

OnToolError = Literal["model", "raise"]
Verdict = bool | str
"""Whether a call may run. A string says no, and tells the model why."""
Approve = Callable[[ToolCall], Verdict | Awaitable[Verdict]]

MAX_TURNS = 10
CONCURRENCY = 8


class RunRules(Struct, frozen=True, kw_only=True):
    """See `RunOptions`, whose values these are."""

    max_turns: int = MAX_TURNS
    on_tool_error: OnToolError = "model"
    approve: Approve | None = None
    concurrency: int = CONCURRENCY
    tool_timeout: float | None = None
