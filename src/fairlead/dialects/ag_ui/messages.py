"""A conversation in this protocol's words: every message has an id, the same whenever it is sent.

An agent's answer is several messages: what it thought, said and called, and what its tools
answered. They go back with the ids that the agent gave them.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from fairlead.dialects.ag_ui.parts import part_of, plain
from fairlead.dialects.ag_ui.turns import AgentTurn
from fairlead.dialects.body import Body
from fairlead.dialects.losses import Losses
from fairlead.dialects.placing import check_result, only_results
from fairlead.errors import InvalidRequest
from fairlead.types.messages import Message, Opaque, ToolCall, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target


class MessageWriter:
    """Writes one message after the other; `written` is what goes into the body.

    `thread` and `state` are what the agent told last of the conversation, in its own words.
    """

    __slots__ = ("_called", "_losses", "state", "thread", "written")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._called: set[str] = set()
        self.written: list[Body] = []
        self.thread: str | None = None
        self.state: msgspec.Raw | None = None

    def add(self, message: Message) -> None:
        """Raises `InvalidRequest` or `UnsupportedFeature`."""
        lost, before = len(self._losses.dropped), len(self.written)
        if message.role == "assistant":
            self._assistant(message)
        else:
            self._said(message)
        if len(self.written) == before and len(self._losses.dropped) == lost:
            self._losses.leave_out(f"empty {message.role} message")

    def _assistant(self, message: Message) -> None:
        self._called |= {part.id for part in message.parts if isinstance(part, ToolCall)}
        turn = AgentTurn(message, self._losses)
        self.thread = turn.thread or self.thread
        self.state = turn.state or self.state
        for written in turn.messages:
            self._append(written)

    def _said(self, message: Message) -> None:
        """A system, user or tool message; results in it are messages of their own, in front."""
        parts: list[Body] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                self._result(message, part)
            elif message.role == "tool":
                raise only_results()
            elif isinstance(part, Opaque):
                self._losses.leave_out(f"{part.kind} part")
            elif (written := part_of(part, message.role, self._losses)) is not None:
                parts.append(written)
        if parts:
            self._append(self._words(message, parts))

    def _words(self, message: Message, parts: list[Body]) -> Body:
        """System messages are text alone."""
        written: Body = {"id": "", "role": "user", "content": plain(parts)}
        if message.role == "system":
            written["role"] = self._losses.target.quirks.system_role
            written["content"] = "\n".join(str(part["text"]) for part in parts)
        if message.name:
            written["name"] = message.name
        return written

    def _result(self, message: Message, result: ToolResult) -> None:
        if result.by_provider:
            self._losses.leave_out("result of a provider's tool")
            return
        check_result(result, message.role, self._called)
        content: object = result.content
        if isinstance(result.content, tuple):
            parts = [part_of(part, "tool", self._losses) for part in result.content]
            content = plain([part for part in parts if part is not None])
        written: Body = {
            "id": "",
            "role": "tool",
            "toolCallId": result.tool_call_id,
            "content": content,
        }
        if result.is_error:
            written["error"] = content if isinstance(content, str) else "the tool failed"
        self._append(written)

    def _append(self, written: Body) -> None:
        """A message without an id gets one, of its place and all that it says."""
        if not written["id"]:
            written["id"] = digest([len(self.written), written])
        self.written.append(written)


def digest(value: object) -> str:
    """An id for `value`: the same for the same. Raises `InvalidRequest`."""
    try:
        return sha256(msgspec.json.encode(value)).hexdigest()[:32]
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InvalidRequest(f"the request cannot be written as JSON: {error}") from error


def sent_ids(request: ChatRequest, target: Target) -> set[str]:
    """The ids of the messages that `request` is sent as."""
    writer = MessageWriter(Losses("drop", target))
    for message in request.messages:
        writer.add(message)
    return {str(message["id"]) for message in writer.written}
