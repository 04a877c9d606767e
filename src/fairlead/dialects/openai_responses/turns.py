"""A conversation as `instructions` and input items.

What this protocol said itself goes back byte for byte, one raw item for all the parts that came of
it, unless the caller has changed one of them: then the item is written anew from the parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile

import msgspec
from msgspec import Raw

from fairlead.dialects.call_ids import shortened
from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_responses import content, wire
from fairlead.dialects.openai_responses.options import OpenAIResponsesOptions
from fairlead.dialects.openai_responses.reading import elements, read_content, read_item
from fairlead.dialects.openai_responses.tools import arguments_of
from fairlead.dialects.origin import giver_of, host_of
from fairlead.errors import DecodeError, InvalidRequest
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
from fairlead.types.targets import Quirks

_DIALECT = OpenAIResponsesOptions.dialect
_LONGEST_ID = 64
"""Of a call; `input[].call_id` is refused beyond that."""
_RESULTS = {"custom_tool_call": "custom_tool_call_output"}
"""Which item answers a call, where it is not `function_call_output`."""

Item = Mapping[str, object] | Raw


class Turns:
    """Takes messages in order. Raises `InvalidRequest` for those that make no sense."""

    __slots__ = ("_calls", "_calls_elsewhere", "_host", "_items", "_losses", "_quirks", "_system")

    def __init__(self, quirks: Quirks, losses: Losses, *, calls_elsewhere: bool) -> None:
        self._host = host_of(losses.target)
        self._quirks = quirks
        self._losses = losses
        self._calls_elsewhere = calls_elsewhere
        self._items: list[Item] = []
        self._system: list[str] = []
        self._calls: dict[str, tuple[str, str]] = {}

    def add(self, message: Message) -> None:
        if message.name is not None:
            self._losses.unsupported("messages.name", "say the name in the text")
        if message.role == "system":
            self._add_system(message)
        elif message.role == "assistant":
            begin = len(self._items)
            given_here = giver_of(message, _DIALECT) in (None, self._host)
            self._add_answer(message.parts, given_here=given_here)
            if any(isinstance(part, Reasoning) for part in message.parts):
                self._leave_out_idle_reasoning(begin)
        else:
            self._add_input(message)

    def finished(self) -> tuple[str | None, list[Item]]:
        """The instructions, and the items. Instructions alone are sent as a message."""
        text = "\n\n".join(self._system)
        if text and not self._items:
            return None, [self._message(self._quirks.system_role, text)]
        return text or None, self._items

    def _add_system(self, message: Message) -> None:
        texts = [part.text for part in message.parts if isinstance(part, Text)]
        if len(texts) != len(message.parts):
            raise InvalidRequest("a system message may hold text only")
        if self._items:
            self._items.append(self._message(self._quirks.system_role, "\n\n".join(texts)))
        else:
            self._system += texts

    def _add_input(self, message: Message) -> None:
        """A user's or a tool's turn: results are items of their own, the rest is one message."""
        pieces: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                self._flush(pieces)
                self._add_result(part)
            elif isinstance(part, Opaque):
                self._flush(pieces)
                self._add_opaque(part)
            elif message.role == "tool" or isinstance(part, Reasoning | ToolCall | Refusal):
                raise InvalidRequest(
                    f"a {message.role} message may not hold a {type(part).__name__}"
                )
            else:
                pieces.append(part)
        self._flush(pieces)

    def _flush(self, pieces: list[Part]) -> None:
        if len(pieces) == 1 and isinstance(pieces[0], Text):
            self._items.append(self._message("user", pieces[0].text))
        elif pieces and (written := content.written(pieces, self._losses)):
            self._items.append({"type": "message", "role": "user", "content": written})
        pieces.clear()

    def _add_answer(self, parts: Sequence[Part], *, given_here: bool) -> None:
        """What another host gave is told in words alone: this one cannot open what is sealed."""
        place = 0
        while place < len(parts):
            part = parts[place]
            state = part.provider_state
            if given_here and state is not None and state.dialect == _DIALECT:
                group = _of_one_item(parts[place:], state)
                self._add_own(state.data, group)
                place += len(group)
            else:
                self._add_foreign(part)
                place += 1

    def _leave_out_idle_reasoning(self, begin: int) -> None:
        """Reasoning is refused unless an item follows that came with it, and still has its id."""
        kept: list[Item] = []
        led_to_something = False
        for item in reversed(self._items[begin:]):
            if isinstance(item, Raw) and read_item(item).type == "reasoning":
                if not led_to_something:
                    self._losses.leave_out("reasoning without what it led to")
                    continue
            else:
                led_to_something = isinstance(item, Raw) or "id" in item
            kept.append(item)
        self._items[begin:] = reversed(kept)

    def _add_own(self, data: str, parts: list[Part]) -> None:
        try:
            item = read_item(raw := Raw(data.encode()))
        except (DecodeError, UnicodeEncodeError) as error:
            raise InvalidRequest(
                "a part's provider_state is damaged; send back what was received, or none"
            ) from error
        if item.type == "message" and _changed(item, parts):
            self._items.append(_rewritten(raw, parts))
        elif isinstance(call := parts[0], ToolCall) and not call.by_provider:
            self._add_call(call, item, raw)
        else:
            self._items.append(raw)

    def _add_call(self, call: ToolCall, item: wire.Item | None, raw: Raw | None) -> None:
        if not call.complete:
            self._losses.leave_out(f"unfinished call of {call.name}")
            return
        if raw is not None and item is not None:
            own = (item.call_id or item.id, item.name, arguments_of(item) or "{}")
            if own == (call.id, call.name, call.arguments):
                self._calls[call.id] = item.type, call.id
                self._items.append(raw)
                return
        sent = shortened(call.id, _LONGEST_ID)
        self._calls[call.id] = "function_call", sent
        self._items.append(
            {
                "type": "function_call",
                "call_id": sent,
                "name": call.name,
                "arguments": call.arguments,
            }
        )

    def _add_foreign(self, part: Part) -> None:
        """A part of an answer that another protocol, or the caller, has written."""
        if isinstance(part, Text | Refusal):
            if isinstance(part, Text) and part.citations:
                self._losses.leave_out("citations")
            self._items.append(self._message("assistant", part.text))
        elif isinstance(part, ToolCall) and not part.by_provider:
            self._add_call(part, None, None)
        elif isinstance(part, ToolResult) and not part.by_provider:
            self._add_result(part)
        elif isinstance(part, Image | Audio | File):
            self._add_foreign_media(part)
        else:
            self._losses.leave_out(_word(part))

    def _add_foreign_media(self, part: Image | Audio | File) -> None:
        what = f"{_word(part)} in an assistant message"
        self._losses.cannot_answer(part, what, "send it in a user message")
        if isinstance(part, Audio) and part.transcript:
            self._items.append(self._message("assistant", part.transcript))

    def _add_result(self, result: ToolResult) -> None:
        state = result.provider_state
        if state is not None and state.dialect == _DIALECT:
            return self._add_own(state.data, [result])
        if result.by_provider:
            return self._losses.leave_out("tool_result")
        called = self._calls.get(result.tool_call_id)
        if called is None and not self._calls_elsewhere:
            raise InvalidRequest(
                f"there is a result for the call {result.tool_call_id!r}, but no call of that id"
            )
        if result.is_error:
            self._losses.leave_out("tool_result.is_error")
        kind, sent = called or ("", result.tool_call_id)
        self._items.append(
            {
                "type": _RESULTS.get(kind, "function_call_output"),
                "call_id": sent,
                "output": content.outcome(result, self._quirks, self._losses),
            }
        )
        return None

    def _add_opaque(self, part: Opaque) -> None:
        if part.provider_state.dialect == _DIALECT:
            self._add_own(part.provider_state.data, [part])
        else:
            self._losses.leave_out(_word(part))

    def _message(self, role: str, text: str) -> dict[str, object]:
        return {"type": "message", "role": role, "content": text}


def _of_one_item(parts: Sequence[Part], state: ProviderState) -> list[Part]:
    """The leading parts that came of the same item: each carries all of it."""
    return list(takewhile(lambda part: part.provider_state == state, parts))


def _word(part: Part) -> str:
    if isinstance(part, Opaque):
        return part.kind
    return {Reasoning: "reasoning", ToolCall: "tool_call", ToolResult: "tool_result"}.get(
        type(part), type(part).__name__.lower()
    )


def _changed(item: wire.Item, parts: list[Part]) -> bool:
    """Whether the parts that came of a message do not say any more what it said."""
    if isinstance(parts[0], Opaque):
        return False
    pieces = [read_content(raw) for raw in elements(item.content)]
    texts = [(p.refusal if p.type == "refusal" else p.text) or "" for p in pieces]
    return texts != [_text(part) for part in parts]


def _text(part: Part) -> str:
    return part.text if isinstance(part, Text | Refusal) else ""


def _rewritten(raw: Raw, parts: list[Part]) -> Item:
    """The message item with the parts' texts in place of its own; id and phase stay."""
    item: dict[str, Raw | list[dict[str, object]]] = msgspec.json.decode(raw, type=dict[str, Raw])
    item["content"] = [
        {"type": "refusal", "refusal": part.text}
        if isinstance(part, Refusal)
        else {"type": "output_text", "text": _text(part), "annotations": _annotations(part)}
        for part in parts
    ]
    return item


def _annotations(part: Part) -> list[Raw]:
    found: tuple[Citation, ...] = part.citations if isinstance(part, Text) else ()
    states = [citation.provider_state for citation in found]
    return [Raw(s.data.encode()) for s in states if s is not None and s.dialect == _DIALECT]
