"""An assistant's message: what this dialect's model thought, planned and cited goes back as it was.

What another dialect's model said is translated, or left out and listed.
"""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.body import Body
from fairlead.dialects.cohere.wire import NAME
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


def assistant_message(message: Message, losses: Losses) -> Body | None:
    """None where nothing of it can be written. Raises `InvalidRequest` or `UnsupportedFeature`."""
    turn = _Turn(losses)
    for part in message.parts:
        turn.add(part)
    return turn.written()


def plain(content: list[object]) -> object:
    """A single text is written as a string."""
    if len(content) == 1 and isinstance(content[0], dict) and content[0]["type"] == "text":
        return content[0]["text"]
    return content


def own(state: ProviderState | None, what: str, losses: Losses) -> Raw | None:
    """The bytes that this dialect keeps; without them there is nothing to send."""
    if state is None or state.dialect != NAME:
        losses.leave_out(what)
        return None
    return Raw(state.data.encode("utf-8", "replace"))


class _Turn:
    """The fields of one message under construction."""

    __slots__ = ("calls", "citations", "content", "losses", "plan")

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        self.content: list[object] = []
        self.plan: list[str] = []
        self.calls: list[object] = []
        self.citations: dict[bytes, Raw] = {}

    def add(self, part: Part) -> None:
        if isinstance(part, Text | Refusal):
            if part.text:
                self.content.append({"type": "text", "text": part.text})
            self._cite(part.citations if isinstance(part, Text) else ())
        elif isinstance(part, Citation):
            self._cite((part,))
        elif isinstance(part, Reasoning):
            self._reasoning(part)
        elif isinstance(part, ToolCall):
            self._call(part)
        elif isinstance(part, ToolResult):
            self.losses.leave_out("result of a provider's tool")
        elif isinstance(part, Opaque):
            kept = own(part.provider_state, f"{part.kind} part", self.losses)
            self.content += [] if kept is None else [kept]
        else:
            self._shown(part)

    def written(self) -> Body | None:
        message: Body = {"role": "assistant"}
        if self.content:
            message["content"] = plain(self.content)
        if self.plan:
            message["tool_plan"] = "".join(self.plan)
        if self.calls:
            message["tool_calls"] = self.calls
        if len(message) == 1:
            return None
        if self.citations:
            message["citations"] = list(self.citations.values())
        return message

    def _reasoning(self, part: Reasoning) -> None:
        state = part.provider_state
        if state is None or state.dialect != NAME or not part.text:
            self.losses.leave_out("reasoning of another model")
            return
        field = rawjson.kept(state.data).get("field", rawjson.NOTHING)
        if rawjson.optional(field, rawjson.STRING) == "tool_plan":
            self.plan.append(part.text)
        else:
            self.content.append({"type": "thinking", "thinking": part.text})

    def _call(self, call: ToolCall) -> None:
        if call.by_provider or not call.complete:
            kind = "call of the provider's tool" if call.by_provider else "unfinished call of"
            self.losses.leave_out(f"{kind} {call.name}")
            return
        if not call.id:
            raise InvalidRequest("a tool call needs an id")
        function = {"name": call.name, "arguments": call.arguments or "{}"}
        self.calls.append({"id": call.id, "type": "function", "function": function})

    def _cite(self, citations: tuple[Citation, ...]) -> None:
        """Once each: a citation with several sources is several here."""
        for citation in citations:
            kept = own(citation.provider_state, "citation of another provider", self.losses)
            if kept is not None:
                self.citations[bytes(kept)] = kept

    def _shown(self, part: Image | File | Audio) -> None:
        what = _PLACES[type(part)]
        hint = "send its transcript as text" if what == "audio" else "send it in a user message"
        self.losses.cannot_answer(part, f"{what} in an assistant message", hint)
        if isinstance(part, Audio) and part.transcript:
            self.content.append({"type": "text", "text": part.transcript})
