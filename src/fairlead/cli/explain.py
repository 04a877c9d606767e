"""`fairlead explain`: what a prompt and its options become for a model, field by field."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from fairlead.cli.ask_options import attach_option, files

if TYPE_CHECKING:
    from fairlead.cli.session import Session
    from fairlead.inputs import ChatOptions
    from fairlead.types.explained import ExplainedField, Explanation

_WIDEST = 48
_HEADINGS = ("", "field", "path", "sent", "")


@click.command("explain")
@click.argument("model")
@click.argument("words", nargs=-1, metavar="[PROMPT]...")
@click.option("-s", "--system", metavar="TEXT", help="The system prompt.")
@click.option(
    "-o",
    "--option",
    "pairs",
    nargs=2,
    multiple=True,
    metavar="KEY VALUE",
    help="An option of the call; fairlead --options lists the keys.",
)
@click.option(
    "--document",
    "sources",
    multiple=True,
    metavar="FILE|TEXT",
    shell_complete=files,
    help="A source for the answer, which cites it.",
)
@attach_option
@click.option(
    "--schema",
    metavar="SCHEMA",
    shell_complete=files,
    help="Answer in JSON that follows a schema: a file, JSON itself, or json for any.",
)
@click.option("--no-stream", is_flag=True, help="As for a whole answer, not a stream.")
@click.option("--json", is_flag=True, help="Print the explanation and the body as JSON.")
def command(
    model: str,
    words: tuple[str, ...],
    system: str | None,
    pairs: tuple[tuple[str, str], ...],
    sources: tuple[str, ...],
    attachments: tuple[str, ...],
    schema: str | None,
    no_stream: bool,
    json: bool,
) -> None:
    """Show what a request becomes for MODEL, or for each target of a route. Sends nothing.

    Each field is sent, renamed, converted, defaulted (fairlead adds it), emulated (asked for in
    the prompt) or lost.
    """
    from fairlead.cli.ask import call_options
    from fairlead.cli.prompt import user_message
    from fairlead.cli.session import open_session
    from fairlead.cli.terminal import output

    output()
    options = call_options(pairs, system=system, schema=schema, sources=sources)
    session = open_session(model)
    _complete(session, options, words)
    message = user_message(words, attachments)
    with session.silent_client() as client:
        found = client.explain(model, [message], stream=not no_stream, **options)
    _print(found, json=json)


def _complete(session: Session, options: ChatOptions, words: tuple[str, ...]) -> None:
    """Find the model. `explain` may well be the first word of a prompt: say how to ask it."""
    from fairlead.cli.ask import complete_options
    from fairlead.errors import UnknownModel, UnknownProvider

    try:
        complete_options(session, options)
    except (UnknownProvider, UnknownModel) as error:
        asked = " ".join(["explain", session.model, *words])
        raise click.UsageError(f"{error}; to ask a model: fairlead -- {asked}") from error


def _print(found: Explanation, *, json: bool) -> None:
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import is_terminal, write

    if json:
        write(to_json(found, indent=is_terminal(sys.stdout)) + "\n")
        return
    write("\n".join(_text(one) for one in (found, *found.others)))


def _text(found: Explanation) -> str:
    from fairlead.cli.printable import one_line
    from fairlead.cli.terminal import table

    lines = [f"{found.target}: {found.method} {found.url}" if found.url else found.target]
    lines += [f"{name}: {value}" for name, value in found.headers]
    if found.error is not None:
        lines.append(f"a call raises: {found.error}")
    head = "".join(f"{one_line(line)}\n" for line in lines)
    rows = [_row(field) for field in found.fields]
    return f"{head}\n{table([_HEADINGS, *rows])}" if rows else head


def _row(field: ExplainedField) -> tuple[str, ...]:
    sent = "" if field.path is None else _short(field.sent)
    return field.outcome, field.field, field.path or "", sent, field.note


def _short(value: object) -> str:
    from fairlead.cli.report import to_json

    text = value if isinstance(value, str) else to_json(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
