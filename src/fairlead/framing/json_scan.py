"""The pieces of JSON text (RFC 8259), each found by one pattern that reads a character once."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from fairlead.errors import MalformedJson

MAX_DEPTH = 64
MAX_NUMBER = 4300
"""The most characters of a number: what Python itself converts to an integer."""

LITERALS: Final[dict[str, tuple[str, bool | None]]] = {
    "t": ("true", True),
    "f": ("false", False),
    "n": ("null", None),
}
"""By their first letters."""
REPLACEMENT = "\ufffd"

_PLAIN = r'[^"\\\x00-\x1f]'
_HEX = "[0-9a-fA-F]"
_HIGH = rf"\\u[dD][89abAB]{_HEX}{_HEX}"
_LOW = rf"\\u[dD][c-fC-F]{_HEX}{_HEX}"
# A surrogate that is no half of a pair is not among them.
_ESCAPE = rf'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F]){_HEX}{{4}})|{_HIGH}{_LOW}'

skip_space = re.compile(r"[ \t\n\r]*+").match
whole_string = re.compile(rf'"({_PLAIN}*+)"').match
"""A string without escapes."""
whole_name = re.compile(rf'"({_PLAIN}*+)"[ \t\n\r]*+:').match
"""A name without escapes, and its colon."""
string_body = re.compile(rf"{_PLAIN}*+(?:(?:{_ESCAPE}){_PLAIN}*+)*+").match
"""What can be read of a string without knowing what comes after it."""
number_run = re.compile(r"[-+.0-9a-zA-Z]*+").match
"""Everything up to where a number must have ended."""

_number = re.compile(r"-?(?:0|[1-9][0-9]*+)((?:\.[0-9]++)?+(?:[eE][-+]?[0-9]++)?+)").fullmatch
_number_begun = re.compile(
    r"-?(?:(?:0|[1-9][0-9]*+)(?:\.(?:[0-9]++(?:[eE][-+]?[0-9]*+)?)?|[eE][-+]?[0-9]*+)?)?"
).match
_lone_surrogate = re.compile("[\ud800-\udfff]")
_surrogate = re.compile(rf"\\u[dD][89a-fA-F]{_HEX}{_HEX}").match
_low_begun = re.compile(rf"(?:\\(?:u(?:[dD](?:[c-fC-F]{_HEX}?)?)?)?)?").fullmatch
_unicode_begun = re.compile(rf"\\u{_HEX}{{0,3}}").match
_decode_string = msgspec.json.Decoder(str).decode


def unescaped(body: str) -> str:
    """What a `string_body` says."""
    return _decode_string(f'"{body}"') if "\\" in body else body


def whole_body(text: str) -> str | None:
    """What `text` says inside of a string; None where it holds what must be looked at closely.

    No quote in it may stand without its backslash.
    """
    try:
        return _decode_string(f'"{text}"')
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def stays_open(piece: str, before: list[str]) -> bool:
    """Whether a string surely goes on past `piece`, which holds a quote and follows `before`."""
    if piece[0] == "\\" and (not before or before[-1][-1:] in ("", "\\")):
        return False  # that backslash may be the second half of an escape
    return '"' not in piece.replace("\\\\", "").replace('\\"', "")


def cleaned(text: str) -> str:
    """`text` without lone surrogates, which no UTF-8 can say: they become U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()  # a search takes three times as long
    except UnicodeEncodeError:
        return _lone_surrogate.sub(REPLACEMENT, text)
    return text


def odd_escape(text: str, place: int) -> int:
    """The length of the lone surrogate at `place`; 0 where more text must come to tell.

    For the backslash that `string_body` stops at. Raises `MalformedJson` where it begins no escape.
    """
    rest = text[place : place + 12]
    if _surrogate(rest):
        waits = rest[3] in "89abAB" and _low_begun(rest[6:])
        return 0 if waits else 6
    begun = _unicode_begun(rest)
    end = 1 if begun is None else begun.end()
    if end == len(rest):
        return 0
    raise unexpected(text, place + end)


def number_value(token: str, offset: int) -> int | float:
    """The value of a number that has come whole. Raises `MalformedJson`."""
    if len(token) > MAX_NUMBER:
        raise long_number(offset)
    match = _number(token)
    if match is None:
        raise _bad_number(token, offset)
    if match[1]:
        value = float(token)
        if value - value:  # infinity less itself is no number, which is not zero
            raise MalformedJson("a number is too large", offset)
        return value
    try:
        return int(token)
    except ValueError as error:  # a program may have lowered Python's own limit
        raise long_number(offset) from error


def long_number(offset: int) -> MalformedJson:
    return MalformedJson(f"a number is longer than {MAX_NUMBER:,} characters", offset)


def too_deep(max_depth: int, offset: int) -> MalformedJson:
    return MalformedJson(f"it is nested deeper than {max_depth} levels", offset)


def unexpected(text: str, place: int) -> MalformedJson:
    """The error of a character that cannot stand where it does."""
    return MalformedJson(f"unexpected {text[place]!r}", place)


def ended(offset: int) -> MalformedJson:
    """The error of a text that stops before its value does."""
    return MalformedJson("the text ends too early", offset)


def _bad_number(token: str, offset: int) -> MalformedJson:
    """Names the first character that no number could go on with."""
    begun = _number_begun(token)
    end = 0 if begun is None else begun.end()
    if end < len(token):
        return MalformedJson(f"unexpected {token[end]!r}", offset + end)
    return MalformedJson("a number ends too early", offset + end)
