"""What callers may pass, and how it becomes a `ChatRequest`. What is doubtful is refused here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Literal, TypedDict, get_origin

import msgspec

from fairlead.errors import InvalidRequest
from fairlead.types.messages import Document, Message, Part
from fairlead.types.requests import (
    ChatRequest,
    Options,
    OutputMode,
    ReasoningEffort,
    UnsupportedPolicy,
)
from fairlead.types.responses import ChatResponse
from fairlead.types.tools import NamedTool, OutputSchema, ProviderTool, Tool, ToolChoice
from fairlead.unknown_options import unknown_option

Messages = str | Sequence[Message | ChatResponse | Mapping[str, object]]
"""A prompt, or a conversation of `Message`s, answers and OpenAI-style dictionaries."""
Tools = Sequence[Tool | ProviderTool | Mapping[str, object] | Callable[..., object]]
"""What a model may call: functions are described by their signatures and docstrings."""
Documents = Sequence[Document | str | Mapping[str, object]]
"""Sources for an answer: texts get the ids `doc_0`, `doc_1` and so on, by their places."""


class ChatOptions(TypedDict, total=False):
    """The keyword arguments of `chat` and `stream`; what is absent is not sent.

    `max_tokens` bounds the answer in tokens; `deadline` is seconds for the whole call, waiting and
    retries included. `output` is a JSON Schema, a type (see `fairlead.schema_of`) or `"json"` for
    any JSON; `tools` are functions, `Tool`s or OpenAI-style dictionaries. `dialect` picks one of
    the protocols that a provider speaks, where it speaks several. `extra_body` is merged into the
    JSON body and refused where it collides with it. `defaults="recommended"` sets what the maker
    of the model recommends and nothing else is given for; the receipt lists it. `documents` are
    sources for the answer, which cites them by id. `emulate_tools` says whether tools are put
    into the prompt and called in JSON, which is done by itself where a target is known to have
    none. `output_mode` says how a schema for the answer is kept to: `"native"` (by the target,
    strictly where it can), `"tool"` (as the arguments of one forced tool), `"prompt"`, or `"auto"`
    for the first of them that the target has; without it, as the schema itself says. `cache` says
    whether an equal call's answer will do and this one is kept, `"refresh"` that none from before
    will do; it is kept for `cache_ttl` seconds. Source of the names: OpenAI's chat API.
    """

    system: str
    tools: Tools
    tool_choice: ToolChoice | str | Mapping[str, object]
    parallel_tool_calls: bool
    output: OutputSchema | Mapping[str, object] | type[object] | Literal["json"]
    temperature: float
    top_p: float
    top_k: int
    max_tokens: int
    stop: str | Sequence[str]
    seed: int
    presence_penalty: float
    frequency_penalty: float
    logprobs: bool
    top_logprobs: int
    reasoning_effort: ReasoningEffort
    user: str
    options: Options
    extra_body: Mapping[str, object]
    extra_headers: Mapping[str, str]
    deadline: float
    unsupported: UnsupportedPolicy
    dialect: str
    defaults: Literal["recommended"]
    documents: Documents
    emulate_tools: bool
    output_mode: OutputMode
    cache: bool | Literal["refresh"]
    cache_ttl: float


CALL_OPTIONS = frozenset(
    {
        "cache",
        "cache_ttl",
        "deadline",
        "defaults",
        "dialect",
        "emulate_tools",
        "extra_headers",
        "output_mode",
        "unsupported",
    }
)
"""Options of the call itself, which are no part of the request."""

_FLOATS = frozenset({"temperature", "top_p", "presence_penalty", "frequency_penalty"})
_INTEGERS = frozenset({"top_k", "max_tokens", "seed", "top_logprobs"})
_BOOLEANS = frozenset({"parallel_tool_calls", "logprobs"})
_TEXTS = frozenset({"user"})
_ROLES = ("system", "user", "assistant", "tool")
_POLICIES: tuple[UnsupportedPolicy, ...] = ("error", "warn", "drop")
_MOST_SHOWN = 60
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


def chat_request(model: str, messages: Messages, options: ChatOptions) -> ChatRequest:
    """Raises `InvalidRequest`, in one sentence that names the argument."""
    fields: dict[str, Any] = {}
    for name, value in options.items():
        if value is not None and name not in CALL_OPTIONS and name != "system":
            fields[name] = _checked(name, value)
    return ChatRequest(
        model,
        conversation(messages, options.get("system")),
        **fields,
    )


def conversation(messages: Messages, system: str | None = None) -> tuple[Message, ...]:
    """The messages, with `system` in front."""
    if isinstance(messages, str):
        turns: tuple[Message, ...] = (Message.user(messages),)
    else:
        turns = _turns(messages)
    if system is not None:
        if not isinstance(system, str):
            raise InvalidRequest("system must be a string")
        turns = (Message.system(system), *turns)
    if not turns:
        raise InvalidRequest("there are no messages; pass a prompt or at least one message")
    return turns


def checked_policy(given: object) -> UnsupportedPolicy:
    """What to do about a feature that a target lacks."""
    for policy in _POLICIES:
        if given == policy:
            return policy
    raise InvalidRequest(f"unsupported must be one of {', '.join(_POLICIES)}")


def _turns(
    messages: Sequence[Message | ChatResponse | Mapping[str, object]],
) -> tuple[Message, ...]:
    if isinstance(messages, Mapping | bytes) or not isinstance(messages, Sequence):
        raise InvalidRequest("messages must be a string or a list of messages")
    turns: list[Message] = []
    for index, message in enumerate(messages):
        if isinstance(message, ChatResponse):
            message = message.message
        if isinstance(message, Message):
            turns.append(_whole(message, index))
        elif isinstance(message, Mapping):
            turns.extend(_from_dictionary(message, index))
        else:
            raise InvalidRequest(
                f"message {index} is a {type(message).__name__}, not a Message or a dictionary"
            )
    return tuple(turns)


def _whole(message: Message, index: int) -> Message:
    """A `Message` does not check itself when it is made; a wrong one must not be sent."""
    if message.role not in _ROLES:
        raise InvalidRequest(
            f"messages[{index}] has the role {shown(message.role)}; use {', '.join(_ROLES)}"
        )
    if not isinstance(message.parts, tuple | list):
        raise InvalidRequest(
            f"the parts of messages[{index}] must be a tuple; write Message.{message.role}(...)"
        )
    for part in message.parts:
        if not isinstance(part, Part):
            raise InvalidRequest(f"messages[{index}] holds {shown(part)}, which is no part")
    return message


def _from_dictionary(item: Mapping[str, object], index: int) -> tuple[Message, ...]:
    from fairlead.dialects.openai_chat.messages import messages_from_dicts

    return messages_from_dicts([item], first=index)


def shown(value: object) -> str:
    """A value in an error: enough to know it by."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def _checked(name: str, value: object) -> object:
    if name in _FLOATS:
        return checked_number(name, value)
    if name in _INTEGERS:
        return checked_integer(name, value)
    if name in _BOOLEANS:
        return _instance(name, value, bool, "true or false")
    if name in _TEXTS:
        return checked_text(name, value)
    check = _CHECKS.get(name)
    if check is None:
        raise unknown_option(name, ChatOptions.__annotations__)
    return check(value)


