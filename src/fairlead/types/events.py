"""What a stream is made of. Names are noun.verb; an event that ends a part carries it whole."""

from __future__ import annotations

from msgspec import Struct

from fairlead.types.messages import Citation, Part, ToolCall
from fairlead.types.responses import FinishReason, TokenLogprob
from fairlead.types.usage import Usage


class ResponseStart(Struct, frozen=True, tag="response.start"):
    """The provider has begun. `id` and `model` are its own, empty where it gives none."""

    id: str
    model: str


class TextDelta(Struct, frozen=True, tag="text.delta", omit_defaults=True, gc=False):
    """More text of the part at `index`."""

    text: str
    index: int = 0
    logprobs: tuple[TokenLogprob, ...] = ()


class ReasoningDelta(Struct, frozen=True, tag="reasoning.delta", gc=False):
    """More of what the model thinks, for the part at `index`."""

    text: str
    index: int = 0


class RefusalDelta(Struct, frozen=True, tag="refusal.delta", gc=False):
    """More of the model's words of refusal, for the part at `index`."""

    text: str
    index: int = 0


class ToolCallStart(Struct, frozen=True, tag="tool_call.start"):
    """The model begins to call the tool `name`, in the part at `index`."""

    index: int
    id: str
    name: str


class ToolCallDelta(Struct, frozen=True, tag="tool_call.delta", gc=False):
    """More JSON text of the arguments of the call at `index`."""

    arguments: str
    index: int


class ToolCallEnd(Struct, frozen=True, tag="tool_call.end"):
    """The call at `index` is over: `tool_call` is all of it, not `complete` where it was cut."""

    index: int
    tool_call: ToolCall


class CitationEvent(Struct, frozen=True, tag="citation"):
    """A source of the text part at `index`."""

    citation: Citation
    index: int = 0


class PartEnd(Struct, frozen=True, tag="part.end"):
    """The part at `index` is finished (tool calls end with `tool_call.end` instead)."""

    index: int
    part: Part


class UsageEvent(Struct, frozen=True, tag="usage"):
    """All tokens so far: a later one replaces it."""

    usage: Usage


class StreamRestarted(Struct, frozen=True, tag="stream.restarted"):
    """The stream broke for `reason`, and begins anew at `target`: all before this event is void.

    Comes only where a route says `on_break="restart"`.
    """

    target: str
    reason: str


class StreamContinued(Struct, frozen=True, tag="stream.continued"):
    """The stream broke for `reason`, and goes on at `target`: all before this event still holds.

    Comes only where a route says `on_break="continue"`.
    """

    target: str
    reason: str


class Finish(Struct, frozen=True, tag="finish"):
    """The answer is complete. Always the last event, and only of a stream that was not cut."""

    finish_reason: FinishReason
    raw_finish_reason: str | None = None


Event = (
    ResponseStart
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | ToolCallStart
    | ToolCallDelta
    | ToolCallEnd
    | CitationEvent
    | PartEnd
    | UsageEvent
    | StreamRestarted
    | StreamContinued
    | Finish
)
