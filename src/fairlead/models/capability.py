"""What a model is known to lack for a request, how much it reads, and what it would cost.

Only what the table says of a provider's own model by its own name counts; of everything else, such
as an endpoint of the user's, nothing is known and nothing is held against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Literal

from fairlead.models.matching import match
from fairlead.policies.cost import price_in_force
from fairlead.types.messages import Audio, Image, Text
from fairlead.types.tools import OutputSchema

if TYPE_CHECKING:
    from fairlead.models.facts import ModelFacts
    from fairlead.providers.registry import Resolved
    from fairlead.types.messages import Part
    from fairlead.types.prices import Rates
    from fairlead.types.requests import ChatRequest, OutputMode

Need = Literal["images", "audio", "tools", "output with a schema"]

_CHARACTERS_PER_TOKEN = 4
_USUAL_ANSWER = 500
_FREE = ("embedded", "local")
_PARTS: tuple[tuple[type[Part], Need], ...] = ((Image, "images"), (Audio, "audio"))


def needs_of(request: ChatRequest, output_mode: OutputMode = "native") -> tuple[Need, ...]:
    """What the request asks of a model beyond text. A schema may be met in other ways."""
    kinds = {type(part) for message in request.messages for part in message.parts}
    needs = [need for kind, need in _PARTS if kind in kinds]
    by_schema = isinstance(request.output, OutputSchema)
    if request.tools or (by_schema and output_mode == "tool"):
        needs.append("tools")
    if by_schema and output_mode == "native":
        needs.append("output with a schema")
    return tuple(needs)


def lacking(resolved: Resolved, needs: Sequence[Need]) -> Need | None:
    """The first of `needs` that the model is known not to meet; None for nothing."""
    facts = _facts(resolved)
    if facts is None:
        return None
    return next((need for need in needs if not _meets(facts, need)), None)


def known_lacks(resolved: Resolved) -> tuple[str, ...]:
    """Which of the options `output` and `tools` the model is known not to take."""
    facts = _facts(resolved)
    if facts is None:
        return ()
    met = {"output": _meets(facts, "output with a schema"), "tools": _meets(facts, "tools")}
    return tuple(name for name, there in met.items() if not there)


def _meets(facts: ModelFacts, need: Need) -> bool:
    if need == "tools":
        return facts.tools is not False
    if need == "output with a schema":
        return facts.structured_output is not False
    return not facts.input or facts.takes("image" if need == "images" else "audio")


def window_of(resolved: Resolved) -> int | None:
    """The context window in tokens; None where it is not known."""
    facts = _facts(resolved)
    return None if facts is None else facts.context_window


def estimated_cost(resolved: Resolved, request: ChatRequest | None, wall: float) -> float | None:
    """About what the request costs, in dollars, to compare targets by; None if not known."""
    rates = _rates(resolved, wall)
    if rates is None and resolved.provider.table.kind in _FREE:
        return 0.0
    if rates is None or rates.input is None:
        return None
    output = rates.output if rates.output is not None else 0
    read, written = 1000, _USUAL_ANSWER
    if request is not None:
        read = ceil(_length(request) / _CHARACTERS_PER_TOKEN)
        written = min(written, request.max_tokens or written)
    return (read * float(rates.input) + written * float(output)) / 1e6


def _rates(resolved: Resolved, wall: float) -> Rates | None:
    """Those of the settings, else the table's."""
    facts, target = _facts(resolved), resolved.target
    if resolved.prices is not None:
        from fairlead.models.priced import priced

        model = priced(target.provider, target.model, resolved.prices)
        if model is not None and model.own is not None:
            facts = model.facts
    price = None if facts is None else price_in_force(facts.prices, wall)
    return None if price is None else price.rates


def _facts(resolved: Resolved) -> ModelFacts | None:
    if resolved.provider.endpoint.given_by != "table":
        return None
    found = match(resolved.target.provider, resolved.target.model)
    return found.facts if found is not None and found.exact else None


def _length(request: ChatRequest) -> int:
    return sum(
        len(part.text)
        for message in request.messages
        for part in message.parts
        if isinstance(part, Text)
    )
