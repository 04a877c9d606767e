"""The shapes of Chat Completions answers, naming only what is read.

A whole body and a stream's chunk are one type: a chunk's `delta` and a body's `message` have the
same fields. Types are wide where providers vary; a body that does not fit even so is read field
by field (`read`). Nothing here can form a cycle, so none of it burdens the garbage collector.
"""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from fairlead.dialects import jsontext
from fairlead.errors import DecodeError

_T = TypeVar("_T", bound=Struct)


class Function(Struct, gc=False):
    name: str | None = None
    arguments: str | dict[str, object] | list[object] | None = None


class CustomTool(Struct, gc=False):
    name: str | None = None
    input: str | None = None


class ToolCallDelta(Struct, gc=False):
    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: Function | None = None
    custom: CustomTool | None = None
    extra_content: dict[str, object] | None = None


class AudioDelta(Struct, gc=False):
    id: str | None = None
    data: str | None = None
    transcript: str | None = None


class Delta(Struct, gc=False):
    """A piece of a message, or all of it."""

    content: str | list[object] | dict[str, object] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    refusal: str | None = None
    reasoning_text: str | None = None
    reasoning_opaque: str | None = None
    reasoning_details: list[dict[str, object]] | None = None
    function_call: Function | None = None
    annotations: list[dict[str, object]] | None = None
    audio: AudioDelta | None = None
    images: list[dict[str, object]] | None = None
    executed_tools: list[dict[str, object]] | None = None
    extra_content: dict[str, object] | None = None
    thought_signature: str | None = None


class Choice(Struct, gc=False):
    delta: Delta | None = None
    finish_reason: str | None = None
    index: int | None = None
    message: Delta | None = None
    logprobs: object = None
    error: object = None
    text: str | None = None


class Chunk(Struct, gc=False):
    """One chunk of a stream, once it is known who answers."""

    choices: list[Choice] | None = None
    usage: dict[str, object] | None = None
    error: object = None
    x_groq: dict[str, object] | None = None
    citations: list[object] | None = None
    search_results: list[object] | None = None
    cost: object = None
    base_resp: dict[str, object] | None = None


class Answer(Chunk, gc=False):
    """A body, or a stream's first chunk."""

    id: str | None = None
    model: str | None = None
    service_tier: object = None


_Nothing = Annotated[list[object], Meta(max_length=0)] | None


class _QuietDelta(Struct, gc=False, kw_only=True):
    """A delta that holds none of these."""

    reasoning_content: None = None
    reasoning: None = None
    refusal: None = None
    reasoning_text: None = None
    reasoning_opaque: None = None
    reasoning_details: _Nothing = None
    function_call: None = None
    annotations: _Nothing = None
    audio: None = None
    images: None = None
    executed_tools: None = None
    extra_content: None = None
    thought_signature: None = None


class _QuietChoice(Struct, gc=False, kw_only=True):
    finish_reason: None = None
    index: Literal[0] | None = None
    message: None = None
    logprobs: None = None
    error: None = None
    text: None = None


class _QuietChunk(Struct, gc=False, kw_only=True):
    usage: None = None
    error: None = None
    x_groq: None = None
    citations: None = None
    search_results: None = None
    cost: None = None
    base_resp: None = None


class _PlainDelta(_QuietDelta, gc=False, kw_only=True):
    content: str
    tool_calls: _Nothing = None


class _PlainChoice(_QuietChoice, gc=False, kw_only=True):
    delta: _PlainDelta


class PlainChunk(_QuietChunk, gc=False, kw_only=True):
    """A chunk of a stream that holds more of the text and nothing else.

    Its fields are those of `Chunk`; whatever else stands in one of them does not decode.
    """

    choices: tuple[_PlainChoice]


class _PlainFunction(Struct, gc=False, kw_only=True):
    arguments: str
    name: None = None


class _PlainCall(Struct, gc=False, kw_only=True):
    index: int
    function: _PlainFunction
    id: None = None
    custom: None = None
    extra_content: None = None


class _CallingDelta(_QuietDelta, gc=False, kw_only=True):
    tool_calls: tuple[_PlainCall]
    content: None = None


class _CallingChoice(_QuietChoice, gc=False, kw_only=True):
    delta: _CallingDelta


class CallingChunk(_QuietChunk, gc=False, kw_only=True):
    """The same for a chunk that holds more arguments of one call and nothing else."""

    choices: tuple[_CallingChoice]


class UsageText(Struct, gc=False):
    """The usage object of a body as it was written."""

    usage: msgspec.Raw = msgspec.Raw(b"null")


CHUNK = msgspec.json.Decoder(Chunk)
PLAIN_CHUNK = msgspec.json.Decoder(PlainChunk)
CALLING_CHUNK = msgspec.json.Decoder(CallingChunk)
ANSWER = msgspec.json.Decoder(Answer)
USAGE_TEXT = msgspec.json.Decoder(UsageText)


def read(data: bytes) -> tuple[Answer, list[str]]:
    """`data` as an answer, and what did not fit and was left out. Raises `DecodeError`."""
    try:
        return ANSWER.decode(data), []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = jsontext.untyped(data)
    if not isinstance(value, dict):
        raise DecodeError("the answer is not a JSON object", jsontext.excerpt(data))
    misfits: list[str] = []
    return _fields(value, Answer, "", misfits), misfits


def _fields(value: dict[str, object], kind: type[_T], path: str, misfits: list[str]) -> _T:
    """A `kind` of those fields of `value` that fit; the others are noted and left out."""
    found: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        item = value.get(field.encode_name)
        if item is None:
            continue
        place = f"{path}{field.encode_name}"
        try:
            found[field.name] = msgspec.convert(item, field.type)
        except (msgspec.ValidationError, RecursionError):
            fitting = _within(item, field.type, place, misfits)
            if fitting is not None:
                found[field.name] = fitting
            else:
                misfits.append(place)
    return kind(**found)


def _within(item: object, declared: Any, place: str, misfits: list[str]) -> object:
    """The fitting parts of an object or a list of objects; None where it is neither."""
    options = typing.get_args(declared) if isinstance(declared, types.UnionType) else (declared,)
    for option in options:
        if isinstance(option, type) and issubclass(option, Struct) and isinstance(item, dict):
            return _fields(item, option, f"{place}.", misfits)
        if typing.get_origin(option) is list and isinstance(item, list):
            return _list(item, typing.get_args(option)[0], place, misfits)
    return None


def _list(items: list[object], declared: Any, place: str, misfits: list[str]) -> list[object]:
    fitting: list[object] = []
    for number, item in enumerate(items):
        try:
            fitting.append(msgspec.convert(item, declared))
        except (msgspec.ValidationError, RecursionError):
            part = _within(item, declared, f"{place}[{number}]", misfits)
            if part is None:
                misfits.append(f"{place}[{number}]")
            else:
                fitting.append(part)
    return fitting
