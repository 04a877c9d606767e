"""The parts of a request's messages, each with the request in which it says something else.

A part is rather changed than taken out, as a conversation with a gap may be none: a result needs
its call. What stays the same all the same is taken out too, where that can be.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator

import msgspec
from msgspec.structs import replace

from fairlead.explaining.units import NOWHERE, Unit
from fairlead.types.messages import (
    Audio,
    Citation,
    File,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.requests import ChatRequest

MOST_FOLLOWED = 64
_OTHER = " (other words)"
_OTHER_ID = "_0"
_HOME = ("messages",)


def units(request: ChatRequest, dialect: str) -> Iterator[Unit]:
    """What the messages hold, in their order. `dialect` is that of the target.

    Of a long conversation only the last messages are followed, and what the system is told: each
    part is looked for in the whole request.
    """
    first = unfollowed(request)
    for index, message in enumerate(request.messages):
        if index >= first or message.role == "system":
            yield from _Turn(request, index, message, dialect).units()


def unfollowed(request: ChatRequest) -> int:
    """How many messages at the beginning are not followed."""
    return max(0, len(request.messages) - MOST_FOLLOWED)


class _Turn:
    """One message of the request."""

    def __init__(self, request: ChatRequest, index: int, message: Message, dialect: str) -> None:
        self._request = request
        self._index = index
        self._message = message
        self._dialect = dialect

    def units(self) -> Iterator[Unit]:
        message, name = self._message, f"messages[{self._index}]"
        if message.name is not None:
            without = self._with(replace(message, name=None))
            yield self._unit(f"{name}.name", message.name, without)
        if message.provider_state is not None:
            without = self._with(replace(message, provider_state=None))
            yield self._state(name, message.provider_state.dialect, without)
        for place, part in enumerate(message.parts):
            yield from self._part(f"{name}.parts[{place}]", place, part)

    def _part(self, name: str, place: int, part: Part) -> Iterator[Unit]:
        gone = self._without(place)
        if isinstance(part, ToolCall):
            yield from self._call(name, place, part)
        elif isinstance(part, ToolResult):
            yield from self._result(name, place, part)
        elif isinstance(part, Text | Reasoning | Refusal):
            yield from self._words(name, place, part)
        elif isinstance(part, Image | File | Audio):
            yield from _media(name, part, self._unit, lambda new: self._changed(place, new), gone)
        elif isinstance(part, Citation):
            yield self._unit(f"{name}.citation", NOWHERE, gone)
        if isinstance(part, Opaque):
            yield self._state(f"{name}.{part.kind}", part.provider_state.dialect, gone)
        elif part.provider_state is not None:
            bare = self._changed(place, replace(part, provider_state=None))
            yield self._state(name, part.provider_state.dialect, bare)

    def _words(self, name: str, place: int, part: Text | Reasoning | Refusal) -> Iterator[Unit]:
        kind = type(part).__name__.lower()
        if part.text or not isinstance(part, Text):
            other = self._changed(place, replace(part, text=part.text + _OTHER))
            yield self._unit(f"{name}.{kind}", part.text or NOWHERE, other, self._without(place))
        if isinstance(part, Text) and part.citations:
            yield self._unit(
                f"{name}.citations", NOWHERE, self._changed(place, replace(part, citations=()))
            )

    def _call(self, name: str, place: int, call: ToolCall) -> Iterator[Unit]:
        field = f"{name}.tool_call"
        if call.by_provider or not call.complete:
            yield self._unit(f"{field}.{call.name}", NOWHERE, self._without(place))
            return
        named = self._unit(f"{field}.id", call.id, _renamed(self._request, call.id))
        yield replace(named, needless=True)
        other = self._changed(place, replace(call, name=call.name + _OTHER_ID))
        yield self._unit(f"{field}.name", call.name, other)
        said = self._changed(place, replace(call, arguments=_other_arguments(call.arguments)))
        yield self._unit(f"{field}.arguments", call.arguments, said)

    def _result(self, name: str, place: int, result: ToolResult) -> Iterator[Unit]:
        field = f"{name}.tool_result"
        if result.by_provider:
            yield self._unit(field, NOWHERE, self._without(place))
            return
        if isinstance(result.content, str):
            other = replace(result, content=result.content + _OTHER)
            yield self._unit(f"{field}.content", result.content, self._changed(place, other))
        else:
            yield from self._shown(field, place, result, result.content)
        if result.is_error:
            well = self._changed(place, replace(result, is_error=False))
            yield self._unit(f"{field}.is_error", True, well)

    def _shown(
        self, field: str, place: int, result: ToolResult, content: tuple[Text | Image | File, ...]
    ) -> Iterator[Unit]:
        """The parts of a result."""
        for index, part in enumerate(content):

            def other(*new: Text | Image | File, index: int = index) -> ChatRequest:
                kept = (*content[:index], *new, *content[index + 1 :])
                return self._changed(place, replace(result, content=kept))

            name = f"{field}.content[{index}]"
            if isinstance(part, Text):
                changed = other(replace(part, text=part.text + _OTHER))
                yield self._unit(f"{name}.text", part.text, changed)
            else:
                yield from _media(name, part, self._unit, other, other())

    def _unit(
        self, field: str, value: object, *without: ChatRequest, is_bytes: bool = False
    ) -> Unit:
        return Unit(field, value, _HOME, self._request, without, spoken=True, is_bytes=is_bytes)

    def _state(self, name: str, dialect: str, without: ChatRequest) -> Unit:
        fixed = "" if dialect == self._dialect else f"it goes back to {dialect} alone"
        field = f"{name}.provider_state"
        return Unit(field, NOWHERE, _HOME, self._request, (without,), spoken=True, fixed=fixed)

    def _changed(self, place: int, part: Part) -> ChatRequest:
        parts = self._message.parts
        return self._with(replace(self._message, parts=(*parts[:place], part, *parts[place + 1 :])))

    def _without(self, place: int) -> ChatRequest:
        """The request without a part; where it was alone, words stand in its stead."""
        parts = self._message.parts
        rest = (*parts[:place], *parts[place + 1 :]) or (Text(_OTHER),)
        return self._with(replace(self._message, parts=rest))

    def _with(self, message: Message) -> ChatRequest:
        return _with_message(self._request, self._index, message)


def _media(
    name: str,
    part: Image | File | Audio,
    unit: Callable[..., Unit],
    changed: Callable[..., ChatRequest],
    gone: ChatRequest,
) -> Iterator[Unit]:
    """A picture, a document or a sound, and what is said of it."""
    field = f"{name}.{type(part).__name__.lower()}"
    if part.data is not None:
        other = changed(replace(part, data=part.data + b"\0"))
        yield unit(field, b64encode(part.data).decode(), other, gone, is_bytes=True)
    elif not isinstance(part, Audio):
        source = "url" if part.url is not None else "file_id"
        given = getattr(part, source) or ""
        yield unit(field, given, changed(replace(part, **{source: given + _OTHER_ID})), gone)
    if isinstance(part, Image) and part.detail is not None:
        yield unit(f"{field}.detail", part.detail, changed(replace(part, detail=None)))
    if isinstance(part, File) and part.name is not None:
        other = changed(replace(part, name=f"other {part.name}"))
        yield unit(f"{field}.name", part.name, other, changed(replace(part, name=None)))


def _with_message(request: ChatRequest, index: int, message: Message) -> ChatRequest:
    turns = (*request.messages[:index], message, *request.messages[index + 1 :])
    return replace(request, messages=turns)


def _renamed(request: ChatRequest, call_id: str) -> ChatRequest:
    """The request with another id for a call, and for its result."""
    for index, message in enumerate(request.messages):
        parts = tuple(_with_id(part, call_id) for part in message.parts)
        request = _with_message(request, index, replace(message, parts=parts))
    return request


def _with_id(part: Part, call_id: str) -> Part:
    if isinstance(part, ToolCall) and part.id == call_id:
        return replace(part, id=call_id + _OTHER_ID)
    if isinstance(part, ToolResult) and part.tool_call_id == call_id:
        return replace(part, tool_call_id=call_id + _OTHER_ID)
    return part


def _other_arguments(arguments: str) -> str:
    """Other arguments of the same form: an object stays one."""
    try:
        value = msgspec.json.decode(arguments)
    except (ValueError, RecursionError):
        return arguments + _OTHER
    if not isinstance(value, dict):
        return arguments + _OTHER
    head = arguments.rstrip().removesuffix("}").rstrip()
    comma = "," if value else ""
    return f'{head}{comma}"{_OTHER}":0}}'
