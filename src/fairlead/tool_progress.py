"""Tool calls while the model writes them: what is known of their arguments after each event.

A `ToolCallTracker` is fed the events of one answer, and keeps one `ToolCallProgress` for each call,
however their pieces are mixed. It is pure, and never raises for what a model wrote.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Literal, cast

from fairlead.errors import DecodeError, MalformedJson, MalformedToolArguments
from fairlead.framing.json_reader import CompletedValue
from fairlead.framing.json_scan import MAX_DEPTH
from fairlead.framing.partial_json import PartialJson
from fairlead.framing.repaired_json import JsonRepair, repaired_json
from fairlead.types.events import (
    Event,
    StreamRestarted,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from fairlead.types.messages import ToolCall

ToolCallState = Literal["waiting", "named", "arguments", "complete", "failed"]
"""Heard of, called by name, being written, whole, or not what arguments must be."""

Recovery = Literal["strict", "repair"]
"""What becomes of arguments that are no JSON: they fail, or are repaired where that is safe."""

_CUT = "the answer was cut before they were whole"
_MAX_OPEN = 64
_MAX_SIZE = 4 << 20


class ToolCallProgress:
    """One call under way. It is live: the same object from event to event."""

    __slots__ = (
        "_is_object",
        "_json",
        "_limited",
        "_max_size",
        "_newly",
        "_pieces",
        "_reason",
        "_recovery",
        "_repaired",
        "_size",
        "_state",
        "id",
        "index",
        "name",
        "repairs",
        "tool_call",
    )

    def __init__(
        self,
        index: int,
        *,
        recovery: Recovery = "strict",
        max_depth: int = MAX_DEPTH,
        max_size: int = _MAX_SIZE,
    ) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.tool_call: ToolCall | None = None
        """The call as the answer has it, once it has ended."""
        self.repairs: tuple[JsonRepair, ...] = ()
        """What had to be repaired; always empty where recovery is strict."""
        self._state: ToolCallState = "waiting"
        self._recovery = recovery
        self._json = PartialJson(max_depth=max_depth, max_size=max_size)
        self._is_object = False
        self._max_size = max_size
        self._size = 0
        self._pieces: list[str] = []
        self._newly: list[CompletedValue] = []
        self._repaired: dict[str, object] | None = None
        self._reason: str | None = None
        self._limited = False

    @property
    def state(self) -> ToolCallState:
        """How far it has come."""
        if self.tool_call is None:
            self._judge()
        return self._state

    @property
    def arguments(self) -> dict[str, object]:
        """The arguments as far as they have come; of a failed call, up to its fault.

        Live as `PartialJson.value` is: the dictionary grows with the next event.
        """
        if self._repaired is not None:
            return self._repaired
        value = self._json.value
        return value if isinstance(value, dict) else {}

    def snapshot(self) -> dict[str, object]:
        """A copy of `arguments` that does not grow."""
        if self._repaired is not None:
            return deepcopy(self._repaired)
        value = self._json.snapshot()
        return value if isinstance(value, dict) else {}

    @property
    def text(self) -> str:
        """The arguments as the model wrote them so far."""
        if self.tool_call is not None:
            return self.tool_call.arguments
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    @property
    def failure(self) -> MalformedToolArguments | None:
        """Why the call has failed, with the text so far."""
        if self.state != "failed" or self._reason is None:
            return None
        return MalformedToolArguments(self.name, self.text, self._reason)

    def is_complete(self, *path: str | int) -> bool:
        """Whether the argument at `path`, such as `"items", 0`, is there and will not change."""
        return self._repaired is not None or self._json.is_complete(*path)

    def take_completed(self) -> list[CompletedValue]:
        """The top-level arguments that were completed since the last time."""
        newly, self._newly = self._newly, []
        return [completed for completed in newly if completed.path]

    # -- the tracker's side ----------------------------------------------------------------------

    def start(self, call_id: str, name: str) -> None:
        """Its id and name, which count once."""
        self.id = self.id or call_id
        self.name = self.name or name
        if self.name and self._state == "waiting":
            self._state = "named"

    def add(self, fragment: str) -> None:
        """More text of the arguments."""
        if self._state in ("waiting", "named"):
            self._state = "arguments"
        if self._limited or self.tool_call is not None:
            return
        self._size += len(fragment)
        if self._size > self._max_size:
            self.refuse(f"they are longer than {self._max_size:,} characters")
            return
        self._pieces.append(fragment)
        self._read(fragment)

    def end(self, call: ToolCall) -> None:
        """The call is over, and `call` is the truth about it."""
        told = self.text
        self.tool_call = call
        self.id, self.name = call.id, call.name
        self._pieces.clear()
        if self._limited:
            return
        if told != call.arguments:
            self._anew(call.arguments)
        self._newly += self._json.close()
        self._judge()
        if not call.complete:
            self._reason = self._reason or _CUT
        elif self._reason is not None and self._recovery == "repair":
            self._repair(call.arguments)
        self._state = "complete" if self._reason is None else "failed"

    def refuse(self, reason: str) -> None:
        """Follow it no further."""
        self._limited = True
        self._reason = reason
        self._state = "failed"

    def _anew(self, text: str) -> None:
        """Read the arguments from their start: they are not what the pieces said."""
        self._json = PartialJson(max_depth=self._json.max_depth, max_size=self._max_size)
        self._is_object = False
        self._newly.clear()
        self._reason = None
        self._read(text)

    def _read(self, fragment: str) -> None:
        if self._reason is None:
            self._newly += self._json.feed(fragment)
            if not self._is_object:
                self._judge()

    def _judge(self) -> None:
        """Whether they can still be right, which of an open string is read only when asked for."""
        if self._reason is not None:
            return
        if not self._is_object and self._json.begun:
            self._is_object = type(self._json.value) is dict
            if not self._is_object:
                self._fail("not a JSON object")
                return
        if self._json.failure is not None:
            self._fail(_said(self._json.failure))

    def _fail(self, reason: str) -> None:
        """Where it may be repaired, the call is judged at its end."""
        self._reason = reason
        if self._recovery == "strict":
            self._state = "failed"

    def _repair(self, text: str) -> None:
        try:
            value, repairs = repaired_json(
                text, max_depth=self._json.max_depth, max_size=self._max_size
            )
        except DecodeError:
            return
        if isinstance(value, dict):
            self._repaired = cast("dict[str, object]", value)
            self.repairs = repairs
            self._reason = None


class ToolCallTracker:
    """Feed it every event of an answer; ask for `calls` whenever you like.

    At most `max_open` calls may be under way at once: one more fails, as does one whose arguments
    are longer than `max_size` characters or nested deeper than `max_depth`.
    """

    def __init__(
        self,
        *,
        recovery: Recovery = "strict",
        max_open: int = _MAX_OPEN,
        max_depth: int = MAX_DEPTH,
        max_size: int = _MAX_SIZE,
    ) -> None:
        self._recovery: Recovery = recovery
        self._max_open = max_open
        self._max_depth = max_depth
        self._max_size = max_size
        self._calls: dict[int, ToolCallProgress] = {}
        self._open = 0

    @property
    def calls(self) -> tuple[ToolCallProgress, ...]:
        """All calls so far, in the order in which they were begun."""
        return tuple(self._calls.values())

    def see(self, event: Event) -> None:
        """Take in one event; those that are not about tool calls change nothing."""
        kind = type(event)
        if kind is ToolCallDelta:
            delta = cast("ToolCallDelta", event)
            self._at(delta.index).add(delta.arguments)
        elif kind is ToolCallStart:
            start = cast("ToolCallStart", event)
            self._at(start.index).start(start.id, start.name)
        elif kind is ToolCallEnd:
            end = cast("ToolCallEnd", event)
            self._end(end.index, end.tool_call)
        elif kind is StreamRestarted:
            self._calls.clear()
            self._open = 0

    def catch_up(self, index: int, call: ToolCall, *, over: bool = False) -> None:
        """Take in a call that has come so far without being watched; `over`: no more will come."""
        progress = self._at(index)
        progress.start(call.id, call.name)
        if call.complete or over:
            self._end(index, call)
        elif call.arguments != "{}":  # what a call says that has no arguments yet
            progress.add(call.arguments)

    def _at(self, index: int) -> ToolCallProgress:
        progress = self._calls.get(index)
        if progress is None:
            progress = ToolCallProgress(
                index,
                recovery=self._recovery,
                max_depth=self._max_depth,
                max_size=self._max_size,
            )
            self._calls[index] = progress
            self._open += 1
            if self._open > self._max_open:
                progress.refuse(f"more than {self._max_open} calls are under way at once")
        return progress

    def _end(self, index: int, call: ToolCall) -> None:
        progress = self._at(index)
        if progress.tool_call is None:
            self._open -= 1
            progress.end(call)


def _said(failure: DecodeError) -> str:
    if isinstance(failure, MalformedJson):
        return f"{failure.reason} at character {failure.offset:,}"
    return str(failure)
