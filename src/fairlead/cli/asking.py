"""One call and how its answer is shown: as a stream, whole, as Markdown, as JSON, or its code."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from fairlead.cli.answer import AnswerPrinter, print_tool_calls, tell_about
from fairlead.cli.answering import PlainAnswer, Told
from fairlead.cli.code_blocks import code_block
from fairlead.cli.printable import printable
from fairlead.cli.report import (
    extraction_json,
    receipt_json,
    response_json,
    run_json,
    usage_line,
)
from fairlead.cli.terminal import is_terminal, note, write, write_error
from fairlead.errors import ExtractionFailed, FairleadError
from fairlead.types.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fairlead.cli.ask_flags import Flags
    from fairlead.cli.session import Session
    from fairlead.cli.structured import Wish
    from fairlead.cli.tools import Tools
    from fairlead.client import Client
    from fairlead.engine.codecs import ChatCodec
    from fairlead.inputs import ChatOptions
    from fairlead.providers.registry import Resolved
    from fairlead.types.requests import ChatRequest
    from fairlead.types.responses import ChatResponse
    from fairlead.types.runs import RunResult


class Question(NamedTuple):
    """All that one call is made of; the last of the `messages` is the question itself."""

    session: Session
    messages: list[Message]
    options: ChatOptions
    flags: Flags
    tools: Tools | None = None
    wish: Wish | None = None

    def prepare(self) -> tuple[ChatCodec[ChatRequest], Resolved]:
        """The request that would be sent first. Nothing is sent."""
        options = self.options if self.wish is None else self.wish.told(self.options)
        if self.tools is not None:
            options = self.tools.told(options)
        stream = bool(self.tools or self.wish) or not self.flags.no_stream
        return self.session.prepare(self.messages, options, stream=stream)

    def keep(self, *answer: Message) -> None:
        """Keep the conversation with its answer for `--continue`."""
        self.session.keep([*self.messages, *answer], self.options.get("system"))

    @contextmanager
    def keeping(self, said: Callable[[], str]) -> Iterator[None]:
        """Where the answer breaks off, keep what it has `said` so far."""
        try:
            yield
        except (KeyboardInterrupt, FairleadError):
            if text := said():
                self.keep(Message.assistant(text))
            raise


def ask(question: Question) -> Told:
    """Ask, and print the answer. Raises a `FairleadError` after printing what had come."""
    session, messages, options, flags, tools, wish = question
    printer = AnswerPrinter(raw=flags.raw, reasoning=not (flags.hide_reasoning or flags.quiet))
    with session.client() as client:
        if tools is not None:
            return _run(client, question, tools, printer)
        if wish is not None:
            return _extracted(client, question, wish)
        if not _waits(flags):
            answering = PlainAnswer(client, printer)
            with question.keeping(lambda: answering.said):
                return answering.show(session.model, messages, options)
        response = _whole(client, question)
        _print_whole(response, printer, flags)
        return Told(response, (response.message,))


def tell(told: Told, flags: Flags) -> None:
    """What goes to standard error after an answer."""
    response = told.response
    if not (flags.quiet or flags.json):
        tell_about(response)
    if flags.usage:
        note(usage_line(response, turns=told.turns))
    if flags.receipt:
        write_error(receipt_json(response.receipt) + "\n")


def _run(client: Client, question: Question, tools: Tools, printer: AnswerPrinter) -> Told:
    from fairlead.cli.running import RunView, as_told, shown_run

    session, messages, options, flags, _, wish = question
    waits = wish is not None or _waits(flags)
    view = RunView(tools, printer, streaming=not waits, quiet=flags.quiet)
    asked = options if wish is None else wish.told(options)
    with question.keeping(lambda: view.said):
        run = shown_run(client, session.model, messages, asked, view)
    told = Told(as_told(run), run.messages, len(run.turns))
    if wish is not None:
        _print_checked(run, wish, flags)
    elif not flags.json and waits:
        _print_texts(run.turns, printer, flags)
    if flags.json:
        write(run_json(run, told.response, indent=is_terminal(sys.stdout)) + "\n")
    return told


def _print_checked(run: RunResult, wish: Wish, flags: Flags) -> None:
    """The value that a run came to; of the text around its calls nothing."""
    from fairlead.cli.growing_json import GrowingJson

    try:
        value = wish.checked(run.response)
    except ExtractionFailed as error:
        error.receipt = run.receipt
        raise
    if not flags.json:
        GrowingJson().end(value)


def _extracted(client: Client, question: Question, wish: Wish) -> Told:
    from fairlead.cli.growing_json import value_json
    from fairlead.cli.structured import as_told, extracted, listed

    session, messages, options, flags, _, _ = question
    if wish.items:
        return as_told(listed(client, session.model, messages, options, wish))
    shown = not flags.json
    found = extracted(client, session.model, messages, options, wish, shown=shown)
    told = as_told(found)
    if flags.json:
        value = value_json(found.value)
        indent = is_terminal(sys.stdout)
        write(extraction_json(found, told.response, value, indent=indent) + "\n")
    return told


def _waits(flags: Flags) -> bool:
    """Whether the answer is printed only when it is whole."""
    return flags.json or flags.no_stream or flags.block or _renders(flags)


def _renders(flags: Flags) -> bool:
    return flags.markdown and is_terminal(sys.stdout)


def _whole(client: Client, question: Question) -> ChatResponse:
    """A stream on the wire unless that is not wanted: silence is noticed sooner there."""
    session, messages, options, flags = question[:4]
    if flags.no_stream:
        return client.chat(session.model, messages, **options)
    with client.stream(session.model, messages, **options) as stream:
        return stream.result()


def _print_whole(response: ChatResponse, printer: AnswerPrinter, flags: Flags) -> None:
    if flags.json:
        write(response_json(response, indent=is_terminal(sys.stdout)) + "\n")
        return
    _print_texts([response], printer, flags)
    print_tool_calls(response.message)


def _print_texts(answers: Sequence[ChatResponse], printer: AnswerPrinter, flags: Flags) -> None:
    """What the model wrote in all its turns; of code only that of the last."""
    if flags.block:
        _print_block(answers[-1], printer, flags)
        return
    for answer in answers:
        if _renders(flags):
            printer.reasoning(answer.reasoning)
            _render(answer.text or answer.refusal)
        else:
            printer.whole(answer.message)
            printer.close()


def _print_block(answer: ChatResponse, printer: AnswerPrinter, flags: Flags) -> None:
    printer.reasoning(answer.reasoning)
    text = answer.text or answer.refusal
    block = code_block(text, last=flags.extract_last)
    if block is None and not flags.quiet:
        note("the answer has no code block, so this is all of it")
    printer.text(text if block is None else block)
    printer.close()


def _render(text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    # Links as text: a model could write one place and lead to another.
    Console().print(Markdown(printable(text), hyperlinks=False))
