"""The fields that a request sets, each with the request as it would be without it.

A field that stands only beside another, such as a choice among tools, is out of both requests when
the other is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairlead.explaining.trees import Place
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import OutputSchema, ProviderTool, Tool

NOWHERE = object()
"""A value that no JSON holds."""

_APART = frozenset({"model", "messages", "tools", "options", "extra_body"})
_NEED_TOOLS = ("tool_choice", "parallel_tool_calls")
_NEED_LOGPROBS = ("top_logprobs",)


class Unit(Struct, frozen=True):
    """One field: its name, its value as JSON, and the place where it keeps both.

    `without` are requests that say something else there or nothing: the first that makes a
    difference counts. `whole` is the request that they are compared with. `spoken` marks what
    belongs to a message, `needless` what no target need be told. `fixed` is why it is lost anyway.
    """

    field: str
    value: object
    home: Place
    whole: ChatRequest
    without: tuple[ChatRequest, ...]
    spoken: bool = False
    is_bytes: bool = False
    needless: bool = False
    fixed: str = ""


def units(request: ChatRequest) -> Iterator[Unit]:
    """The fields beside the messages, in the order of `ChatRequest`."""
    yield from _tools(request)
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if name not in _APART and value is not None and value != ():
            yield _field(request, name, value)
    yield from _options(request)
    yield from _extra_body(request)


def removals(request: ChatRequest) -> dict[str, ChatRequest]:
    """The request without each of its fields, by their names."""
    found = {unit.field: unit.without[0] for unit in units(request)}
    if request.options is not None:
        found["options"] = unset(request, "options")
    return found


def as_json(value: object) -> object:
    """The value as it reads in JSON; `NOWHERE` for one that has no such form."""
    try:
        found: object = msgspec.json.decode(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return NOWHERE
    return found


def _field(request: ChatRequest, name: str, value: object) -> Unit:
    whole = unset(request, *_NEED_LOGPROBS) if name == "logprobs" else request
    shown = value.schema if isinstance(value, OutputSchema) else value
    return Unit(name, as_json(shown), (name,), whole, (unset(whole, name),))


def unset(request: ChatRequest, *names: str) -> ChatRequest:
    """The request without some of its fields."""
    return replace(request, **{name: () if name in _LISTS else None for name in names})


_LISTS = frozenset({"tools", "stop", "documents"})


def _tools(request: ChatRequest) -> Iterator[Unit]:
    whole = unset(request, *_NEED_TOOLS) if request.tools else request
    for index, tool in enumerate(whole.tools):
        rest = whole.tools[:index] + whole.tools[index + 1 :]
        home: Place = ("tools", index)
        without = replace(whole, tools=rest)
        field = f"tools[{index}]"
        if isinstance(tool, ProviderTool):
            yield Unit(field, as_json(tool.definition), home, whole, (without,))
            continue
        bare = replace(tool, strict=None)
        loose = _with_tool(whole, index, bare)
        yield Unit(field, as_json(bare), home, loose, (without,))
        if tool.strict is not None:
            yield Unit(f"{field}.strict", tool.strict, (*home, "strict"), whole, (loose,))


def _with_tool(request: ChatRequest, index: int, tool: Tool) -> ChatRequest:
    tools = (*request.tools[:index], tool, *request.tools[index + 1 :])
    return replace(request, tools=tools)


def _options(request: ChatRequest) -> Iterator[Unit]:
    options = request.options
    if options is None:
        return
    defaults = type(options)()
    for name in options.__struct_fields__:
        value, default = getattr(options, name), getattr(defaults, name)
        if value != default:
            without = replace(request, options=replace(options, **{name: default}))
            yield Unit(f"options.{name}", as_json(value), (name,), request, (without,))


def _extra_body(request: ChatRequest) -> Iterator[Unit]:
    extra: Mapping[str, object] = request.extra_body or {}
    for name, value in extra.items():
        rest = {key: item for key, item in extra.items() if key != name}
        without = replace(request, extra_body=rest or None)
        yield Unit(f"extra_body.{name}", as_json(value), (name,), request, (without,))
