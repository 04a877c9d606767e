"""Messages as the OpenAI-style dictionaries that most programs already hold."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from typing import NoReturn

from fairlead.dialects.openai_chat.extras import data_url, state
from fairlead.errors import InvalidRequest
from fairlead.types.messages import (
    Audio,
    File,
    Image,
    Message,
    Opaque,
    Part,
    ProviderState,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
)

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}
_REASONING = ("reasoning_content", "reasoning", "reasoning_text")
_ANSWER = frozenset(
    {"role", "content", "name", "refusal", "tool_calls", "annotations", "reasoning_details"}
    | set(_REASONING)
)
"""What is read of an assistant's message; the rest goes back as it is, to this dialect."""
_PARTS = frozenset({"text", "refusal", "image_url", "input_audio", "file"})
_CUSTOM = {"type": "custom"}


def messages_from_dicts(
    items: Sequence[Mapping[str, object]], *, first: int = 0
) -> tuple[Message, ...]:
    """Neutral messages. Raises `InvalidRequest`, which names the message and what is wrong.

    `first` is the number of the first of them in the conversation.
    """
    return tuple(_message(item, f"messages[{n}]") for n, item in enumerate(items, first))


def _message(item: Mapping[str, object], place: str) -> Message:
    if not isinstance(item, Mapping):
        _refuse(place, f"is {type(item).__name__}, not a dictionary or a Message")
    given = item.get("role")
    role = _ROLES.get(given) if isinstance(given, str) else None
    if role is None:
        _refuse(place, f"has the role {_shown(given)}; use {', '.join(_ROLES)}")
    name = item.get("name")
    if name is not None and not isinstance(name, str):
        _refuse(place, "has a name that is not a string")
    if role == "tool":
        _only(item, ("role", "content", "tool_call_id", "name"), place)
        return Message("tool", (_result(item, name, place),))
    parts = _content(item.get("content"), place)
    if role == "assistant":
        parts = [*_reasoning(item, place), *parts, *_refusal(item, place), *_calls(item, place)]
        rest = {k: v for k, v in item.items() if k not in _ANSWER and v is not None}
        return Message(role, tuple(parts), name, _state(rest, place) if rest else None)
    _only(item, ("role", "content", "name"), place)
    if "content" not in item:
        _refuse(place, "has no content")
    return Message(role, tuple(parts), name)


def _only(item: Mapping[str, object], known: Sequence[str], place: str) -> None:
    """What we do not know would be lost on the way: better to say so than to send less."""
    for key, value in item.items():
        if key not in known and value is not None:
            _refuse(place, f"has the key {_shown(key)}, which is not understood; take it out")


def _content(content: object, place: str) -> list[Part]:
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)] if content else []
    if not isinstance(content, Sequence):
        _refuse(f"{place}.content", "must be a string or a list of parts")
    return [_part(part, f"{place}.content[{n}]") for n, part in enumerate(content)]


def _part(part: object, place: str) -> Part:
    if isinstance(part, str):
        return Text(part)
    if not isinstance(part, Mapping):
        _refuse(place, "must be a dictionary with a type")
    kind = part.get("type")
    if isinstance(kind, str) and kind in _PARTS:
        _only(part, ("type", kind), place)
    if kind == "text":
        return Text(_string(part, "text", place))
    if kind == "refusal":
        return Refusal(_string(part, "refusal", place))
    if kind == "image_url":
        return _image(part, place)
    if kind == "input_audio":
        return _audio(_object(part, "input_audio", place), place)
    if kind == "file":
        return _file(_object(part, "file", place), place)
    if kind == "thinking":
        return Opaque("thinking", _state(part, place))
    return _refuse(place, f"has the type {_shown(kind)}; use text, image_url, input_audio or file")


def _image(part: Mapping[str, object], place: str) -> Image:
    inner = part.get("image_url")
    fields: Mapping[str, object] = inner if isinstance(inner, Mapping) else {"url": inner}
    url = _string(fields, "url", f"{place}.image_url")
    detail = fields.get("detail")
    if detail not in (None, "auto", "low", "high"):
        _refuse(place, f"has the detail {_shown(detail)}; use auto, low or high")
    if not url.startswith("data:"):
        return Image(url=url, detail=detail)
    media_type, data = _data(url, place)
    return Image(data=data, media_type=media_type, detail=detail)


