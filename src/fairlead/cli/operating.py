"""The options that all operations beside chat share at the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_F = TypeVar("_F", bound="Callable[..., None]")
Pairs = tuple[tuple[str, str], ...]


class Flags(NamedTuple):
    """How an answer is asked for and told of."""

    # No Struct: help must not wait for msgspec to load.

    json: bool
    usage: bool
    receipt: bool
    dry_run: bool
    quiet: bool

    def check(self) -> None:
        """Raises `click.UsageError` for two that exclude each other."""
        for name in ("usage", "receipt"):
            if self.dry_run and getattr(self, name):
                raise click.UsageError(f"--dry-run and --{name} exclude each other; keep one")


def operation_options(function: _F) -> _F:
    """The options that every operation has. Those of `Flags` come as keywords of these names."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _show_options(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from fairlead.cli.operation_options import operation_table
    from fairlead.cli.options import described
    from fairlead.cli.terminal import table, write

    write(table(described(operation_table(context.command.name or ""))))
    context.exit()


_OPTIONS = (
    click.option("-m", "--model", metavar="MODEL", help="The model, as provider/model."),
    click.option(
        "-o",
        "--option",
        "pairs",
        nargs=2,
        multiple=True,
        metavar="KEY VALUE",
        help="An option of the call; --options lists the keys.",
    ),
    click.option(
        "--options",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_options,
        help="List the keys for -o and exit.",
    ),
    click.option(
        "--deadline", type=float, metavar="SECONDS", help="The most time that the call may take."
    ),
    click.option("--json", is_flag=True, help="Print the whole response as one JSON object."),
    click.option("-u", "--usage", is_flag=True, help="Show tokens, cost and time on stderr."),
    click.option("--receipt", is_flag=True, help="Show attempts and timings as JSON on stderr."),
    click.option("--dry-run", is_flag=True, help="Show the HTTP request, and send nothing."),
    click.option("-q", "--quiet", is_flag=True, help="Only the answer, and errors."),
)
