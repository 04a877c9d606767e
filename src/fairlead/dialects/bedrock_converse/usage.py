"""Usage, which comes in one piece: in the body, or in the last event of a stream."""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import jsontext
from fairlead.dialects.bedrock_converse.wire import present, text_of
from fairlead.errors import DecodeError
from fairlead.types.usage import Usage

MOST = 1 << 53
"""A figure past this is not a number of tokens."""


def usage(raw: Raw) -> Usage | None:
    """Disjoint buckets. `inputTokens` leaves the cache out, unless the total says otherwise."""
    fields = _fields(raw)
    if not fields:
        return None
    read = _count(fields, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = _count(fields, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    hour = _written_for_an_hour(fields.get("cacheDetails"))
    written = max(written, hour)
    asked, said = _count(fields, "inputTokens"), _count(fields, "outputTokens")
    if asked >= read + written and asked + said == _count(fields, "totalTokens"):
        asked -= read + written
    return Usage(
        input=asked,
        cache_read=read,
        cache_write=written - hour,
        cache_write_1h=hour,
        output=said,
        raw=text_of(raw),
    )


def _fields(raw: Raw) -> dict[str, object]:
    if not present(raw):
        return {}
    try:
        value = jsontext.untyped(bytes(raw))
    except DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _written_for_an_hour(details: object) -> int:
    if not isinstance(details, list):
        return 0
    hours = (d for d in details if isinstance(d, dict) and d.get("ttl") == "1h")
    return sum(_count(detail, "inputTokens") for detail in hours)


def _count(fields: dict[str, object], *names: str) -> int:
    """The first of the fields that holds a number of tokens."""
    for name in names:
        value = fields.get(name)
        if type(value) is int and 0 <= value < MOST:
            return value
    return 0
