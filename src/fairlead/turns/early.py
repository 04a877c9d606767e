"""Which calls are whole before the model says so: their arguments are, and it writes the next.

Many providers tell the end of a call only with the end of the answer.
"""

from __future__ import annotations

from collections.abc import Container

from fairlead.tool_progress import ToolCallTracker
from fairlead.types.events import Event, StreamRestarted, ToolCallStart
from fairlead.types.messages import ToolCall


class EarlyCalls:
    """Follows the events of one answer. Each call of a tool in `ours` is given once.

    Whether a call was run by the provider is known only at its end; it would have another name.
    """

    def __init__(self, ours: Container[str]) -> None:
        self._ours = ours
        self._tracker = ToolCallTracker()
        self._given: set[int] = set()

    def see(self, event: Event) -> list[tuple[int, ToolCall]]:
        """The calls that are whole, now that `event` begins another, each with its index."""
        self._tracker.see(event)
        if type(event) is StreamRestarted:
            self._given.clear()
        if type(event) is not ToolCallStart:
            return []
        found: list[tuple[int, ToolCall]] = []
        for call in self._tracker.calls:
            written = call.name in self._ours and call.state == "arguments" and call.is_complete()
            if written and call.index != event.index and call.index not in self._given:
                self._given.add(call.index)
                found.append((call.index, ToolCall(call.id, call.name, call.text)))
        return found
