"""One call and how its answer is shown: as a stream, whole, as Markdown or as JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fairlead.cli.answer import AnswerPrinter, print_tool_calls, tell_about
from fairlead.cli.printable import printable
from fairlead.cli.report import receipt_json, response_json, usage_line
from fairlead.cli.terminal import is_terminal, note, write, write_error

if TYPE_CHECKING:
    from fairlead.cli.ask import Flags
    from fairlead.cli.session import Session
    from fairlead.client import Client
    from fairlead.inputs import ChatOptions
    from fairlead.types.messages import Message
    from fairlead.types.responses import ChatResponse


def ask(session: Session, message: Message, options: ChatOptions, flags: Flags) -> ChatResponse:
    """Ask, and print the answer. Raises a `FairleadError` after printing what had come."""
    printer = AnswerPrinter(raw=flags.raw, reasoning=not (flags.hide_reasoning or flags.quiet))
    rendered = flags.markdown and is_terminal(sys.stdout)
    with session.client() as client:
        if flags.json or flags.no_stream or rendered:
            response = _whole(client, session.model, message, options, flags)
            _print_whole(response, printer, flags, rendered=rendered)
        else:
            response = streamed(client, session.model, [message], options, printer)
            print_tool_calls(response.message)
    return response


def streamed(
    client: Client,
    model: str,
    messages: list[Message],
    options: ChatOptions,
    printer: AnswerPrinter,
) -> ChatResponse:
    """Print an answer while it comes. However it ends, what came is printed, its line ended."""
    with client.stream(model, messages, **options) as stream:
        try:
            for event in stream:
                printer.event(event)
        finally:
            printer.close()
        return stream.result()


def tell(response: ChatResponse, flags: Flags) -> None:
    """What goes to standard error after an answer."""
    if not (flags.quiet or flags.json):
        tell_about(response)
    if flags.usage:
        note(usage_line(response))
    if flags.receipt:
        write_error(receipt_json(response.receipt) + "\n")


def _whole(
    client: Client, model: str, message: Message, options: ChatOptions, flags: Flags
) -> ChatResponse:
    """A stream on the wire unless that is not wanted: silence is noticed sooner there."""
    if flags.no_stream:
        return client.chat(model, [message], **options)
    with client.stream(model, [message], **options) as stream:
        return stream.result()


def _print_whole(
    response: ChatResponse, printer: AnswerPrinter, flags: Flags, *, rendered: bool
) -> None:
    if flags.json:
        write(response_json(response, indent=is_terminal(sys.stdout)) + "\n")
        return
    if rendered:
        printer.reasoning(response.reasoning)
        _render(response.text or response.refusal)
    else:
        printer.whole(response.message)
        printer.close()
    print_tool_calls(response.message)


def _render(text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    # Links as text: a model could write one place and lead to another.
    Console().print(Markdown(printable(text), hyperlinks=False))
