"""What is said of an answer that is not what was asked for: to the model, and to the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from fairlead.errors import BadRequestError, ExtractionFailed
from fairlead.schemas.refused import refused_place
from fairlead.types.messages import Message

if TYPE_CHECKING:
    from fairlead.extraction.answer import Fault
    from fairlead.extraction.asking import Asking
    from fairlead.types.responses import ChatResponse

FailureKind = Literal["invalid", "refused", "length"]

_MOST_QUOTED = 16_000
"""Characters of a wrong answer that the model is shown again."""
_AGAIN = (
    "That answer cannot be used:\n{faults}\nGive the whole answer again, corrected, in the form "
    "that was asked for."
)


def correction(text: str, faults: Sequence[Fault]) -> tuple[Message, ...]:
    """The wrong answer, and what is wrong with it: all that the model is told of it."""
    said = Message.user(_AGAIN.format(faults="\n".join(f"- {fault}" for fault in faults)))
    quoted = text[:_MOST_QUOTED].strip()
    return (Message.assistant(quoted), said) if quoted else (said,)


def failed(
    asking: Asking,
    fault: Fault,
    text: str,
    *,
    holder: str | None,
    kind: FailureKind = "invalid",
    complete: Sequence[str | int] = (),
    items: Sequence[object] = (),
) -> ExtractionFailed:
    """The error for `fault` after all attempts there were."""
    place = place_in_value(fault.place, holder)
    return ExtractionFailed(
        _sentence(kind, fault.reason, place, asking.attempts),
        kind=kind,
        reason=fault.reason,
        path=place,
        text=text,
        attempts=asking.attempts,
        items=items,
        complete=complete,
        usage=asking.usage,
        cost=asking.cost,
        saved=asking.saved,
    )


def place_in_value(place: str, holder: str | None) -> str:
    """A place in what the model wrote as one in the value that the caller knows."""
    inside = place.removeprefix(f"$.{holder}")
    return place if holder is None or inside == place else f"${inside}"


def refusal_of(response: ChatResponse) -> str | None:
    """What the model said in place of an answer; None where it did not refuse."""
    if response.refusal:
        return response.refusal
    if response.finish_reason == "content_filter":
        return response.text or "its answer was withheld"
    return None


def pointed_at(error: BadRequestError) -> None:
    """Say where the schema is that a provider has refused, where it tells."""
    place = refused_place(f"{error.args[0]} {error.excerpt}")
    if place is not None and error.remedy is None:
        error.remedy = f'change the type at {place}, or ask with mode="tool"'


def _sentence(kind: FailureKind, reason: str, place: str, attempts: int) -> str:
    if kind == "refused":
        return f"the model refused to answer: {reason[:300]}"
    if kind == "length":
        return "the answer was cut before it was whole; raise max_tokens"
    where = "" if place == "$" else f" at {place}"
    times = "" if attempts == 1 else f" in {attempts} attempts"
    return f"the model gave no valid answer{times}: {reason}{where}"
