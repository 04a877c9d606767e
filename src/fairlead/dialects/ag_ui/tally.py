"""Usage: one entry for each model that the agent asked. Inputs and outputs are totals."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import rawjson
from fairlead.dialects.figures import tokens
from fairlead.types.usage import Usage


class _Entry(Struct, rename="camel"):
    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None


_ENTRIES = msgspec.json.Decoder(list[_Entry])


def usage_of(raw: Raw) -> Usage | None:
    """All entries together; None where there is none."""
    entries = rawjson.optional(raw, _ENTRIES)
    if not entries:
        return None
    read = _sum(entry.input_tokens for entry in entries)
    written = _sum(entry.output_tokens for entry in entries)
    cached = min(read, _sum(entry.cached_input_tokens for entry in entries))
    stored = min(read - cached, _sum(entry.cache_write_input_tokens for entry in entries))
    thought = min(written, _sum(entry.reasoning_tokens for entry in entries))
    return Usage(
        input=read - cached - stored,
        cache_read=cached,
        cache_write=stored,
        output=written - thought,
        reasoning=thought,
        raw=rawjson.text_of(raw),
    )


def _sum(counts: Iterable[int | None]) -> int:
    return sum(tokens(count) or 0 for count in counts)
