"""One run of a model with tools: its text as it comes, and a line for each tool beside it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.cli.call_text import call_text, escaped, result_text
from fairlead.cli.printable import excerpt
from fairlead.cli.terminal import DIM, painted
from fairlead.cli.tool_prints import prints_apart
from fairlead.errors import TurnsExceeded
from fairlead.types.events import Event, StreamRestarted, TextDelta
from fairlead.types.runs import ToolEnd, ToolRun, ToolStart, TurnEnd, TurnStart

if TYPE_CHECKING:
    from fairlead.cli.answer import AnswerPrinter
    from fairlead.cli.tools import Tools
    from fairlead.client import Client
    from fairlead.inputs import ChatOptions
    from fairlead.turns.start import RunOptions
    from fairlead.types.messages import Message
    from fairlead.types.responses import ChatResponse
    from fairlead.types.runs import RunEvent, RunResult

_LONGEST_CALL = 200
_LONGEST_REASON = 300


class RunView:
    """Shows the events of a run. `said` is the text of the answer so far."""

    def __init__(
        self, tools: Tools, printer: AnswerPrinter, *, streaming: bool, quiet: bool
    ) -> None:
        self.said = ""
        self._tools = tools
        self._printer = printer
        self._streaming = streaming
        self._quiet = quiet

    def event(self, event: RunEvent) -> None:
        """Show what of `event` is to be seen."""
        match event:
            case ToolStart(call=call):
                if not self._quiet and not self._tools.was_asked(call.id):
                    self._line(excerpt(call_text(call), _LONGEST_CALL))
            case ToolEnd(run=run):
                self._ended(run)
            case TurnEnd():
                if self._streaming:
                    self._printer.close()
                    self._printer.aside("")
            case TurnStart():
                self.said = ""
            case _:
                self._model_said(event)

    def options(self, options: ChatOptions) -> RunOptions:
        """Those of the run."""
        return self._tools.run_options(options)

    def close(self) -> None:
        """End the last line."""
        if self._streaming:
            self._printer.close()

    def _model_said(self, event: Event) -> None:
        if isinstance(event, TextDelta):
            self.said += event.text
        elif isinstance(event, StreamRestarted):
            self.said = ""
        if self._streaming:
            self._printer.event(event)

    def _ended(self, run: ToolRun) -> None:
        refused_by_hand = run.outcome == "denied" and self._tools.was_asked(run.call.id)
        if not (self._quiet or refused_by_hand):
            self._line(_outcome(run))
        if self._tools.debug:
            self._aside(result_text(run.result))

    def _line(self, text: str) -> None:
        self._aside(f"fairlead: {text}\n")

    def _aside(self, text: str) -> None:
        self._printer.aside("".join(_dimmed(line) for line in text.splitlines(keepends=True)))


def shown_run(
    client: Client, model: str, messages: list[Message], options: ChatOptions, view: RunView
) -> RunResult:
    """Run, and show what comes. However it ends, what came is printed, its line ended."""
    with prints_apart(), client.stream_run(model, messages, **view.options(options)) as stream:
        try:
            for event in stream:
                view.event(event)
        except TurnsExceeded as error:
            error.add_note("at the terminal that is --chain-limit")
            raise
        finally:
            view.close()
        return stream.result()


def as_told(run: RunResult) -> ChatResponse:
    """The last answer, with what all turns took."""
    return replace(
        run.response, usage=run.usage, cost=run.cost, receipt=run.receipt, warnings=run.warnings
    )


def _outcome(run: ToolRun) -> str:
    name = escaped(run.call.name)
    if run.outcome == "done":
        return f"{name} took {run.seconds:.2f} s"
    reason = excerpt(run.error or "", _LONGEST_REASON)
    return f"{name} was not run: {reason}" if run.outcome == "denied" else reason


def _dimmed(line: str) -> str:
    return painted(line.rstrip("\n"), DIM, sys.stderr) + "\n"
