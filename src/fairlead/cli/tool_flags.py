"""The options of tools, for `ask` and `chat`: which functions, and who says that they may run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_F = TypeVar("_F", bound="Callable[..., None]")


class ToolFlags(NamedTuple):
    """What the command line says of tools."""

    # No Struct: help must not wait for msgspec to load.

    names: tuple[str, ...]
    sources: tuple[str, ...]
    limit: int | None
    yes: bool
    approve_each: bool
    debug: bool

    @property
    def wanted(self) -> bool:
        return bool(self.names or self.sources)

    def check(self) -> None:
        """Raises `click.UsageError` for two that exclude each other."""
        if self.yes and self.approve_each:
            raise click.UsageError("--yes and --tools-approve exclude each other; keep one")


def tool_options(function: _F) -> _F:
    """Add them to a command."""
    for option in reversed(_TOOL_OPTIONS):
        function = option(function)
    return function


_TOOL_OPTIONS = (
    click.option(
        "-T",
        "--tool",
        "tools",
        multiple=True,
        metavar="TOOL",
        help="A function that the model may call: module:function or file.py:function; "
        "without a function, all public ones.",
    ),
    click.option(
        "--functions",
        multiple=True,
        metavar="FILE|CODE",
        help="The public functions of a file, or of Python code, as tools.",
    ),
    click.option(
        "-y",
        "--yes",
        "--tools-approve-all",
        "yes",
        is_flag=True,
        help="Run tools without asking before each call.",
    ),
    click.option(
        "--ta",
        "--tools-approve",
        "approve_each",
        is_flag=True,
        help="Ask before every call, also of tools that say they need no leave.",
    ),
    click.option(
        "--td", "--tools-debug", "tools_debug", is_flag=True, help="Show what tools give back."
    ),
    click.option(
        "--cl",
        "--chain-limit",
        "chain_limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="The most answers to ask for, those that call tools included (10).",
    ),
)
