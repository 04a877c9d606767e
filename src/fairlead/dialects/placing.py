"""Which parts may stand in which messages. All chat dialects have these rules."""

from __future__ import annotations

from collections.abc import Container

from fairlead.errors import InvalidRequest
from fairlead.types.messages import Part, Role, ToolResult

SHOWN_BELOW = "It is shown in the message below."
"""What a tool's result says that holds no words, where its pictures follow it."""
FAILED = "The tool failed and said nothing."
"""What the result of a failed tool says that holds nothing, where the protocol wants words."""
BLANK = "text of blanks alone"
"""What protocols that refuse it are not sent; models answer so now and then before a call."""
MOVED = "the pictures and files of a tool's result were sent in a user message behind it"


def shown_by(call_id: str) -> str:
    """The words above what a tool has shown."""
    return f"This is the result of the tool call {call_id}:"


def misplaced(part: Part, role: str) -> InvalidRequest:
    """The error for a part that no message of that role can hold."""
    kind = type(part).__name__
    article = "an" if kind.startswith(("A", "I", "O")) else "a"
    return InvalidRequest(f"{article} {kind} part cannot stand in a {role} message")


def only_results() -> InvalidRequest:
    """The error for anything else in a message of a tool."""
    return InvalidRequest("a tool message holds tool results; put the text into one")


def check_result(result: ToolResult, role: Role, called: Container[str]) -> None:
    """Raises `InvalidRequest` unless `result` answers a call made before, and may stand there."""
    if role not in ("tool", "user"):
        raise InvalidRequest("a tool result stands in a tool or user message")
    if result.tool_call_id not in called:
        raise InvalidRequest(
            f"the tool result {result.tool_call_id!r} answers no call of this conversation"
        )
