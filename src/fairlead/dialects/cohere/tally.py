"""Usage: `tokens` are what was read and written, `billed_units` what is paid for.

Cached tokens are inside the input, reasoning inside the output; images are counted apart.
"""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.figures import counted
from fairlead.types.usage import Usage


def usage_of(raw: Raw) -> Usage | None:
    """None where no number of tokens is told."""
    fields = rawjson.plain_fields(raw)
    counts = fields.get("tokens") or fields.get("billed_units")
    if not isinstance(counts, dict):
        return None
    read = counted(counts, "input_tokens") + counted(counts, "image_tokens")
    cached = min(read, counted(fields, "cached_tokens"))
    output = counted(counts, "output_tokens")
    thought = min(output, counted(counts, "reasoning_tokens"))
    units = fields.get("billed_units")
    billed = Usage(input=counted(units, "input_tokens"), output=counted(units, "output_tokens"))
    return Usage(
        input=read - cached,
        cache_read=cached,
        output=output - thought,
        reasoning=thought,
        raw=rawjson.text_of(raw),
        billed=billed if billed.total_tokens else None,
    )
