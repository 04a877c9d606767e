"""From the arguments of `run` to a run: what is the loop's, and what goes with every turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from decimal import Decimal
from math import inf, isfinite
from typing import TYPE_CHECKING, Any, cast

from fairlead.engine.budgets import limit_of, pursed
from fairlead.engine.purse import Purse
from fairlead.errors import BadRequestError, InvalidRequest
from fairlead.inputs import ChatOptions, Messages, checked_integer, conversation
from fairlead.turns.loop import Run
from fairlead.turns.rules import Approve, OnToolError, RunRules
from fairlead.turns.toolbox import Toolbox
from fairlead.types.messages import Message
from fairlead.types.tools import ProviderTool
from fairlead.unknown_options import unknown_option

if TYPE_CHECKING:
    from fairlead.core import Core
    from fairlead.engine.reply import Reply
    from fairlead.schemas.function_tool import FunctionTool
    from fairlead.turns.jobs import Workers
    from fairlead.types.events import Event
    from fairlead.types.responses import ChatResponse
    from fairlead.types.routes import Model


class RunOptions(ChatOptions, total=False):
    """The keyword arguments of `run`: those of `chat`, and what the loop may do.

    `tools` are functions (see `fairlead.tool`), or tools that the provider runs itself. At most
    `max_turns` answers (10 where unset) are asked for, and `max_cost` dollars spent in all: a turn
    that may cost more than is left raises `BudgetExceeded` before it is sent.
    `on_tool_error="raise"` ends the run with `ToolFailed` where a tool fails; otherwise the model
    is told. `approve` is asked before each call of a tool, but for those that say
    `needs_approval=False`: it is given the `ToolCall`, and returns True, False, or a string that
    tells the model why not. Up to `tool_concurrency` tools (8) run at once, each for at most
    `tool_timeout` seconds. `deadline` is for the whole run. A `tool_choice` that forces a tool
    holds for the first turn alone.
    """

    max_turns: int
    max_cost: Decimal | float | str
    on_tool_error: OnToolError
    approve: Approve
    tool_concurrency: int
    tool_timeout: float


_OWN = (
    "max_turns",
    "max_cost",
    "on_tool_error",
    "approve",
    "tool_concurrency",
    "tool_timeout",
    "tools",
    "deadline",
)


async def open_run(
    core: Core,
    model: Model,
    messages: Messages,
    options: RunOptions,
    workers: Callable[[int, Callable[[], float]], Workers],
) -> Run:
    """A run that has not asked anything yet. Raises `InvalidRequest`."""
    for name in options:
        if name not in RunOptions.__annotations__:
            raise unknown_option(name, RunOptions.__annotations__)
    rules = _rules(options)
    toolbox = Toolbox(_functions(options.get("tools", ())))
    toolbox.check_approval(can_ask=rules.approve is not None)
    said = cast("dict[str, Any]", {k: v for k, v in options.items() if k not in _OWN})
    if toolbox.told:
        said["tools"] = toolbox.told
    purse = _purse(options.get("max_cost"))
    deadline = options.get("deadline")
    allowed = core.allowed(deadline, inf)
    asked = 0

    async def ask(turns: tuple[Message, ...], left: float) -> Reply[Event, ChatResponse]:
        nonlocal asked
        own = dict(said)
        if asked and own.get("tool_choice") not in (None, "auto", "none"):
            del own["tool_choice"]
        if isfinite(left):
            own["deadline"] = left
        asked += 1
        try:
            with nullcontext() if purse is None else pursed("max_cost", purse):
                return await core.stream(model, turns, cast("ChatOptions", own))
        except BadRequestError as error:
            toolbox.explain_refusal(error)
            raise

    return Run(
        conversation(messages),
        ask=ask,
        toolbox=toolbox,
        workers=workers(rules.concurrency, core.now),
        rules=rules,
        runtime=core.runtime,
        allowed=allowed,
    )


def _purse(most: Decimal | float | str | None) -> Purse | None:
    return None if most is None else Purse("max_cost", limit_of(most, "max_cost"))


def _rules(options: RunOptions) -> RunRules:
    found: dict[str, Any] = {}
    for name, field in (("max_turns", "max_turns"), ("tool_concurrency", "concurrency")):
        if (value := options.get(name)) is not None:
            if checked_integer(name, value) < 1:
                raise InvalidRequest(f"{name} must be at least 1")
            found[field] = value
    if (timeout := options.get("tool_timeout")) is not None:
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
            raise InvalidRequest("tool_timeout must be a number of seconds above 0")
        found["tool_timeout"] = timeout
    if (on_error := options.get("on_tool_error")) is not None:
        if on_error not in ("model", "raise"):
            raise InvalidRequest("on_tool_error must be model or raise")
        found["on_tool_error"] = on_error
    if (approve := options.get("approve")) is not None:
        if not callable(approve):
            raise InvalidRequest("approve must be a function that is given the ToolCall")
        found["approve"] = approve
    return RunRules(**found)


def _functions(given: object) -> tuple[FunctionTool | ProviderTool, ...]:
    from fairlead.schemas.function_tool import FunctionTool, tool_of

    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InvalidRequest("tools must be a list of functions")
    found: list[FunctionTool | ProviderTool] = []
    for item in given:
        if isinstance(item, ProviderTool | FunctionTool):
            found.append(item)
        elif callable(item):
            found.append(tool_of(item))
        else:
            raise InvalidRequest(
                f"run() cannot run {item!r:.60}, which has no function; pass the function itself"
            )
    names = [tool.name for tool in found if isinstance(tool, FunctionTool)]
    for name in names:
        if names.count(name) > 1:
            raise InvalidRequest(f"two tools are named {name!r}")
    return tuple(found)
