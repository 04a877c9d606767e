"""Neutral messages to Chat Completions messages: every part in every role it can stand in."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat import call_ids
from fairlead.dialects.openai_chat.assistant import assistant, says_nothing
from fairlead.dialects.openai_chat.attachments import attachment, text_parts
from fairlead.dialects.openai_chat.shown import Shown
from fairlead.dialects.placing import SHOWN_BELOW
from fairlead.errors import InvalidRequest
from fairlead.types.messages import Message, Text, ToolCall, ToolResult

Wire = dict[str, object]


def messages(conversation: Sequence[Message], losses: Losses) -> list[Wire]:
    """The `messages` array. Raises `InvalidRequest` for a conversation that no provider takes."""
    if not conversation:
        raise InvalidRequest("there are no messages; give at least one")
    wire: list[Wire] = []
    called: set[str] = set()
    shown = Shown(losses)
    for number, message in enumerate(conversation):
        parts = message.parts
        if ToolResult not in map(type, parts):
            wire += shown.taken()
        if message.role == "user" and len(parts) == 1 and type(parts[0]) is Text:
            wire.append(_named(message, {"role": "user", "content": parts[0].text}, losses))
        elif message.role == "assistant":
            called.update(p.id for p in parts if isinstance(p, ToolCall) and p.complete)
            said = assistant(message, number, losses)
            if says_nothing(said):
                losses.leave_out(f"messages[{number}]: assistant message without words or calls")
            else:
                wire.append(_named(message, said, losses))
        elif message.role == "system":
            wire.append(_named(message, _system(message, number, losses), losses))
        else:
            wire += _results(message, number, called, losses, shown)
            if message.role == "user" and (words := _user(message, number, losses)):
                wire += [*shown.taken(), *words]
    wire += shown.taken()
    if not wire:
        raise InvalidRequest("there is no message to answer; give a user message with content")
    return wire


def _system(message: Message, number: int, losses: Losses) -> Wire:
    texts = [part for part in message.parts if isinstance(part, Text)]
    if len(texts) != len(message.parts):
        raise InvalidRequest(f"messages[{number}]: a system message holds text alone")
    if not texts:
        raise InvalidRequest(f"messages[{number}]: the system message is empty; leave it out")
    return {"role": losses.target.quirks.system_role, "content": text_parts(texts)}


def _user(message: Message, number: int, losses: Losses) -> list[Wire]:
    parts = [part for part in message.parts if not isinstance(part, ToolResult)]
    if not parts:
        if message.parts:
            return []
        raise InvalidRequest(f"messages[{number}]: the user message is empty; leave it out")
    if len(parts) == 1 and isinstance(parts[0], Text):
        content: object = parts[0].text
    else:
        found = [attachment(part, f"messages[{number}]", losses) for part in parts]
        content = [item for item in found if item is not None]
    return [_named(message, {"role": "user", "content": content}, losses)]


def _results(
    message: Message, number: int, called: set[str], losses: Losses, shown: Shown
) -> list[Wire]:
    """One `tool` message for each result; those of a user message come before its words."""
    wire: list[Wire] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            if part.by_provider:
                losses.leave_out(f"messages[{number}]: result of a tool that a provider ran")
            else:
                wire.append(_result(part, number, called, losses, shown))
        elif message.role == "tool":
            raise InvalidRequest(
                f"messages[{number}]: a tool message holds tool results alone, "
                f"not {type(part).__name__}"
            )
    if message.role == "tool" and not message.parts:
        raise InvalidRequest(f"messages[{number}]: the tool message is empty; leave it out")
    return wire


def _result(
    result: ToolResult, number: int, called: set[str], losses: Losses, shown: Shown
) -> Wire:
    if result.tool_call_id not in called:
        raise InvalidRequest(
            f"messages[{number}]: the tool result for {result.tool_call_id!r} answers no tool "
            "call of an earlier message"
        )
    if result.is_error:
        losses.leave_out(f"messages[{number}]: the mark that a tool result is an error")
    return {
        "role": "tool",
        "tool_call_id": call_ids.sent(result.tool_call_id, losses.target.quirks),
        "content": _result_content(result, number, losses, shown),
    }


def _result_content(result: ToolResult, number: int, losses: Losses, shown: Shown) -> object:
    if isinstance(result.content, str):
        return result.content
    words = [part for part in result.content if isinstance(part, Text)]
    others = [part for part in result.content if not isinstance(part, Text)]
    call_id = call_ids.sent(result.tool_call_id, losses.target.quirks)
    if shown.add(call_id, others, f"messages[{number}]") and not words:
        return SHOWN_BELOW
    if losses.target.quirks.tool_content == "string":
        return "".join([part.text for part in words])
    return text_parts(words)


def _named(message: Message, wire: Wire, losses: Losses) -> Wire:
    if message.name is not None and not losses.lacks("name"):
        wire["name"] = message.name
    return wire
