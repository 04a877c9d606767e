"""The answer to a chat request: one type, streamed or not."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fairlead.types.messages import Citation, Message, ToolCall
from fairlead.types.receipts import Receipt
from fairlead.types.usage import Cost, Usage

FinishReason = Literal["stop", "length", "tool_call", "content_filter", "error"]


class TokenLogprob(Struct, frozen=True, omit_defaults=True):
    """A token with its natural-log probability, and the likeliest others at its place."""

    token: str
    logprob: float
    bytes: tuple[int, ...] | None = None
    top: tuple[TokenLogprob, ...] = ()


class Alternative(Struct, frozen=True):
    """A further choice of the same answer (`n` above 1)."""

    message: Message
    finish_reason: FinishReason
    raw_finish_reason: str | None = None


class RawResponse(Struct, frozen=True):
    """What came over the wire. `body` is None for a stream, whose bytes are not kept."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = None

    def __repr__(self) -> str:
        """Its size in place of what it holds, which the answer around it says in other words."""
        size = "no body" if self.body is None else f"{len(self.body):,} bytes"
        return f"RawResponse({self.status}, {len(self.headers)} headers, {size})"

    def json(self) -> object:
        """The body as plain Python values. Raises ValueError for a stream."""
        import json

        if self.body is None:
            raise ValueError("the body of a stream is not kept; call chat() to have it")
        return json.loads(self.body)


class ChatResponse(Struct, frozen=True):
    """A finished answer.

    `usage` is None where the provider reported none, `cost` where no price is known. `warnings`
    lists everything that was dropped, translated or missing, in plain words.
    """

    id: str
    model: str
    message: Message
    finish_reason: FinishReason
    raw_finish_reason: str | None
    usage: Usage | None
    cost: Cost | None
    warnings: tuple[str, ...]
    receipt: Receipt
    raw: RawResponse
    logprobs: tuple[TokenLogprob, ...] | None = None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def text(self) -> str:
        """All text of the answer, joined without a separator."""
        return self.message.text

    @property
    def reasoning(self) -> str:
        """All visible reasoning, parts separated by a blank line."""
        return self.message.reasoning

    @property
    def refusal(self) -> str:
        """What the model said in place of an answer; empty where it did not refuse."""
        return self.message.refusal

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls that the caller must answer: complete, and not run by the provider."""
        return self.message.tool_calls

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the answer rests on, in order."""
        return self.message.citations

    @property
    def empty(self) -> bool:
        """A success without any content; it is billed like any other."""
        return not self.message.parts
