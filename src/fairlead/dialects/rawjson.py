"""JSON that is kept as the bytes it came in: it goes back unchanged, or is seldom looked into."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext
from fairlead.errors import DecodeError

_T = TypeVar("_T")

NOTHING = Raw()
FIELDS = msgspec.json.Decoder(dict[str, Raw])
ITEMS = msgspec.json.Decoder(list[Raw])
STRING = msgspec.json.Decoder(str)
_OBJECT = msgspec.json.Decoder(dict[str, object])


def present(raw: Raw) -> bool:
    """Whether the field came, and not as null."""
    return bytes(raw) not in (b"", b"null")


def text_of(raw: Raw | bytes) -> str:
    """The JSON text as it came; stray bytes become U+FFFD."""
    return bytes(raw).decode("utf-8", "replace")


def text(value: object) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode("utf-8", "replace")


def optional(raw: Raw | bytes, decoder: msgspec.json.Decoder[_T]) -> _T | None:
    """The value, where it came and has the expected shape."""
    data = bytes(raw)
    if data in (b"", b"null"):
        return None
    try:
        return jsontext.decode(data, decoder)
    except DecodeError:
        return None


def plain_fields(raw: Raw | bytes) -> dict[str, object]:
    """The fields of an object as plain values; empty for anything else."""
    return optional(raw, _OBJECT) or {}


def kept(data: str) -> dict[str, Raw]:
    """The fields of provider state; empty where it is no JSON object."""
    return optional(data.encode("utf-8", "replace"), FIELDS) or {}
