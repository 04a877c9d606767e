"""`-o key value`: the options of a call, typed by `ChatOptions`."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import msgspec

from fairlead.errors import InvalidRequest
from fairlead.inputs import ChatOptions
from fairlead.types.requests import Options

_FLAGS = {"system": "-s", "output": "--schema", "deadline": "--deadline"}
"""Options with a flag of their own."""
_TEXT_OR_JSON = frozenset({"stop"})
_TEXT = frozenset({"tool_choice", "user", "dialect"})
_TRUTH = {"true": True, "yes": True, "on": True, "1": True}
_TRUTH |= {"false": False, "no": False, "off": False, "0": False}
_TYPED = {
    "openai_chat": "OpenAIChatOptions",
    "openai_responses": "OpenAIResponsesOptions",
    "anthropic_messages": "AnthropicOptions",
}


def parse_options(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Values by name; `options` stays a table. Raises `InvalidRequest`."""
    found: dict[str, Any] = {}
    for key, text in pairs:
        if key in found:
            raise InvalidRequest(f"-o {key} is given twice; keep one")
        found[key] = _value(key, text)
    return found


def typed_options(values: object, dialect: str) -> Options:
    """The table of `-o options` as the dialect's own type. Raises `InvalidRequest`."""
    import fairlead

    kind = cast("type[Options]", getattr(fairlead, _TYPED[dialect]))
    fields = kind.__struct_fields__
    for key in cast("dict[str, object]", values):
        if key not in fields:
            near = _nearest(key, fields) or f"; there are {', '.join(fields)}"
            raise InvalidRequest(f"-o options: {dialect} has no option {key!r}{near}")
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"-o options: {str(error)[:1].lower()}{str(error)[1:]}") from error


def described() -> list[tuple[str, str]]:
    """Every key and what it takes, in words."""
    return [(key, _description(key, hint)) for key, hint in _hints().items()]


@cache
def _hints() -> dict[str, object]:
    hints = get_type_hints(ChatOptions)
    return {key: hint for key, hint in hints.items() if key not in _FLAGS}


def _value(key: str, text: str) -> object:
    hint = _hints().get(key)
    if hint is None:
        raise InvalidRequest(_unknown(key))
    if hint is float or hint is int:
        return _number(key, text, hint)
    if hint is bool:
        return _truth(key, text)
    if key in _TEXT or get_origin(hint) is Literal:
        return text
    if key in _TEXT_OR_JSON and not text.startswith("["):
        return text
    return _json(key, text, list if key in ("stop", "tools") else dict)


def _unknown(key: str) -> str:
    if flag := _FLAGS.get(key):
        return f"-o {key} has a flag of its own; use {flag}"
    if "=" in key:
        return f"write -o {key.replace('=', ' ', 1)} (the key and the value are two words)"
    near = _nearest(key, _hints())
    return f"there is no option {key!r}{near}; fairlead --options lists them"


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
    if key in _TEXT:
        return "text"
    plain = {float: "a number", int: "a whole number", bool: "true | false"}
    return plain.get(hint) or f"a JSON {'list' if key == 'tools' else 'object'}"  # type: ignore[call-overload]