def _audio(inner: Mapping[str, object], place: str) -> Audio:
    form = _string(inner, "format", place)
    _, data = _data(f"data:;base64,{_string(inner, 'data', place)}", place)
    return Audio(data, "audio/mpeg" if form == "mp3" else f"audio/{form}")


def _file(inner: Mapping[str, object], place: str) -> File:
    name = inner.get("filename")
    if name is not None and not isinstance(name, str):
        _refuse(place, "has a filename that is not a string")
    if inner.get("file_id") is not None:
        return File(file_id=_string(inner, "file_id", place), name=name)
    media_type, data = _data(_string(inner, "file_data", place), place)
    return File(data=data, media_type=media_type, name=name)


def _data(url: str, place: str) -> tuple[str, bytes]:
    media_type, data = data_url(url)
    if data is None:
        _refuse(place, "must be base64 after data:<media type>;base64,")
    return media_type, data


def _reasoning(item: Mapping[str, object], place: str) -> list[Part]:
    """Reasoning with the field it stood in, so that it goes back in the same one."""
    kept: dict[str, object] = {}
    text = ""
    for field in _REASONING:
        value = item.get(field)
        if isinstance(value, str) and value and not text:
            text = value
            kept["field"] = field
    details = item.get("reasoning_details")
    if isinstance(details, Sequence) and not isinstance(details, str) and details:
        kept.setdefault("field", "reasoning_details")
        kept["reasoning_details"] = details
    if not kept:
        return []
    return [Reasoning(text, redacted=not text, provider_state=_state(kept, place))]


def _refusal(item: Mapping[str, object], place: str) -> list[Part]:
    return [] if item.get("refusal") is None else [Refusal(_string(item, "refusal", place))]


def _calls(item: Mapping[str, object], place: str) -> list[Part]:
    calls = item.get("tool_calls")
    if calls is None:
        return []
    if isinstance(calls, str) or not isinstance(calls, Sequence):
        _refuse(f"{place}.tool_calls", "must be a list")
    return [_call(call, f"{place}.tool_calls[{n}]") for n, call in enumerate(calls)]


def _call(call: object, place: str) -> ToolCall:
    if not isinstance(call, Mapping):
        _refuse(place, "must be a dictionary")
    call_id = _string(call, "id", place)
    if call.get("type") == "custom":
        custom = _object(call, "custom", place)
        arguments = _state({"input": _string(custom, "input", place)}, place).data
        name = _string(custom, "name", place)
        return ToolCall(call_id, name, arguments, provider_state=_state(_CUSTOM, place))
    function = _object(call, "function", place)
    kept = {k: v for k, v in call.items() if k not in ("id", "type", "index", "function")}
    return ToolCall(
        call_id,
        _string(function, "name", place),
        _string(function, "arguments", place) or "{}",
        provider_state=_state(kept, place) if kept else None,
    )


def _state(value: object, place: str) -> ProviderState:
    try:
        return state(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRequest(f"{place} cannot be written as JSON: {error}") from error


def _result(item: Mapping[str, object], name: str | None, place: str) -> ToolResult:
    call_id = _string(item, "tool_call_id", place)
    content = item.get("content")
    if isinstance(content, str):
        return ToolResult(call_id, content, name=name)
    parts = _content(content, place)
    if not all(isinstance(part, Text | Image | File) for part in parts):
        _refuse(f"{place}.content", "of a tool may hold text, images and files alone")
    return ToolResult(
        call_id, tuple(part for part in parts if isinstance(part, Text | Image | File)), name=name
    )


def _object(item: Mapping[str, object], key: str, place: str) -> Mapping[str, object]:
    value = item.get(key)
    if not isinstance(value, Mapping):
        _refuse(place, f"has no {key} object")
    return value


def _string(item: Mapping[str, object], key: str, place: str) -> str:
    value = item.get(key)
    if not isinstance(value, str):
        _refuse(place, f"has no {key} that is a string")
    return value


def _shown(value: object) -> str:
    """A value that fits into a sentence, whatever it is."""
    return reprlib.repr(value) if isinstance(value, str | None) else type(value).__name__


def _refuse(place: str, what: str) -> NoReturn:
    raise InvalidRequest(f"{place} {what}")
