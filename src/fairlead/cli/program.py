"""The root of the command line: which word leads to which command, and the prompt as the default.

Commands are imported when they are asked for, so that help and errors come at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from fairlead.cli.failures import exit_code_of
from fairlead.cli.sections import write_sections

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_DEFAULT = "ask"
SECTIONS = {
    "Commands": {
        "ask": "Ask a model; this is what happens without a command.",
        "chat": "Talk with a model, turn by turn.",
        "complete": "Go on where a text ends, or fill a gap in it.",
        "count": "Count the tokens of a prompt.",
        "explain": "Show what a request becomes for a model, field by field.",
    },
    "Beside chat": {
        "embed": "Turn texts into vectors.",
        "similar": "Find the lines or files nearest in meaning to a query.",
        "rerank": "Order documents by how well they answer a query.",
        "transcribe": "Write down what is said in a sound file.",
        "speak": "Read a text aloud.",
        "image": "Draw what a prompt describes.",
    },
    "Settings and help": {
        "providers": "Show every provider and whether it can be used.",
        "models": "List models with their limits and prices.",
        "cost": "Show what was spent, by account, model or day.",
        "doctor": "Test keys, connections, proxies, TLS, the clock and the local model.",
        "ping": "Measure each step on the way to a provider.",
        "conform": "Check a server against the protocol that it claims to speak.",
        "stats": "Show how calls went and where their time goes.",
        "config": "Show where settings come from and what they are.",
        "login": "Sign in to a service, in a browser.",
        "logout": "End a login.",
        "whoami": "Show who is signed in.",
        "local": "Fetch, serve or remove the local model.",
        "replay": "Show what is on a tape, or serve it as a provider.",
        "tape": "Make a tape from a recording of another tool.",
        "help": "Show the help of fairlead, or of one of its commands.",
    },
}
COMMANDS = {name: text for section in SECTIONS.values() for name, text in section.items()}
_OWN = ("--help", "-h", "--version")
_COMPLETE = "_FAIRLEAD_COMPLETE"
"""The variable in which a shell asks for completions."""
UNMARKED = "fairlead.unmarked"
"""In a context's `meta`: whether nothing marks the words as a prompt, neither `ask` nor `--`."""


class Program(click.Group):
    """A group whose first word may also be a prompt."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"fairlead.cli.{cmd_name}").command
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # The first word decides: a command, an option of the program, or else a prompt.
        first = args[0] if args else ""
        undecided = not args and ctx.resilient_parsing
        if not (undecided or first in COMMANDS or first in _OWN):
            ctx.meta[UNMARKED] = "--" not in args
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "[OPTIONS] PROMPT...")
        formatter.write_usage(ctx.command_path, "COMMAND ...", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))
        parameters = [*_ask().params, *self.get_params(ctx)]
        named = [item for item in parameters if isinstance(item, click.Option)]
        write_sections(ctx, formatter, named)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        own = super().shell_complete(ctx, incomplete)
        known = {item.value for item in own}
        prompts = _ask().shell_complete(ctx, incomplete)
        return own + [item for item in prompts if item.value not in known]

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run and exit. Every way in, also that of click's test runner, reports alike."""
        words = list(sys.argv[1:] if args is None else args)
        _speak_utf8()
        sys.exit(exit_code_of(lambda: self._run(words, extra)))

    def _run(self, words: list[str], extra: dict[str, Any]) -> None:
        if wish := os.environ.get(_COMPLETE):
            from click.shell_completion import shell_complete

            raise click.exceptions.Exit(shell_complete(self, extra, "fairlead", _COMPLETE, wish))
        with self.make_context("fairlead", words, **extra) as context:
            self.invoke(context)


def _ask() -> click.Command:
    from fairlead.cli.ask import command

    return command


def _speak_utf8() -> None:
    """No character may end a run only because the terminal cannot show it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _show_version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from platform import python_implementation, python_version

    from fairlead import __version__

    click.echo(f"fairlead {__version__} ({python_implementation()} {python_version()})")
    context.exit()


@click.command(
    cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def program() -> None:
    """Ask any model, on one line.

    \b
      fairlead "Why is the sea salt?"
      cat notes.txt | fairlead -m anthropic/claude-sonnet-4-5 "Summarise this"
      fairlead -c "And now in French"
      fairlead -- chat about boats

    The words after the options are the prompt; "--" ends the options. Text on standard input comes
    before the prompt. Without -m, FAIRLEAD_MODEL or the settings choose the model, else the local
    one answers.

    Exit codes: 1 failure, 2 wrong use, 3 keys, 4 rate limit or quota, 5 budget, 6 provider
    or network, 130 interrupted.
    """
