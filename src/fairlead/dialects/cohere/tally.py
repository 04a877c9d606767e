"""Usage: `tokens` are what was read and written, `billed_units` what is paid for.

Cached tokens are inside the input, reasoning inside the output; images are counted apart.
"""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.errors import DecodeError
from fairlead.types.usage import Usage

_MOST = 1 << 53


def usage_of(raw: Raw) -> Usage | None:
    """None where no number of tokens is told."""
    if not rawjson.present(raw):
        return None
    try:
        fields = jsontext.untyped(bytes(raw))
    except DecodeError:
        return None
    if not isinstance(fields, dict):
        return None
    counts = fields.get("tokens") or fields.get("billed_units")
    if not isinstance(counts, dict):
        return None
    read = _count(counts, "input_tokens") + _count(counts, "image_tokens")
    cached = min(read, _count(fields, "cached_tokens"))
    output = _count(counts, "output_tokens")
    thought = min(output, _count(counts, "reasoning_tokens"))
    return Usage(
        input=read - cached,
        cache_read=cached,
        output=output - thought,
        reasoning=thought,
        raw=rawjson.text_of(raw),
    )


def _count(fields: dict[str, object], name: str) -> int:
    """The provider's types call all figures floats."""
    value = fields.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 <= value < _MOST else 0
