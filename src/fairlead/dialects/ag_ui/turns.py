"""An agent's turn in a conversation: the parts of one answer as the messages that they were.

What another dialect's model said is translated, or left out and listed.
"""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.ag_ui.run import MESSAGE
from fairlead.dialects.ag_ui.shared import ACTIVITY, STATE
from fairlead.dialects.ag_ui.wire import NAME
from fairlead.dialects.body import Body
from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.messages import (
    Audio,
    Citation,
    File,
    Image,
    Message,
    Opaque,
    Part,
    ProviderState,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)

_PLACES = {Image: "image", File: "file", Audio: "audio"}
_GIVEN = ("name", "subagentRunId")


class AgentTurn:
    """`messages` are in order; those without an id of the agent's have an empty one.

    `thread` and `state` are the agent's own, where it told them.
    """

    __slots__ = ("_encrypted", "_losses", "messages", "state", "thread")

    def __init__(self, message: Message, losses: Losses) -> None:
        self._losses = losses
        fields = _own(message.provider_state)
        self._encrypted = _own_fields(fields.get("encryptedValues", rawjson.NOTHING))
        self.thread = _text(fields, "threadId") or None
        self.state: Raw | None = None
        self.messages: list[Body] = []
        for part in message.parts:
            self._add(part)
        if message.name:
            for written in self.messages:
                if written["role"] == "assistant":
                    written.setdefault("name", message.name)

    def _add(self, part: Part) -> None:
        if isinstance(part, Text | Refusal):
            self._say(part.text, _own(part.provider_state))
        elif isinstance(part, ToolCall):
            self._call(part)
        elif isinstance(part, ToolResult):
            self._result(part)
        elif isinstance(part, Reasoning):
            self._reasoning(part)
        elif isinstance(part, Opaque):
            self._opaque(part)
        elif isinstance(part, Citation):
            self._losses.leave_out("citation without text")
        else:
            self._shown(part)

    def _say(self, text: str, fields: dict[str, Raw]) -> None:
        if not text:
            return
        message = self._message(_text(fields, "messageId"))
        message["content"] = f"{message.get('content', '')}{text}"
        for name in _GIVEN:
            if name in fields:
                message[name] = fields[name]

    def _call(self, call: ToolCall) -> None:
        fields = _own(call.provider_state)
        foreign = call.provider_state is None or call.provider_state.dialect != NAME
        if not call.complete or (call.by_provider and foreign):
            kind = "call of the provider's tool" if call.complete else "unfinished call of"
            self._losses.leave_out(f"{kind} {call.name}")
            return
        if not call.id:
            raise InvalidRequest("a tool call needs an id")
        function = {"name": call.name, "arguments": call.arguments or "{}"}
        written: Body = {"id": call.id, "type": "function", "function": function}
        self._seal(written, call.id)
        message = self._message(_text(fields, "parentMessageId"))
        calls = message.setdefault("toolCalls", [])
        assert isinstance(calls, list)
        calls.append(written)

    def _result(self, result: ToolResult) -> None:
        state = result.provider_state
        if state is None or state.dialect != NAME:
            self._losses.leave_out("result of a provider's tool")
            return
        fields = _own(state)
        content = fields.get("content", result.content)
        message: Body = {
            "id": _text(fields, "messageId"),
            "role": "tool",
            "toolCallId": result.tool_call_id,
            "content": content,
        }
        self._seal(message, _text(fields, "messageId"))
        self.messages.append(message)

    def _reasoning(self, part: Reasoning) -> None:
        state = part.provider_state
        if state is None or state.dialect != NAME:
            self._losses.leave_out("reasoning of another model")
            return
        message_id = _text(_own(state), "messageId")
        message: Body = {"id": message_id, "role": "reasoning", "content": part.text}
        self._seal(message, message_id)
        self.messages.append(message)

    def _opaque(self, part: Opaque) -> None:
        """State goes back beside the messages, an interrupt only as its answer (`resume`)."""
        data = Raw(part.provider_state.data.encode("utf-8", "replace"))
        if part.provider_state.dialect != NAME:
            self._losses.leave_out(f"{part.kind} part")
        elif part.kind == STATE:
            self.state = data if rawjson.present(data) else None
        elif part.kind in (ACTIVITY, MESSAGE):
            fields = rawjson.kept(part.provider_state.data)
            if "id" in fields:
                self.messages.append(dict(fields))

    def _shown(self, part: Image | File | Audio) -> None:
        what = _PLACES[type(part)]
        self._losses.cannot_answer(
            part, f"{what} in an assistant message", "send it in a user message"
        )
        if isinstance(part, Audio) and part.transcript:
            self._say(part.transcript, {})

    def _message(self, message_id: str) -> Body:
        """The assistant's message of that id; without one, the last if it is the assistant's."""
        for message in reversed(self.messages) if message_id else self.messages[-1:]:
            if message["role"] == "assistant" and message_id in ("", message["id"]):
                return message
        message = {"id": message_id, "role": "assistant"}
        self._seal(message, message_id)
        self.messages.append(message)
        return message

    def _seal(self, written: Body, entity_id: str) -> None:
        value = self._encrypted.get(entity_id)
        if value is not None:
            written["encryptedValue"] = value


def _own(state: ProviderState | None) -> dict[str, Raw]:
    return rawjson.kept(state.data) if state is not None and state.dialect == NAME else {}


def _own_fields(raw: Raw) -> dict[str, Raw]:
    return rawjson.optional(raw, rawjson.FIELDS) or {}


def _text(fields: dict[str, Raw], name: str) -> str:
    return rawjson.optional(fields.get(name, rawjson.NOTHING), rawjson.STRING) or ""
