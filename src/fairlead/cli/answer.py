"""Shows an answer while it comes: text on standard output, reasoning dimmed on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fairlead.cli.printable import Cleaner
from fairlead.cli.report import to_json
from fairlead.cli.terminal import DIM, is_terminal, note, painted, write, write_error
from fairlead.types.events import Event, ReasoningDelta, RefusalDelta, StreamRestarted, TextDelta
from fairlead.types.messages import Audio, Citation, File, Image

if TYPE_CHECKING:
    from fairlead.types.messages import Message
    from fairlead.types.responses import ChatResponse


class AnswerPrinter:
    """Prints one answer. `raw` prints the text as the model wrote it, and nothing around it."""

    def __init__(self, *, raw: bool = False, reasoning: bool = True) -> None:
        self._raw = raw
        self._reasoning_wanted = reasoning
        self._text = Cleaner()
        self._reasoning = Cleaner()
        self._last = "\n"
        self._in_reasoning = False

    def event(self, event: Event) -> None:
        """Show what of `event` is to be seen."""
        if isinstance(event, TextDelta | RefusalDelta):
            self.text(event.text)
        elif isinstance(event, ReasoningDelta):
            self.reasoning(event.text)
        elif isinstance(event, StreamRestarted):
            self.close()
            note(f"{event.reason}; {event.target} begins anew")

    def whole(self, message: Message) -> None:
        """Show an answer that came in one piece."""
        self.reasoning(message.reasoning)
        self.text(message.text)
        self.text(message.refusal)

    def text(self, piece: str) -> None:
        """More of the answer."""
        self._end_reasoning()
        shown = piece if self._raw else self._text.feed(piece)
        if shown:
            # First, because an interrupt may come as soon as it is written.
            self._last = shown[-1]
            write(shown)

    def reasoning(self, piece: str) -> None:
        """More of what the model thinks."""
        if not self._reasoning_wanted or not piece:
            return
        self._in_reasoning = True
        write_error(painted(self._reasoning.feed(piece), DIM, sys.stderr))

    def aside(self, text: str) -> None:
        """Show `text` on standard error; where one screen shows both, on a line of its own."""
        self._end_reasoning()
        if self._last != "\n" and is_terminal(sys.stdout):
            write("\n")
            self._last = "\n"
        write_error(text)

    def close(self) -> None:
        """End the answer's last line, so that what follows stands on its own."""
        self._end_reasoning()
        if self._raw:
            return
        rest = self._text.close()
        if rest:
            self._last = rest[-1]
        write(rest if self._last == "\n" else f"{rest}\n")
        self._last = "\n"

    def _end_reasoning(self) -> None:
        if self._in_reasoning:
            self._in_reasoning = False
            write_error(painted(self._reasoning.close(), DIM, sys.stderr) + "\n\n")


def print_tool_calls(message: Message) -> None:
    """The calls that the model wants, one JSON object to a line."""
    for call in message.tool_calls:
        fields = {"id": call.id, "name": call.name, "arguments": call.arguments}
        write(to_json({"tool_call": fields}) + "\n")


def tell_about(response: ChatResponse, setting: str = "-o") -> None:
    """What the text alone does not say: warnings, sources, an early end, parts not shown.

    `setting` is how an option is set where this is told.
    """
    for warning in response.warnings:
        note(f"warning: {warning}")
    if response.finish_reason == "length":
        note(f"warning: the answer was cut at the token limit; raise it with {setting} max_tokens")
    elif response.finish_reason == "content_filter":
        note("warning: the provider's content filter ended the answer")
    for number, (mark, source) in enumerate(_sources(response), 1):
        note(f"[{mark}] {source}" if mark else f"source {number}: {source}")
    hidden = [part for part in response.message.parts if isinstance(part, Image | Audio | File)]
    if hidden:
        note(f"{len(hidden)} parts of the answer are not text; --json shows them")
    elif response.empty:
        note("the answer is empty")


def _sources(response: ChatResponse) -> list[tuple[str, str]]:
    """Each source once: the mark under which the answer cites it, if any, and what it is."""
    return list(dict.fromkeys(found for item in response.citations if any(found := _source(item))))


def _source(citation: Citation) -> tuple[str, str]:
    mark = citation.source if citation.title else None
    names = (citation.title, citation.url or (None if mark else citation.source))
    return (mark or "", " ".join(filter(None, names)))
