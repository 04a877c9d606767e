"""Puts the cost into answers: the price in force, or a warning where none is known."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from fairlead.models.facts import ModelFacts
from fairlead.models.priced import Priced, Rated, priced
from fairlead.models.served import Asked, Ways, ways_of
from fairlead.policies.cost import Meter
from fairlead.policies.totals import total_cost
from fairlead.types.messages import Refusal, ToolCall
from fairlead.types.operations import Answer
from fairlead.types.responses import ChatResponse
from fairlead.types.usage import Cost, Usage

if TYPE_CHECKING:
    from fairlead.policies.own_prices import OwnPrices

A_ = TypeVar("A_", ChatResponse, Answer)

_DAY = 86400
_SEARCH = "web_search"
_NO_SEARCHES = (
    "the cost leaves out the provider's fee for web searches, which its usage does not count"
)


class Pricer:
    """Prices the answers of one target. Safe to share between threads.

    `own` are the prices that the settings give for its provider's models.
    """

    __slots__ = ("_model", "_name", "_own", "_provider", "_today")

    def __init__(self, provider: str, model: str, own: OwnPrices | None = None) -> None:
        self._provider = provider
        self._name = model
        self._own = own
        self._model: Priced | None = None
        self._today: tuple[int, Priced, Rated | None] | None = None

    def priced(self, answer: A_, wall: float, asked: Asked | None = None) -> A_:
        """`answer` with its cost at `wall` (seconds since 1970), or with a warning.

        A figure of the provider's own stays. An answer without usage has nothing to be priced by.
        """
        usage = answer.usage
        if answer.cost is not None or usage is None or not usage.total_tokens:
            return answer
        cost = self.cost(answer, usage, wall, asked)
        if cost is None:
            warning = self._unpriced(answer, usage, asked)
            return replace(answer, warnings=(*answer.warnings, warning))
        if self._leaves_out_searches(answer):
            return replace(answer, cost=cost, warnings=(*answer.warnings, _NO_SEARCHES))
        return replace(answer, cost=cost)

    def cost(
        self,
        answer: ChatResponse | Answer | None,
        usage: Usage,
        wall: float,
        asked: Asked | None = None,
    ) -> Cost | None:
        """What `usage` costs at `wall`; None where no price is known."""
        if usage.model is not None:
            served = Pricer(self._provider, usage.model, self._own)
            return served.cost(answer, replace(usage, model=None), wall, asked)
        model = self._model or self._found(answer)
        if model is None:
            return None
        rated = self._rated(model, _ways(model, usage, asked), wall)
        if rated is None:
            return None
        searches = _searches(model.searches, usage) if rated.meter.fee_for_searches else 0
        usd = rated.meter.usd(usage.billed or usage, searches=searches)
        if usd is not None and answer is not None and _is_free(answer, model.unbilled):
            usd = Decimal(0)
        own = None if usd is None else rated.cost(usd)
        if not usage.others:
            return own
        return total_cost([*(self.cost(None, other, wall) for other in usage.others), own])

    @property
    def facts(self) -> ModelFacts | None:
        """The model that is asked for, where it has a price."""
        model = self._model or self._found(None)
        return None if model is None else model.facts

    @property
    def is_own(self) -> bool:
        """Whether the settings give the price of the model that is asked for."""
        model = self._model or self._found(None)
        return model is not None and model.own is not None

    def meter(self, wall: float, asked: Asked | None = None) -> Meter | None:
        """The price in force at `wall`, before there is an answer."""
        model = self._model or self._found(None)
        if model is None:
            return None
        rated = self._rated(model, _ways(model, None, asked), wall)
        return None if rated is None else rated.meter

    def _found(self, answer: ChatResponse | Answer | None) -> Priced | None:
        """The model that was asked for; where its name says nothing, the one that answered."""
        self._model = priced(self._provider, self._name, self._own)
        if self._model is None and answer is not None and answer.model:
            return priced(self._provider, answer.model, self._own)
        return self._model

    def _rated(self, model: Priced, ways: Ways, wall: float) -> Rated | None:
        """The price in force. The usual one is looked for once a day."""
        if ways or model.hourly:
            return model.rated(wall, ways)
        day = int(wall // _DAY)
        today = self._today
        if today is None or today[0] != day or today[1] is not model:
            today = self._today = (day, model, model.rated(wall, {}))
        return today[2]

    def _leaves_out_searches(self, answer: ChatResponse | Answer) -> bool:
        """Whether the provider searched the web, takes a fee for it, and does not say how often."""
        if not isinstance(answer, ChatResponse) or not _has_searched(answer):
            return False
        model = self._model or self._found(answer)
        if model is None or model.searches:
            return False
        return any(price.rates.search for price in model.facts.prices)

    def _unpriced(self, answer: ChatResponse | Answer, usage: Usage, asked: Asked | None) -> str:
        model = self._model or self._found(answer)
        ways = {} if model is None else _ways(model, usage, asked)
        how = " and ".join(f"{name} {word}" for name, word in sorted(ways.items()))
        return (
            f"no price is known for {self._provider}/{self._name}{how and f' with {how}'}; "
            "the cost of this answer is not counted"
        )


def _ways(model: Priced, usage: Usage | None, asked: Asked | None) -> Ways:
    return ways_of(asked, usage, model.ways, model.same_tiers)


def _has_searched(answer: ChatResponse) -> bool:
    parts = answer.message.parts
    return any(type(p) is ToolCall and p.by_provider and p.name == _SEARCH for p in parts)


def _is_free(answer: ChatResponse | Answer, reason: str | None) -> bool:
    """Whether nothing was answered, for a reason that nobody has to pay for."""
    if reason is None or not isinstance(answer, ChatResponse) or answer.raw_finish_reason != reason:
        return False
    return all(isinstance(part, Refusal) for part in answer.message.parts)


def _searches(path: tuple[str, ...], usage: Usage) -> int:
    """Web searches that the provider counted in its usage object."""
    if not path or usage.raw is None or path[-1] not in usage.raw:
        return 0
    try:
        value: object = msgspec.json.decode(usage.raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return 0
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, int) and value > 0 else 0
