"""An answer that is text and nothing else, as most are: read in one go, without an assembly.

`plain_answer` must agree with the general way in every field; the conformance tests take both and
compare them.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairlead.dialects.openai_chat.finish import finish_reason
from fairlead.dialects.openai_chat.usage import Counted, counted
from fairlead.types.events import Event, Finish, PartEnd, ResponseStart, TextDelta, UsageEvent
from fairlead.types.messages import Message, Text
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse, FinishReason, RawResponse
from fairlead.types.targets import Quirks
from fairlead.types.usage import Cost, Usage


class _Message(Struct, gc=False):
    """`content` last: all fields before it are compared at once with those of a message that has
    nothing else."""

    reasoning_content: object = None
    reasoning: object = None
    tool_calls: object = None
    refusal: object = None
    reasoning_text: object = None
    reasoning_opaque: object = None
    reasoning_details: object = None
    function_call: object = None
    annotations: object = None
    audio: object = None
    images: object = None
    executed_tools: object = None
    extra_content: object = None
    thought_signature: object = None
    content: str | None = None


class _Choice(Struct, gc=False):
    message: _Message
    finish_reason: str
    index: int | None = None
    logprobs: object = None
    error: object = None
    delta: object = None
    text: object = None


class _Body(Struct, gc=False):
    choices: tuple[_Choice]
    id: str | None = None
    model: str | None = None
    usage: msgspec.Raw = msgspec.Raw(b"null")
    service_tier: object = None
    error: object = None
    x_groq: object = None
    citations: object = None
    search_results: object = None
    cost: object = None
    base_resp: object = None


_BODY = msgspec.json.Decoder(_Body)
_NO_MORE = (
    _Message(),
    _Message(annotations=[]),
    _Message(tool_calls=[]),
    _Message(reasoning_details=[]),
)
_NULL = b"null"


class PlainAnswer(Struct, frozen=True, gc=False):
    """What such an answer says."""

    id: str
    model: str
    text: str
    finish_reason: FinishReason
    raw_finish_reason: str
    usage: Usage | None
    cost: Cost | None

    @property
    def message(self) -> Message:
        return Message("assistant", (Text(self.text),))

    def events(self) -> list[Event]:
        events: list[Event] = [
            ResponseStart(self.id, self.model),
            TextDelta(self.text),
            PartEnd(0, Text(self.text)),
        ]
        if self.usage is not None:
            events.append(UsageEvent(self.usage))
        events.append(Finish(self.finish_reason, self.raw_finish_reason))
        return events

    def response(
        self, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> ChatResponse:
        return ChatResponse(
            self.id,
            self.model,
            self.message,
            self.finish_reason,
            self.raw_finish_reason,
            self.usage,
            self.cost,
            warnings,
            receipt,
            raw,
        )


def plain_answer(body: bytes, quirks: Quirks) -> PlainAnswer | None:
    """The answer in `body`; None where it is any other than text with a finish reason."""
    if quirks.inline_thinking:
        return None
    try:
        found = _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    (choice,) = found.choices
    text = choice.message.content
    if not text or choice.index or _says_more(found, choice):
        return None
    said = _NOTHING if found.usage == _NULL else counted(found.usage, quirks)
    if said is None:
        return None
    reason = finish_reason(choice.finish_reason, has_tool_calls=False)
    usage, cost = said
    if usage is not None and isinstance(found.service_tier, str):
        usage = replace(usage, service_tier=found.service_tier)
    return PlainAnswer(
        found.id or "", found.model or "", text, reason, choice.finish_reason, usage, cost
    )


_NOTHING: Counted = (None, None)


def _says_more(found: _Body, choice: _Choice) -> bool:
    """Whether anything but the text, the reason and the usage was said.

    Comparing structs tests all other fields at once, at the speed of C.
    """
    message = choice.message
    message.content = None
    return (
        message not in _NO_MORE
        or choice != _Choice(message, choice.finish_reason, choice.index)
        or found != _Body(found.choices, found.id, found.model, found.usage, found.service_tier)
    )
