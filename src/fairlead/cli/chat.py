"""`fairlead chat`: a conversation at the terminal, turn by turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fairlead.cli.answer import AnswerPrinter, tell_about
from fairlead.cli.answering import Answering, PlainAnswer, Told, ToolAnswer
from fairlead.cli.ask import call_options, complete_options
from fairlead.cli.ask_options import model_options
from fairlead.cli.conversation import Conversation
from fairlead.cli.failures import failure
from fairlead.cli.line_editor import LineEditor
from fairlead.cli.report import usage_line
from fairlead.cli.running import RunView
from fairlead.cli.sections import SectionedCommand
from fairlead.cli.session import Session, open_session
from fairlead.cli.slash import Leave, SlashCommands
from fairlead.cli.terminal import note, output, write_error
from fairlead.cli.tool_flags import ToolFlags, tool_options
from fairlead.cli.tools import Tools, open_tools
from fairlead.errors import FairleadError, InvalidRequest
from fairlead.types.messages import Message

if TYPE_CHECKING:
    from fairlead.client import Client
    from fairlead.inputs import ChatOptions


class Chat:
    """A conversation with what it is held with. Turns go over one client, so connections stay."""

    def __init__(
        self,
        session: Session,
        client: Client,
        pairs: dict[str, str],
        *,
        system: str | None = None,
        deadline: float | None = None,
        sources: tuple[str, ...] = (),
        raw: bool = False,
        reasoning: bool = True,
        usage: bool = False,
        quiet: bool = False,
        tools: Tools | None = None,
    ) -> None:
        self.session = session
        self.client = client
        self.pairs = pairs
        self.system = system
        self.conversation = Conversation()
        self.conversation.keep(*session.earlier)
        self._deadline = deadline
        self._sources = sources
        self._raw = raw
        self._reasoning = reasoning
        self._usage = usage
        self._quiet = quiet
        self._tools = tools
        self._options = self._typed()

    def change_model(self, model: str) -> None:
        """Go on with another model. Raises, and keeps the old one, where it cannot be used."""
        before, self.session.model = self.session.model, model
        try:
            self._options = self._typed()
        except FairleadError:
            self.session.model = before
            raise

    def change_system(self, system: str | None) -> None:
        self.system = system
        self._options = self._typed()

    def change_option(self, key: str, value: str) -> None:
        """Set an option, or remove it where `value` is empty. Raises like `change_model`."""
        before = dict(self.pairs)
        self.pairs.pop(key, None)
        if value:
            self.pairs[key] = value
        try:
            self._options = self._typed()
        except FairleadError:
            self.pairs = before
            raise

    def turn(self, text: str) -> None:
        """Say `text` and print the answer. What was answered is kept, also where it was cut."""
        self.conversation.say(text)
        answering = self._answering()
        try:
            self.session.start_local(quiet=self._quiet)
            messages = self.conversation.messages
            self._tell(answering.show(self.session.model, list(messages), self._options))
        except (KeyboardInterrupt, FairleadError) as error:
            self._keep_partial(answering)
            if isinstance(error, FairleadError):
                raise
            note("stopped; what came is kept" if self._answered else "stopped")
        finally:
            if self._answered:
                self.session.keep(self.conversation.messages, self.system)

    def _answering(self) -> Answering:
        printer = AnswerPrinter(raw=self._raw, reasoning=self._reasoning)
        if self._tools is None:
            return PlainAnswer(self.client, printer)
        view = RunView(self._tools, printer, streaming=True, quiet=self._quiet)
        return ToolAnswer(self.client, view)

    @property
    def _answered(self) -> bool:
        messages = self.conversation.messages
        return bool(messages) and messages[-1].role == "assistant"

    def _tell(self, told: Told) -> None:
        self.conversation.keep(*told.messages)
        self.conversation.count(told.response)
        if not self._quiet:
            tell_about(told.response, "/option")
        if self._usage:
            note(usage_line(told.response, turns=told.turns))

    def _keep_partial(self, answering: Answering) -> None:
        if self._answered:
            return
        if answering.said:
            self.conversation.keep(Message.assistant(answering.said))
        else:
            self.conversation.take_back()

    def _typed(self) -> ChatOptions:
        options = call_options(
            tuple(self.pairs.items()),
            system=self.system,
            deadline=self._deadline,
            sources=self._sources,
        )
        complete_options(self.session, options)
        return options


@click.command("chat", cls=SectionedCommand)
@model_options
@tool_options
def command(
    model: str | None,
    system: str | None,
    pairs: tuple[tuple[str, str], ...],
    deadline: float | None,
    sources: tuple[str, ...],
    hide_reasoning: bool,
    usage: bool,
    quiet: bool,
    raw: bool,
    go_on: bool,
    no_log: bool,
    tools: tuple[str, ...],
    functions: tuple[str, ...],
    yes: bool,
    approve_each: bool,
    tools_debug: bool,
    chain_limit: int | None,
) -> None:
    """Talk with a model. Ctrl-C stops an answer, Ctrl-D or /exit leaves, /help shows the rest."""
    tool_flags = ToolFlags(tools, functions, chain_limit, yes, approve_each, tools_debug)
    tool_flags.check()
    usable = open_tools(tool_flags, call_options(pairs, sources=sources))
    if usable is not None:
        usable.check()
    # Answers that nobody can read must not be paid for.
    output()
    session = open_session(model, quiet=quiet, go_on=go_on, log=not no_log)
    if system is None and session.before is not None:
        system = session.before.system
    with session.client() as client, LineEditor() as editor:
        chat = Chat(
            session,
            client,
            dict(pairs),
            system=system,
            deadline=deadline,
            sources=sources,
            raw=raw,
            reasoning=not (hide_reasoning or quiet),
            usage=usage,
            quiet=quiet,
            tools=usable,
        )
        if editor.interactive and not quiet:
            note(_welcome(session))
        _converse(chat, editor)


def _welcome(session: Session) -> str:
    told = f"{session.model} listens; /help shows the commands, Ctrl-D leaves"
    earlier = len(session.earlier)
    return f"{told}; {earlier} messages were said before" if earlier else told


def _converse(chat: Chat, editor: LineEditor) -> None:
    while True:
        try:
            line = editor.read()
            if line is None:
                break
            _take(chat, line)
        except Leave:
            return
        except KeyboardInterrupt:
            write_error("\n")
            if not editor.interactive:
                raise
        except FairleadError as error:
            # A person reads the sentence and goes on; a script must not go on unaware.
            if not editor.interactive:
                raise
            note(failure(error))
    if editor.interactive:
        write_error("\n")


def _take(chat: Chat, line: str) -> None:
    text = line.strip()
    if text.startswith("/") and not text.startswith("//"):
        SlashCommands(chat).run(text)
    elif any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidRequest("that is not UTF-8 text; convert it first")
    elif text:
        chat.turn(text[1:] if text.startswith("//") else text)
