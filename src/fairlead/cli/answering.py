"""One answer shown while it comes, with tools or without; a chat keeps what was said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from fairlead.cli.answer import print_tool_calls

if TYPE_CHECKING:
    from fairlead.cli.answer import AnswerPrinter
    from fairlead.cli.running import RunView
    from fairlead.client import Client
    from fairlead.inputs import ChatOptions
    from fairlead.stream import Stream
    from fairlead.types.messages import Message
    from fairlead.types.responses import ChatResponse


class Told(NamedTuple):
    """An answer as it is told of afterwards: of several turns the last, with what all took.

    `messages` are those that go on with the conversation.
    """

    response: ChatResponse
    messages: tuple[Message, ...]
    turns: int = 1


class Answering(Protocol):
    """`said` is the text of an answer that was stopped, as far as it had come."""

    @property
    def said(self) -> str: ...
    def show(self, model: str, messages: list[Message], options: ChatOptions) -> Told: ...


class PlainAnswer:
    """An answer without tools of ours."""

    def __init__(self, client: Client, printer: AnswerPrinter) -> None:
        self._client = client
        self._printer = printer
        self._stream: Stream | None = None

    @property
    def said(self) -> str:
        try:
            return "" if self._stream is None else self._stream.partial.text
        except RuntimeError:  # it was never open
            return ""

    def show(self, model: str, messages: list[Message], options: ChatOptions) -> Told:
        """Print it while it comes. However it ends, what came is printed, its line ended."""
        self._stream = self._client.stream(model, messages, **options)
        with self._stream as stream:
            try:
                for event in stream:
                    self._printer.event(event)
            finally:
                self._printer.close()
            response = stream.result()
        print_tool_calls(response.message)
        return Told(response, (response.message,))


class ToolAnswer:
    """An answer for which the model may call functions."""

    def __init__(self, client: Client, view: RunView) -> None:
        self._client = client
        self._view = view

    @property
    def said(self) -> str:
        return self._view.said

    def show(self, model: str, messages: list[Message], options: ChatOptions) -> Told:
        """The same, with all the turns that it takes."""
        from fairlead.cli.running import as_told, shown_run

        run = shown_run(self._client, model, messages, options, self._view)
        return Told(as_told(run), run.messages, len(run.turns))
