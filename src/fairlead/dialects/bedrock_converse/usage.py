"""Usage, which comes in one piece: in the body, or in the last event of a stream."""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.figures import counted
from fairlead.types.usage import Usage


def usage(raw: Raw) -> Usage | None:
    """Disjoint buckets. `inputTokens` leaves the cache out, unless the total says otherwise."""
    fields = rawjson.plain_fields(raw)
    if not fields:
        return None
    read = counted(fields, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = counted(fields, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    hour = _written_for_an_hour(fields.get("cacheDetails"))
    written = max(written, hour)
    asked, said = counted(fields, "inputTokens"), counted(fields, "outputTokens")
    if asked >= read + written and asked + said == counted(fields, "totalTokens"):
        asked -= read + written
    return Usage(
        input=asked,
        cache_read=read,
        cache_write=written - hour,
        cache_write_1h=hour,
        output=said,
        raw=rawjson.text_of(raw),
    )


def _written_for_an_hour(details: object) -> int:
    if not isinstance(details, list):
        return 0
    hours = (d for d in details if isinstance(d, dict) and d.get("ttl") == "1h")
    return sum(counted(detail, "inputTokens") for detail in hours)
