"""An earlier answer on its way back: text, calls, and reasoning in the field it came in."""

from __future__ import annotations

from typing import Any

from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat import call_ids
from fairlead.dialects.openai_chat.attachments import picture, text_parts
from fairlead.dialects.openai_chat.reasoning import THINK_TAGS
from fairlead.dialects.openai_chat.state import own
from fairlead.dialects.openai_chat.thinking import CLOSE, OPEN
from fairlead.errors import InvalidRequest
from fairlead.types.messages import (
    Audio,
    Citation,
    Image,
    Message,
    Opaque,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.targets import Quirks

_FIELDS = ("reasoning_content", "reasoning")
_SAYS_NOTHING = {"role", "content", "reasoning_details", "reasoning_opaque", *_FIELDS}
_NO_REASONING = " "
"""The least that is taken where tool calls without reasoning are refused: empty is not enough."""


class _Turn:
    """The fields of one assistant message, collected part by part."""

    __slots__ = ("audio", "calls", "content", "fields", "images", "refusal", "texts", "thoughts")

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.content: list[dict[str, object]] = []
        self.thoughts: list[str] = []
        self.refusal = ""
        self.calls: list[dict[str, object]] = []
        self.images: list[dict[str, object]] = []
        self.audio: object = None
        self.fields: dict[str, object] = {}


def assistant(message: Message, number: int, losses: Losses) -> dict[str, object]:
    """The message's fields in a fixed order. Raises `InvalidRequest` for what cannot stand here."""
    turn = _Turn()
    for part in message.parts:
        _part(turn, part, f"messages[{number}]", losses)
    wire: dict[str, object] = {"role": "assistant", "content": _content(turn)}
    if turn.refusal:
        wire["refusal"] = turn.refusal
    if turn.calls and losses.target.quirks.reasoning_required:
        turn.fields["reasoning_content"] = turn.fields.get("reasoning_content") or _NO_REASONING
    wire |= turn.fields
    if turn.audio is not None:
        wire["audio"] = turn.audio
    if turn.images:
        wire["images"] = turn.images
    if turn.calls:
        wire["tool_calls"] = turn.calls
    for name, value in (own(message.provider_state) or {}).items():
        wire.setdefault(name, value)
    return wire


def says_nothing(wire: dict[str, object]) -> bool:
    """Whether a message holds neither words nor calls, which several providers refuse."""
    return wire["content"] == "" and wire.keys() <= _SAYS_NOTHING


def _content(turn: _Turn) -> object:
    thoughts = "".join(f"{OPEN}{thought}{CLOSE}\n\n" for thought in turn.thoughts)
    if turn.content:
        return turn.content + [{"type": "text", "text": part.text} for part in turn.texts]
    if thoughts:
        return thoughts + "".join([part.text for part in turn.texts])
    if turn.texts:
        return text_parts(turn.texts)
    return None if turn.calls or turn.refusal or turn.audio is not None else ""


def _part(turn: _Turn, part: Any, place: str, losses: Losses) -> None:
    if isinstance(part, Text):
        turn.texts.append(part)
        if part.citations:
            losses.leave_out(f"{place}: citations")
    elif isinstance(part, ToolCall):
        if part.by_provider:
            losses.leave_out(f"{place}: a call of {part.name} that a provider ran")
        elif not part.complete:
            losses.leave_out(f"{place}: unfinished call of {part.name}")
        else:
            turn.calls.append(_call(part, losses.target.quirks))
    elif isinstance(part, Reasoning):
        _reasoning(turn, part, place, losses)
    elif isinstance(part, Refusal) and "refusal" in losses.target.quirks.unsupported:
        turn.texts.append(Text(part.text))
    elif isinstance(part, Refusal):
        turn.refusal += part.text
    elif isinstance(part, Audio):
        _audio(turn, part, place, losses)
    elif isinstance(part, Image):
        if (kept := picture(part, place, losses)) is not None:
            turn.images.append(kept)
    elif isinstance(part, Opaque):
        _opaque(turn, part, place, losses)
    elif isinstance(part, Citation):
        losses.leave_out(f"{place}: a citation")
    elif isinstance(part, ToolResult) and part.by_provider:
        losses.leave_out(f"{place}: the result of a tool that a provider ran")
    else:
        raise InvalidRequest(f"{place}: an assistant message cannot hold {type(part).__name__}")


def _call(call: ToolCall, quirks: Quirks) -> dict[str, object]:
    call_id = call_ids.sent(call.id, quirks)
    kept = own(call.provider_state) or {}
    if kept.get("type") == "custom":
        text = call.parse().get("input", "")
        return {"id": call_id, "type": "custom", "custom": {"name": call.name, "input": text}}
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call_id, "type": "function", "function": function, **kept}


def _reasoning(turn: _Turn, part: Reasoning, place: str, losses: Losses) -> None:
    """Reasoning goes back in the field that the target reads; another dialect's does not."""
    echo = losses.target.quirks.reasoning_echo
    kept = own(part.provider_state)
    foreign = part.provider_state is not None and kept is None
    if foreign or not echo:
        losses.leave_out(f"{place}: reasoning")
        return
    kept = kept or {}
    details = kept.get("reasoning_details")
    if echo == "reasoning_details" and details:
        turn.fields["reasoning_details"] = details
    elif echo == "content":
        thought: dict[str, object] = {
            "type": "thinking",
            "thinking": [{"type": "text", "text": part.text}],
        }
        if isinstance(more := kept.get("chunk"), dict):
            thought |= more
        turn.content.append(thought)
    elif echo == THINK_TAGS:
        turn.thoughts.append(part.text)
    else:
        came_in = kept.get("field")
        # A router has no details for a model that only told a text; that goes back as it came.
        field = echo if echo in _FIELDS else came_in if came_in in _FIELDS else "reasoning"
        turn.fields[str(field)] = f"{turn.fields.get(str(field), '')}{part.text}"
    if "reasoning_opaque" in kept:
        turn.fields["reasoning_opaque"] = kept["reasoning_opaque"]


def _audio(turn: _Turn, part: Audio, place: str, losses: Losses) -> None:
    """The provider keeps what its model said, and takes its id."""
    kept = own(part.provider_state)
    if kept is None:
        losses.cannot_answer(
            part, "audio in an assistant message", f"send its transcript as text ({place})"
        )
        if part.transcript:
            turn.texts.append(Text(part.transcript))
    else:
        turn.audio = kept


def _opaque(turn: _Turn, part: Opaque, place: str, losses: Losses) -> None:
    kept = own(part.provider_state)
    if kept is None:
        losses.leave_out(f"{place}: {part.kind} of {part.provider_state.dialect}")
    else:
        turn.content.append(kept)
