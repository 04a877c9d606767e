"""What an operation beside chat has cost: tokens and money out of its usage object.

The spellings are those of embeddings and rerankings; an odd figure counts nothing and spoils
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from fairlead.types.usage import Cost, Usage

_TOKENS = ("prompt_tokens", "input_tokens", "total_tokens", "tokens")
_MOST_TOKENS = 2**53


def tokens_read(usage: object) -> Usage | None:
    """All tokens as `input`, or None where no number of them was told."""
    if not isinstance(usage, Mapping):
        return None
    count = _count(usage, *_TOKENS)
    return None if count is None else Usage(input=count, raw=msgspec.json.encode(usage).decode())


def tokens_written(usage: object) -> Usage | None:
    """Tokens read and written, sound apart; None where no number of them was told."""
    read = tokens_read(usage)
    if read is None or not isinstance(usage, Mapping):
        return None
    asked = _count(usage, "prompt_tokens", "input_tokens")
    said = _count(usage, "completion_tokens", "output_tokens")
    if asked is None:
        return read
    details = usage.get("input_token_details")
    heard = _count(details, "audio_tokens") if isinstance(details, Mapping) else None
    heard = min(heard or 0, asked)
    return Usage(input=asked - heard, audio_input=heard, output=said or 0, raw=read.raw)


def _count(usage: Mapping[str, object], *names: str) -> int | None:
    for name in names:
        count = usage.get(name)
        if type(count) is int and 0 <= count <= _MOST_TOKENS:
            return count
    return None


def told_cost(usage: object) -> Cost | None:
    """The provider's own figure in dollars, or None."""
    cost = usage.get("cost") if isinstance(usage, Mapping) else None
    if isinstance(cost, Mapping):
        cost = cost.get("total_cost")
    if isinstance(cost, bool) or not isinstance(cost, int | float | str):
        return None
    try:
        usd = Decimal(str(cost))
    except InvalidOperation:
        return None
    return Cost(usd, "provider") if usd.is_finite() and usd >= 0 else None