def checked_number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise InvalidRequest(f"{name} must be a finite number, not {shown(value)}")
    return value


def checked_integer(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRequest(f"{name} must be a whole number, not {shown(value)}")
    if value < 0 and name != "seed":
        raise InvalidRequest(f"{name} must not be negative")
    return value


def checked_text(name: str, value: object) -> object:
    return _instance(name, value, str, "a string")


def _instance(name: str, value: object, kind: type, what: str) -> object:
    if not isinstance(value, kind):
        raise InvalidRequest(f"{name} must be {what}, not {shown(value)}")
    return value


def checked_stop(value: object) -> tuple[str, ...]:
    stops = (value,) if isinstance(value, str) else value
    if not isinstance(stops, Sequence) or not all(isinstance(s, str) and s for s in stops):
        raise InvalidRequest("stop must be a string or a list of strings, none of them empty")
    return tuple(stops)


def _tools(value: object) -> tuple[Tool | ProviderTool, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InvalidRequest("tools must be a list")
    tools = tuple(_tool(index, item) for index, item in enumerate(value))
    names = [tool.name for tool in tools if isinstance(tool, Tool)]
    for name in names:
        if names.count(name) > 1:
            raise InvalidRequest(f"two tools are named {name!r}")
    return tools


def _tool(index: int, item: object) -> Tool | ProviderTool:
    if isinstance(item, Tool | ProviderTool):
        return item
    if callable(item):
        from fairlead.schemas.function_tool import tool_of

        return tool_of(item).tool
    function = item.get("function", item) if isinstance(item, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise InvalidRequest(
            f"tool {index} is no function, no Tool and no OpenAI-style function with a name"
        )
    return Tool(
        function["name"],
        function.get("description"),
        function.get("parameters"),
        function.get("strict"),
    )


def _tool_choice(value: object) -> ToolChoice:
    if value in ("auto", "none", "required") or isinstance(value, NamedTool):
        return value
    if isinstance(value, Mapping):
        function = value.get("function", value)
        value = function.get("name") if isinstance(function, Mapping) else None
    if isinstance(value, str) and value:
        return NamedTool(value)
    raise InvalidRequest("tool_choice must be auto, none, required or the name of a tool")


def _output(value: object) -> OutputSchema | Literal["json"]:
    if isinstance(value, OutputSchema):
        return value
    if value == "json":
        return "json"
    if isinstance(value, type) or get_origin(value) is not None:
        from fairlead.schemas.describe import schema_of

        value = schema_of(value)
    if isinstance(value, Mapping):
        title = value.get("title")
        return OutputSchema(value, title if isinstance(title, str) and title else "answer")
    raise InvalidRequest('output must be a JSON Schema, a type or "json"')


def _effort(value: object) -> object:
    if value not in _EFFORTS:
        raise InvalidRequest(f"reasoning_effort must be one of {', '.join(_EFFORTS)}")
    return value


def _options(value: object) -> object:
    return _instance("options", value, Options, "an options object such as AnthropicOptions")


def _extra_body(value: object) -> object:
    return _instance("extra_body", value, Mapping, "a mapping")


def _documents(value: object) -> tuple[Document, ...]:
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise InvalidRequest("documents must be a list of texts or Documents")
    found = tuple(_document(index, item) for index, item in enumerate(value))
    names = [document.id for document in found]
    for name in names:
        if names.count(name) > 1:
            raise InvalidRequest(f"two documents have the id {name!r}")
    return found


def _document(index: int, item: object) -> Document:
    if isinstance(item, str):
        item = Document(item)
    elif isinstance(item, Mapping):
        try:
            item = msgspec.convert(dict(item), _DocumentFields)
        except msgspec.ValidationError as error:
            raise InvalidRequest(f"documents[{index}]: {error}") from None
        item = Document(item.text, item.id, item.title, item.url)
    if not isinstance(item, Document):
        raise InvalidRequest(f"documents[{index}] must be a text or a Document, not {shown(item)}")
    if not isinstance(item.text, str) or not item.text:
        raise InvalidRequest(f"documents[{index}] has no text")
    if any(character in item.id for character in "[],;\n"):
        raise InvalidRequest(f"documents[{index}]: an id may not hold brackets, commas or lines")
    return item if item.id else msgspec.structs.replace(item, id=f"doc_{index}")


class _DocumentFields(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    id: str = ""
    title: str | None = None
    url: str | None = None


_CHECKS = {
    "documents": _documents,
    "stop": checked_stop,
    "tools": _tools,
    "tool_choice": _tool_choice,
    "output": _output,
    "reasoning_effort": _effort,
    "options": _options,
    "extra_body": _extra_body,
}
