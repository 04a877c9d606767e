"""`fairlead "prompt"`: one question, one answer. The command of a line without a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fairlead.cli.ask_flags import Flags
from fairlead.cli.ask_options import attach_option, files, model_options
from fairlead.cli.program import COMMANDS, UNMARKED
from fairlead.cli.sections import SectionedCommand
from fairlead.cli.tool_flags import ToolFlags, tool_options

if TYPE_CHECKING:
    from fairlead.cli.asking import Question
    from fairlead.cli.options import OptionTable
    from fairlead.cli.session import Session
    from fairlead.cli.structured import Wish
    from fairlead.inputs import ChatOptions


_NEARLY_A_COMMAND = 0.75
_ELSEWHERE = {"keys": "providers", "logs": "stats", "serve": "local serve"}
"""What other command lines have, and where it is here."""


@click.command("ask", cls=SectionedCommand)
@click.argument("words", nargs=-1, metavar="[PROMPT]...")
@model_options
@attach_option
@tool_options
@click.option(
    "--schema",
    metavar="SCHEMA",
    shell_complete=files,
    help="Answer in JSON that follows a schema: a file, JSON itself, fields such as "
    '"name, age int", module:Type, or json for any.',
)
@click.option(
    "--items",
    "--schema-multi",
    "items",
    is_flag=True,
    help="Many objects of the schema, each on a line of its own as soon as it is whole.",
)
@click.option("-x", "--extract", is_flag=True, help="Wait, then print the first code block alone.")
@click.option("--xl", "--extract-last", "extract_last", is_flag=True, help="The last one instead.")
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
    tools: tuple[str, ...],
    functions: tuple[str, ...],
    yes: bool,
    approve_each: bool,
    tools_debug: bool,
    chain_limit: int | None,
    schema: str | None,
    **flags: bool,
) -> None:
    """Ask a model and print its answer."""
    chosen = Flags(**flags)
    chosen.check()
    tool_flags = ToolFlags(tools, functions, chain_limit, yes, approve_each, tools_debug)
    tool_flags.check()
    _check_words(context, words)
    from fairlead.cli.asking import Question
    from fairlead.cli.prompt import user_message
    from fairlead.cli.session import open_session
    from fairlead.cli.terminal import output
    from fairlead.cli.tools import open_tools

    # An answer that nobody can read must not be paid for.
    output()

    options = call_options(pairs, system=system, deadline=deadline, schema=schema, sources=sources)
    usable = open_tools(tool_flags, options)
    if usable is not None and not chosen.dry_run:
        usable.check()
    wish = _wish(options, chosen, has_tools=usable is not None)
    message = user_message(words, attachments)
    session = open_session(model, quiet=chosen.quiet, go_on=chosen.go_on, log=not chosen.no_log)
    if session.before is not None and session.before.system is not None:
        options.setdefault("system", session.before.system)
    complete_options(session, options)
    messages = [*session.earlier, message]
    question = Question(session, messages, options, chosen, usable, wish)
    if chosen.dry_run:
        _show_request(question)
    else:
        _answer(question)


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
    """`-m x chat` and `modles` could mean the command or the word: ask, rather than send."""
    if not context.meta.get(UNMARKED):
        return
    if words[:2] == ("keys", "set"):  # so llm has it, and what follows is a key
        raise click.UsageError("keys are not kept here; `fairlead providers` says where each goes")
    if len(words) != 1:
        return
    from difflib import get_close_matches

    word = words[0]
    if word in COMMANDS:
        problem = f"{word} is a command, and stands first: fairlead {word} ..."
    else:
        near = [_ELSEWHERE[word]] if word in _ELSEWHERE else []
        near += get_close_matches(word, COMMANDS, 1, _NEARLY_A_COMMAND)
        if not near:
            return
        problem = f"there is no command {word}; did you mean {near[0]}?"
    raise click.UsageError(f"{problem}; to ask a model that word: fairlead -- {word}")


def _wish(options: ChatOptions, flags: Flags, *, has_tools: bool) -> Wish | None:
    """What the answer is checked for, if it is. Raises `click.UsageError`."""
    if "output" not in options and not flags.items:
        return None
    if flags.block or flags.markdown:
        name = "--markdown" if flags.markdown else "--extract"
        raise click.UsageError(f"--schema and {name} exclude each other; keep one")
    from fairlead.cli.structured import open_wish

    return open_wish(options, items=flags.items, has_tools=has_tools)


def _show_request(question: Question) -> None:
    from fairlead.cli.dry_run import show

    codec, resolved = question.prepare()
    warnings = () if question.flags.quiet else codec.warnings
    show([codec.request()], warnings, resolved, json=question.flags.json)


def _answer(question: Question) -> None:
    from fairlead.cli.asking import ask, tell
    from fairlead.errors import FairleadError

    session, flags = question.session, question.flags
    if session.resolved(question.options.get("dialect")).provider.embedded:
        # A request that cannot be sent must not fetch or start a model first.
        question.prepare()
        session.start_local(quiet=flags.quiet)
    try:
        told = ask(question)
    except FairleadError as error:
        if flags.receipt and error.receipt is not None:
            from fairlead.cli.report import receipt_json
            from fairlead.cli.terminal import write_error

            write_error(receipt_json(error.receipt) + "\n")
        raise
    tell(told, flags)
    question.keep(*told.messages)
