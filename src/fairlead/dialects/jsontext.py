"""Reading JSON that strangers wrote: typed and fast first, tolerant where that fails."""

from __future__ import annotations

import json
import re
from typing import TypeVar

import msgspec

from fairlead.errors import DecodeError

_T = TypeVar("_T")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_DEPTH = 64


def decode(data: bytes, decoder: msgspec.json.Decoder[_T]) -> _T:
    """`data` as the decoder's type. Raises `DecodeError`, and nothing else."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise DecodeError(
            f"the answer has another shape than expected: {error}", excerpt(data)
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = untyped(data)
    try:
        # Written and read again: `msgspec.convert` cannot fill a `Raw` field.
        return decoder.decode(msgspec.json.encode(value))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise DecodeError(
            f"the answer has another shape than expected: {error}", excerpt(data)
        ) from error


def untyped(data: bytes) -> object:
    """`data` as plain values; stray bytes and lone surrogates become U+FFFD.

    Raises `DecodeError`, and nothing else.
    """
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the answer is not valid JSON: {error}", excerpt(data)) from error
    return _clean(value, MAX_DEPTH)


def excerpt(data: bytes) -> str:
    """The head of `data`, fit for a message."""
    text = data[:300].decode("utf-8", "replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _clean(value: object, depth: int) -> object:
    if depth == 0:
        raise DecodeError(f"the answer is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {_LONE_SURROGATE.sub("\ufffd", k): _clean(v, depth - 1) for k, v in value.items()}
    return value
