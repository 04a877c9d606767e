"""`fairlead "prompt"`: one question, one answer. The command of a line without a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from fairlead.cli.program import COMMANDS, UNMARKED

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    from fairlead.cli.options import OptionTable
    from fairlead.cli.session import Session
    from fairlead.inputs import ChatOptions
    from fairlead.types.messages import Message
    from fairlead.types.responses import ChatResponse

_F = TypeVar("_F", bound="Callable[..., None]")

_EXCLUSIVE = (
    ("json", "raw"),
    ("json", "markdown"),
    ("raw", "markdown"),
    ("dry_run", "usage"),
    ("dry_run", "receipt"),
    ("dry_run", "raw"),
    ("dry_run", "markdown"),
)


class Flags(NamedTuple):
    """How an answer is asked for and shown."""

    # No Struct: help must not wait for msgspec to load.

    no_stream: bool
    json: bool
    usage: bool
    receipt: bool
    dry_run: bool
    hide_reasoning: bool
    quiet: bool
    raw: bool
    markdown: bool

    def check(self) -> None:
        """Raises `click.UsageError` for two that exclude each other."""
        for one, other in _EXCLUSIVE:
            if getattr(self, one) and getattr(self, other):
                names = f"--{one} and --{other}".replace("_", "-")
                raise click.UsageError(f"{names} exclude each other; keep one")


def _show_options(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from fairlead.cli.options import described
    from fairlead.cli.terminal import table, write

    write(table(described()))
    context.exit()


def _files(
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
        shell_complete=_files,
        help="Attach a file, a web address, or - for standard input.",
    )(function)


def model_options(function: _F) -> _F:
    """The options that say which model is asked, and how; `chat` has them too."""
    for option in reversed(_MODEL_OPTIONS):
        function = option(function)
    return function


_MODEL_OPTIONS = (
    click.option("-m", "--model", metavar="MODEL", help="The model, as provider/model."),
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
        shell_complete=_files,
        help="A source for the answer, which cites it.",
    ),
    click.option("-R", "--hide-reasoning", is_flag=True, help="Do not show the model's reasoning."),
    click.option("-u", "--usage", is_flag=True, help="Show tokens, cost and time on stderr."),
    click.option("-q", "--quiet", is_flag=True, help="Only the answer, and errors."),
    click.option("--raw", is_flag=True, help="The text as it came, control characters included."),
)


@click.command("ask")
@click.argument("words", nargs=-1, metavar="[PROMPT]...")
@model_options
@attach_option
@click.option(
    "--schema",
    metavar="SCHEMA",
    shell_complete=_files,
    help="Answer in JSON that follows a schema: a file, JSON itself, or json for any.",
)
@click.option("--no-stream", is_flag=True, help="Wait for the whole answer.")
@click.option("--json", is_flag=True, help="Print the whole response as one JSON object.")
@click.option("--markdown", is_flag=True, help="Wait, then render Markdown where a terminal is.")
@click.option("--receipt", is_flag=True, help="Show attempts and timings as JSON on stderr.")
@click.option("--dry-run", is_flag=True, help="Show the HTTP request, and send nothing.")
@click.pass_context
def command(
    context: click.Context,
    /,
    words: tuple[str, ...],
    model: str | None,
    system: str | None,
    pairs: tuple[tuple[str, str], ...],
    deadline: float | None,
    sources: tuple[str, ...],
    attachments: tuple[str, ...],
    schema: str | None,
    **flags: bool,
) -> None:
    """Ask a model and print its answer."""
    chosen = Flags(**flags)
    chosen.check()
    _check_words(context, words)
    from fairlead.cli.prompt import user_message
    from fairlead.cli.session import open_session
    from fairlead.cli.terminal import output

    # An answer that nobody can read must not be paid for.
    output()

    options = call_options(pairs, system=system, deadline=deadline, schema=schema, sources=sources)
    message = user_message(words, attachments)
    session = open_session(model, quiet=chosen.quiet)
    complete_options(session, options)
    if chosen.dry_run:
        _show_request(session, message, options, chosen)
    else:
        _answer(session, message, options, chosen)


def call_options(
    pairs: tuple[tuple[str, str], ...],
    *,
    system: str | None = None,
    deadline: float | None = None,
    schema: str | None = None,
    sources: tuple[str, ...] = (),
    table: OptionTable | None = None,
) -> ChatOptions:
    """The options of the call, each typed. Raises `InvalidRequest`."""
    from fairlead.cli.options import parse_options
    from fairlead.cli.schema import read_schema

    found = parse_options(pairs, table)
    if system is not None:
        found["system"] = system
    if deadline is not None:
        found["deadline"] = deadline
    if schema is not None:
        found["output"] = read_schema(schema)
    if sources:
        from fairlead.cli.documents import documents

        found["documents"] = documents(sources)
    return found  # type: ignore[return-value]  # the keys are those of ChatOptions


def complete_options(session: Session, options: ChatOptions) -> None:
    """Type what depends on the model's dialect. Raises `InvalidRequest` or `ConfigError`."""
    from fairlead.cli.options import typed_options

    dialect = session.resolved(options.get("dialect")).target.dialect
    if "options" in options:
        options["options"] = typed_options(options["options"], dialect)


def _check_words(context: click.Context, words: tuple[str, ...]) -> None:
    """`-m x chat` could mean the command or the word: ask, rather than send."""
    if len(words) == 1 and words[0] in COMMANDS and context.meta.get(UNMARKED):
        word = words[0]
        raise click.UsageError(
            f"{word} is a command, and stands first: fairlead {word} ...; "
            f"to ask a model that word: fairlead -- {word}"
        )


def _show_request(session: Session, message: Message, options: ChatOptions, flags: Flags) -> None:
    from fairlead.cli.dry_run import show

    codec, resolved = session.prepare([message], options, stream=not flags.no_stream)
    warnings = () if flags.quiet else codec.warnings
    show([codec.request()], warnings, resolved, json=flags.json)


def _answer(session: Session, message: Message, options: ChatOptions, flags: Flags) -> None:
    from fairlead.cli.asking import ask, tell
    from fairlead.errors import FairleadError

    if session.resolved(options.get("dialect")).provider.embedded:
        # A request that cannot be sent must not fetch or start a model first.
        session.prepare([message], options, stream=not flags.no_stream)
        session.start_local(quiet=flags.quiet)
    try:
        response: ChatResponse = ask(session, message, options, flags)
    except FairleadError as error:
        if flags.receipt and error.receipt is not None:
            from fairlead.cli.report import receipt_json
            from fairlead.cli.terminal import write_error

            write_error(receipt_json(error.receipt) + "\n")
        raise
    tell(response, flags)
