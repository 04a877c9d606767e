"""`fairlead complete`: text that goes on where a prompt ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from fairlead.cli.operating import Flags, Pairs, operation_options

if TYPE_CHECKING:
    from fairlead.cli.answer import AnswerPrinter
    from fairlead.client import Client
    from fairlead.operation_inputs import CompletionOptions
    from fairlead.types.responses import ChatResponse


@click.command("complete")
@click.argument("prompt", required=False)
@click.option("--suffix", metavar="TEXT", help="What follows the gap that is to be filled.")
@operation_options
@click.option("--no-stream", is_flag=True, help="Wait for the whole text.")
@click.option("--raw", is_flag=True, help="The text as it came, control characters included.")
def command(
    prompt: str | None,
    suffix: str | None,
    model: str | None,
    pairs: Pairs,
    deadline: float | None,
    no_stream: bool,
    raw: bool,
    **flags: bool,
) -> None:
    """Go on where PROMPT, or standard input, ends; up to a suffix where there is one.

    The prompt is taken exactly, with every space and line at its end. This is for models that
    complete text or code; a model for chat is asked without a command.
    """
    chosen = Flags(**flags)
    chosen.check()
    if raw and chosen.json:
        raise click.UsageError("--json and --raw exclude each other; keep one")
    import sys

    from fairlead.cli.answer import AnswerPrinter, tell_about
    from fairlead.cli.operation_run import OperationRun, operation_arguments
    from fairlead.cli.prompt import word_or_piped
    from fairlead.cli.report import response_json
    from fairlead.cli.session import open_session
    from fairlead.cli.terminal import is_terminal, output, write
    from fairlead.operation_inputs import completion_request

    # An answer that nobody can read must not be paid for.
    output()
    arguments = operation_arguments("complete", pairs, deadline)
    text = word_or_piped(prompt, "complete")
    run = OperationRun(open_session(model, quiet=chosen.quiet), "completion", chosen)
    options = cast("CompletionOptions", arguments)
    request = completion_request(run.model, text, suffix, options)
    if run.unsent(request, options, stream=not no_stream):
        return
    printer = None if chosen.json else AnswerPrinter(raw=raw)
    words = (run.model, text, suffix)
    response = run.ask(lambda client: _asked(client, words, arguments, printer, whole=no_stream))
    if chosen.json:
        write(response_json(response, indent=is_terminal(sys.stdout)) + "\n")
    elif not chosen.quiet:
        tell_about(response)
    run.spent(response)


def _asked(
    client: Client,
    words: tuple[str, str, str | None],
    arguments: dict[str, Any],
    printer: AnswerPrinter | None,
    *,
    whole: bool,
) -> ChatResponse:
    """The text, printed as it comes, or at the end where it comes whole."""
    if whole:
        response = client.complete(*words, **arguments)
        if printer is not None:
            printer.whole(response.message)
            printer.close()
        return response
    with client.stream_completion(*words, **arguments) as stream:
        try:
            for event in stream:
                if printer is not None:
                    printer.event(event)
        finally:
            if printer is not None:
                printer.close()
        return stream.result()
