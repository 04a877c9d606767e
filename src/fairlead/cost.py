"""What answers cost, worked out again: at another time, or as if another model had written them.

fairlead.cost.reprice(response)
fairlead.cost.reprice(response, model="openai/gpt-4.1-mini")
fairlead.cost.reprice(receipt, usage=usage, at=date(2026, 1, 31))
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, time as clock

from fairlead.errors import InvalidRequest, StreamInterrupted
from fairlead.models.names import canonical, located
from fairlead.models.pricer import Pricer
from fairlead.models.served import Asked
from fairlead.policies.instants import http_date
from fairlead.policies.own_prices import OwnPrices
from fairlead.providers.registry import Registry
from fairlead.settings import Settings
from fairlead.types.http import Headers
from fairlead.types.operations import Answer
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse
from fairlead.types.usage import Cost, Usage

__all__ = ["reprice"]


def reprice(
    answered: ChatResponse | Answer | StreamInterrupted | Receipt,
    *,
    usage: Usage | None = None,
    model: str | None = None,
    at: date | datetime | None = None,
    asked: Mapping[str, str] | None = None,
    settings: Settings | None = None,
) -> Cost | None:
    """The cost by the model table; None where there is no usage or no price is known.

    Prices of one's own that are in `settings` stand above the table's.
    `usage` is that of the answer unless given; a receipt has none of its own. `model` prices it as
    that model, `at` at that moment (a date is its first moment in UTC) rather than when it was
    answered. `asked` is what the request asked for, where a price depends on that, such as
    `{"service_tier": "flex"}` or `{"processing": "batch"}`. A figure that the provider reported
    itself is not looked at. Raises `InvalidRequest`, or `ConfigError` for broken settings.
    """
    receipt = answered if isinstance(answered, Receipt) else answered.receipt
    if usage is None and not isinstance(answered, Receipt):
        usage = answered.usage
    elif usage is None:
        raise InvalidRequest("a receipt holds no usage; pass usage=")
    if usage is None:
        return None
    prices = {} if settings is None else Registry(settings).prices()
    provider, name = _place(model, receipt, prices)
    pricer = Pricer(provider, name, prices.get(provider))
    answer = answered if model is None and isinstance(answered, ChatResponse | Answer) else None
    return pricer.cost(answer, usage, _moment(at, answered), Asked(None, asked))


def _place(
    model: str | None, receipt: Receipt | None, prices: Mapping[str, OwnPrices]
) -> tuple[str, str]:
    if model is not None:
        named, _, name = model.partition("/")
        if canonical(named) in prices and name:
            return canonical(named), name
        place = located(model)
        if place is None:
            raise InvalidRequest(f"the table has no provider for {model!r}; write provider/model")
        return place
    if receipt is None or "/" not in receipt.target:
        raise InvalidRequest("nobody answered yet; pass model=")
    provider, _, name = receipt.target.partition("/")
    return canonical(provider), name


def _moment(
    at: date | datetime | None, answered: ChatResponse | Answer | StreamInterrupted | Receipt
) -> float:
    """Seconds since 1970: as given, as the server dated its answer, or now."""
    if isinstance(at, datetime):
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if at is not None:
        return datetime.combine(at, clock(), UTC).timestamp()
    if isinstance(answered, ChatResponse | Answer):
        dated = http_date(Headers(answered.raw.headers).get("date") or "", now=time.time())
        if dated is not None:
            return dated
    return time.time()
