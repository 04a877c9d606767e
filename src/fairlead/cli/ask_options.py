"""The options of `ask` that other commands have too: the model, the question, what is attached."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

_F = TypeVar("_F", bound="Callable[..., None]")


def _show_options(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from fairlead.cli.options import described
    from fairlead.cli.terminal import table, write

    write(table(described()))
    context.exit()


def files(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The shell knows better than we which files there are."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def attach_option(function: _F) -> _F:
    """The files that go with a prompt, as `attachments`."""
    return click.option(
        "-a",
        "--attach",
        "attachments",
        multiple=True,
        metavar="FILE",
        shell_complete=files,
        help="Attach a file, a web address, or - for standard input.",
    )(function)


def model_options(function: _F) -> _F:
    """The options that say which model is asked, and how; `chat` has them too."""
    for option in reversed(_MODEL_OPTIONS):
        function = option(function)
    return function


_MODEL_OPTIONS = (
    click.option("-m", "--model", metavar="MODEL", help="The model, as provider/model."),
    click.option(
        "-c", "--continue", "go_on", is_flag=True, help="Go on with the last conversation."
    ),
    click.option("-s", "--system", metavar="TEXT", help="The system prompt."),
    click.option(
        "-o",
        "--option",
        "pairs",
        nargs=2,
        multiple=True,
        metavar="KEY VALUE",
        help="An option of the call, such as: -o temperature 0.",
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
        "--deadline", type=float, metavar="SECONDS", help="The most time that an answer may take."
    ),
    click.option(
        "--document",
        "sources",
        multiple=True,
        metavar="FILE|TEXT",
        shell_complete=files,
        help="A source for the answer, which cites it.",
    ),
    click.option("-R", "--hide-reasoning", is_flag=True, help="Do not show the model's reasoning."),
    click.option("-u", "--usage", is_flag=True, help="Show tokens, cost and time on stderr."),
    click.option("-q", "--quiet", is_flag=True, help="Only the answer, and errors."),
    click.option(
        "-n", "--no-log", is_flag=True, help="Keep nothing: no line in the log, no conversation."
    ),
    click.option("--raw", is_flag=True, help="The text as it came, control characters included."),
)
