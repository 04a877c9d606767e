"""`-o key value`: the options of a call, each typed by the hint that it has in Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from fairlead.errors import InvalidRequest
from fairlead.inputs import ChatOptions
from fairlead.types.requests import Options


class OptionTable(NamedTuple):
    """What a command takes with -o: the type of each key, and the keys with a flag of their own.

    `listing` is the command line that shows them.
    """

    hints: Mapping[str, object]
    flags: Mapping[str, str]
    listing: str


_CHAT_FLAGS = {
    "system": "-s",
    "output": "--schema",
    "deadline": "--deadline",
    "documents": "--document",
}
_TEXT_OR_JSON = frozenset({"stop"})
_TEXT = frozenset({"tool_choice"})
_LISTS = frozenset({"stop", "tools", "documents"})
_TRUTH = {"true": True, "yes": True, "on": True, "1": True}
_TRUTH |= {"false": False, "no": False, "off": False, "0": False}
_TYPED = {
    "ag_ui": "AgUiOptions",
    "anthropic_messages": "AnthropicOptions",
    "bedrock_converse": "BedrockOptions",
    "cohere": "CohereOptions",
    "gemini": "GeminiOptions",
    "ollama": "OllamaOptions",
    "openai_chat": "OpenAIChatOptions",
    "openai_responses": "OpenAIResponsesOptions",
}


@cache
def chat_table() -> OptionTable:
    """The options of `ask` and `chat`."""
    return table_of(get_type_hints(ChatOptions), _CHAT_FLAGS, "fairlead --options")


def table_of(hints: Mapping[str, object], flags: Mapping[str, str], listing: str) -> OptionTable:
    """A table of the keys in `hints`, without those that have a flag."""
    kept = {key: _without_none(hint) for key, hint in hints.items() if key not in flags}
    return OptionTable(kept, flags, listing)


def parse_options(
    pairs: Iterable[tuple[str, str]], table: OptionTable | None = None
) -> dict[str, Any]:
    """Values by name; `options` stays a table. Raises `InvalidRequest`."""
    table = table or chat_table()
    found: dict[str, Any] = {}
    for key, text in pairs:
        if key in found:
            raise InvalidRequest(f"-o {key} is given twice; keep one")
        found[key] = _value(key, text, table)
    return found


def typed_options(values: object, dialect: str) -> Options:
    """The table of `-o options` as the dialect's own type. Raises `InvalidRequest`."""
    import fairlead
    from fairlead.settings.wording import in_plain_words

    kind = cast("type[Options]", getattr(fairlead, _TYPED[dialect]))
    fields = kind.__struct_fields__
    for key in cast("dict[str, object]", values):
        if key not in fields:
            near = _nearest(key, fields) or f"; there are {', '.join(fields)}"
            raise InvalidRequest(f"-o options: {dialect} has no option {key!r}{near}")
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`")
        plain = in_plain_words(said, get_type_hints(kind).get(field))
        raise InvalidRequest(f"-o options: {f'{field}: ' if field else ''}{plain}") from error


def described(table: OptionTable | None = None) -> list[tuple[str, str]]:
    """Every key and what it takes, in words."""
    table = table or chat_table()
    return [(key, _description(key, hint)) for key, hint in table.hints.items()]


def _without_none(hint: object) -> object:
    """`int` of `int | None`; another union as it is."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    union = get_origin(hint) in (Union, UnionType)
    return kinds[0] if union and len(kinds) == 1 else hint


def _value(key: str, text: str, table: OptionTable) -> object:
    hint = table.hints.get(key)
    if hint is None:
        raise InvalidRequest(_unknown(key, table))
    if hint is float or hint is int:
        return _number(key, text, hint)
    if hint is bool:
        return _truth(key, text)
    if bool in get_args(hint):
        return text if text in _words(hint) else _truth(key, text)
    if hint is str or key in _TEXT or get_origin(hint) is Literal:
        return text
    if key in _TEXT_OR_JSON and not text.startswith("["):
        return text
    return _json(key, text, list if key in _LISTS else dict)


def _unknown(key: str, table: OptionTable) -> str:
    if flag := table.flags.get(key):
        return f"-o {key} has a flag of its own; use {flag}"
    if "=" in key:
        return f"write -o {key.replace('=', ' ', 1)} (the key and the value are two words)"
    near = _nearest(key, table.hints)
    return f"there is no option {key!r}{near}; {table.listing} lists them"


def _nearest(key: str, among: Iterable[str]) -> str:
    near = get_close_matches(key, list(among), 1, 0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _number(key: str, text: str, kind: type) -> object:
    try:
        return kind(text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise InvalidRequest(f"-o {key} takes {what}, not {text!r}") from None


def _truth(key: str, text: str) -> bool:
    try:
        return _TRUTH[text.lower()]
    except KeyError:
        raise InvalidRequest(f"-o {key} takes true or false, not {text!r}") from None


def _words(hint: object) -> tuple[str, ...]:
    """The words that may stand in place of true and false."""
    return tuple(word for kind in get_args(hint) for word in get_args(kind))


def _json(key: str, text: str, kind: type) -> object:
    what = "list" if kind is list else "object"
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidRequest(f"-o {key} takes a JSON {what}: {error}") from None
    if not isinstance(value, kind):
        raise InvalidRequest(f"-o {key} takes a JSON {what}, not {text!r}")
    return value


def _description(key: str, hint: object) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(get_args(hint))
    if key in _TEXT_OR_JSON:
        return "text, or a JSON list of texts"
    if key == "tool_choice":
        return "auto | none | required | the name of a tool"
    if key == "options":
        return "a JSON object of options that only the model's dialect knows"
    if bool in get_args(hint):
        return " | ".join(("true", "false", *_words(hint)))
    if hint is str:
        return "text"
    plain: dict[object, str] = {float: "a number", int: "a whole number", bool: "true | false"}
    return plain.get(hint) or f"a JSON {'list' if key in _LISTS else 'object'}"
