"""Tokens in disjoint buckets, from which every total is derived, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct


class Usage(Struct, frozen=True, omit_defaults=True):
    """Tokens of one answer. No token is counted in two buckets; totals are properties.

    `input` holds what is neither cached nor audio, `output` what is neither reasoning, audio nor,
    where the provider counts pictures apart, of a picture.
    `cache_write` counts writes of five minutes or of unstated life, `cache_write_1h` those of an
    hour. `raw` is the provider's own usage object as JSON text. `estimated` marks figures that
    fairlead counted itself because the provider's never came. `model` is who took them, where the
    provider let another model answer than was asked for. `others` is what was taken beside them for
    this answer, in no bucket and no total here: by an advisor, or to cut the context. `billed` is
    what is paid for, where the provider counts that apart, without its own words around a prompt.
    `service_tier` is the one that served the answer, where the provider says so beside its usage.
    """

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    audio_input: int = 0
    output: int = 0
    reasoning: int = 0
    audio_output: int = 0
    image_output: int = 0
    estimated: bool = False
    raw: str | None = None
    model: str | None = None
    others: tuple[Usage, ...] = ()
    billed: Usage | None = None
    service_tier: str | None = None

    @property
    def input_tokens(self) -> int:
        """Everything that was read, cached or not."""
        return (
            self.input + self.cache_read + self.cache_write + self.cache_write_1h + self.audio_input
        )

    @property
    def output_tokens(self) -> int:
        """Everything that was written, reasoning included."""
        return self.output + self.reasoning + self.audio_output + self.image_output

    @property
    def total_tokens(self) -> int:
        """Everything that was read and written."""
        return self.input_tokens + self.output_tokens


class Cost(Struct, frozen=True, omit_defaults=True):
    """Money for one answer, in US dollars, and who said so.

    `provider`: the provider's own figure. `table`: the usage times the price of the model table,
    which holds tokens, requests and searches that the provider counts, and none of taxes,
    discounts and other tools.
    `settings`: the usage times the price that the settings give.
    `cache`: nothing, because the answer is that of another call; see the receipt's `cache`.
    `price_date` is the day (`YYYY-MM-DD`) for which the table knows the price, `price_source`
    where it has it from, or the place in the settings.
    """

    usd: Decimal
    source: Literal["provider", "table", "settings", "cache"]
    price_date: str | None = None
    price_source: str | None = None
