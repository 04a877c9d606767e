"""A run: turns of a model and the tools it calls, up to its answer; its events and its result."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fairlead.types.events import Event
from fairlead.types.messages import Message, ToolCall, ToolResult
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse, FinishReason
from fairlead.types.usage import Cost, Usage

ToolOutcome = Literal["done", "failed", "denied", "void"]


class ToolRun(Struct, frozen=True, omit_defaults=True):
    """One call of a tool and what came of it, in the turn `turn`, counted from 1.

    `result` is what the model is told. `error` says in a sentence why it is not what the tool
    gave: it raised, its arguments were wrong, there is no such tool, or nobody approved. A call is
    `void` that was begun for an answer which then began anew without it: the model is told nothing.
    `seconds` is the time from its start to its end, waiting for a free place included.
    """

    turn: int
    call: ToolCall
    result: ToolResult
    outcome: ToolOutcome = "done"
    error: str | None = None
    seconds: float = 0.0


class TurnStart(Struct, frozen=True, tag="turn.start"):
    """The model is asked for the `number`th time, counted from 1."""

    number: int


class ToolStart(Struct, frozen=True, tag="tool.start"):
    """A tool begins to run. The model may still be writing."""

    call: ToolCall


class ToolEnd(Struct, frozen=True, tag="tool.end"):
    """A tool has ended, in the order in which they end; `run.result` goes to the model."""

    run: ToolRun


class TurnEnd(Struct, frozen=True, tag="turn.end"):
    """The model has answered; tools of this turn may still run."""

    number: int
    response: ChatResponse


RunEvent = Event | TurnStart | ToolStart | ToolEnd | TurnEnd
"""What a streamed run tells: the model's own events, and those between."""


class RunResult(Struct, frozen=True):
    """A finished run.

    `messages` are those to append to the conversation: answers and results of tools in order, the
    last answer included; each call has a result there, one that was not run too. `turns` are the
    answers, `tools` all calls in the order they were made. `usage` and `cost` are sums over all
    turns, None as soon as one is unknown. The receipt has the attempts of all turns.
    """

    turns: tuple[ChatResponse, ...]
    messages: tuple[Message, ...]
    tools: tuple[ToolRun, ...]
    usage: Usage | None
    cost: Cost | None
    receipt: Receipt

    @property
    def response(self) -> ChatResponse:
        """The last answer."""
        return self.turns[-1]

    @property
    def text(self) -> str:
        """The last answer's text."""
        return self.response.text

    @property
    def finish_reason(self) -> FinishReason:
        """Why the last answer ended: `stop`, unless it was cut short or refused."""
        return self.response.finish_reason

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of all turns, each once."""
        return tuple(dict.fromkeys(said for turn in self.turns for said in turn.warnings))
