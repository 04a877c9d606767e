"""Usage, as the last line tells it."""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.figures import tokens
from fairlead.dialects.ollama import wire
from fairlead.types.usage import Usage

_FIGURES = ("_count", "_duration")


def usage_of(line: bytes) -> Usage | None:
    """None where no number of tokens is told, as when a model was only loaded.

    The count of a prompt that was cached whole may be missing.
    """
    counts = rawjson.optional(line, wire.COUNTS)
    if counts is None or (counts.prompt_eval_count is None and counts.eval_count is None):
        return None
    read = tokens(counts.prompt_eval_count) or 0
    cached = min(read, tokens(counts.prompt_eval_cached_count) or 0)
    written = tokens(counts.eval_count) or 0
    return Usage(input=read - cached, cache_read=cached, output=written, raw=_raw(line))


def _raw(line: bytes) -> str:
    """The provider has no usage object: its figures, durations in nanoseconds."""
    fields = rawjson.optional(line, rawjson.FIELDS) or {}
    figures: dict[str, Raw] = {
        name: value for name, value in fields.items() if name.endswith(_FIGURES)
    }
    return rawjson.text(figures)
