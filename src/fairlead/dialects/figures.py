"""What an answer has cost: numbers of tokens out of its usage object, and money.

`tokens_read` and `tokens_written` know the spellings of embeddings and rerankings. An odd figure
counts nothing and spoils nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal, InvalidOperation

import msgspec

from fairlead.types.usage import Cost, Usage

_TOKENS = ("prompt_tokens", "input_tokens", "total_tokens", "tokens")
EXACT = Context(prec=80)
"""For money, which no decimal context of the program around may round."""
_MOST_TOKENS = 2**53
"""A figure past this is not a number of tokens."""


def tokens_read(usage: object) -> Usage | None:
    """All tokens as `input`, or None where no number of them was told."""
    if not isinstance(usage, Mapping):
        return None
    count = told(usage, *_TOKENS)
    return None if count is None else Usage(input=count, raw=msgspec.json.encode(usage).decode())


def tokens_written(usage: object) -> Usage | None:
    """Tokens read and written, sound apart; None where no number of them was told."""
    read = tokens_read(usage)
    if read is None or not isinstance(usage, Mapping):
        return None
    asked = told(usage, "prompt_tokens", "input_tokens")
    said = told(usage, "completion_tokens", "output_tokens")
    if asked is None:
        return read
    details = usage.get("input_token_details")
    heard = told(details, "audio_tokens")
    heard = min(heard or 0, asked)
    return Usage(input=asked - heard, audio_input=heard, output=said or 0, raw=read.raw)


def tokens(value: object) -> int | None:
    """A number of tokens, which a whole float is too; None for anything else."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


def told(fields: object, *names: str) -> int | None:
    """The first of the fields that holds a number of tokens."""
    if isinstance(fields, Mapping):
        for name in names:
            if (count := tokens(fields.get(name))) is not None:
                return count
    return None


def counted(fields: object, *names: str) -> int:
    """The same; none where no number is told."""
    return told(fields, *names) or 0


def told_cost(usage: object) -> Cost | None:
    """The provider's own figure in dollars, or None.

    With the caller's own key for the provider behind a router, `cost` is the router's fee alone.
    """
    if not isinstance(usage, Mapping):
        return None
    cost = usage.get("cost")
    usd = _dollars(cost.get("total_cost") if isinstance(cost, Mapping) else cost)
    details = usage.get("cost_details")
    if usd is not None and usage.get("is_byok") is True:
        fields = details if isinstance(details, Mapping) else {}
        behind = _dollars(fields.get("upstream_inference_cost"))
        usd = None if behind is None else EXACT.add(usd, behind)
    return None if usd is None else Cost(usd, "provider")


def dollars_of(ticks: int) -> Decimal:
    """What so many of xAI's ticks are, ten thousand million to the dollar."""
    return EXACT.scaleb(Decimal(ticks), -10)


def _dollars(figure: object) -> Decimal | None:
    if isinstance(figure, bool) or not isinstance(figure, int | float | str):
        return None
    try:
        usd = Decimal(str(figure))
    except InvalidOperation:
        return None
    return usd if usd.is_finite() and usd >= 0 else None
