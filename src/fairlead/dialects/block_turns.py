"""A conversation as turns made of blocks, as the protocols of Anthropic and Bedrock have it.

Turns of one role that follow each other are one turn; tool results are part of the user's, first in
it. An answer that was cut short may end in what nobody takes back: a thought that led to nothing,
or a call that the provider was to run itself and never did.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Raw

from fairlead.dialects.losses import Losses
from fairlead.types.messages import Part, Reasoning, ToolCall, ToolResult

Content: TypeAlias = "dict[str, object] | Raw"


class Turn:
    """One turn under construction; `results` counts the tool results at its head."""

    __slots__ = ("_thoughts", "_unanswered", "blocks", "results", "role")

    def __init__(self, role: str) -> None:
        self.role = role
        self.blocks: list[Content] = []
        self.results = 0
        self._thoughts: list[Content] = []
        self._unanswered: dict[str, tuple[str, Content]] = {}

    def add(self, part: Part, block: Content) -> None:
        """Results come before anything else that the user says."""
        if self.role == "user" and isinstance(part, ToolResult):
            self.blocks.insert(self.results, block)
            self.results += 1
            return
        self.blocks.append(block)
        if isinstance(part, Reasoning):
            self._thoughts.append(block)
        elif isinstance(part, ToolCall) and part.by_provider:
            self._unanswered[part.id] = part.name, block
        elif isinstance(part, ToolResult):
            self._unanswered.pop(part.tool_call_id, None)

    def leave_out_unanswered(self, losses: Losses) -> None:
        """Calls that the provider was to run itself, and has not."""
        for name, block in self._unanswered.values():
            self.blocks = [other for other in self.blocks if other is not block]
            losses.leave_out(f"call of the provider's tool {name}, which it never ran")

    def leave_out_idle_thoughts(self, losses: Losses) -> None:
        """Thoughts at the end, which led to nothing that is said."""
        while self.blocks and any(self.blocks[-1] is thought for thought in self._thoughts):
            self.blocks.pop()
            losses.leave_out("reasoning without what it led to")


class Turns:
    """Takes what was said, bit by bit. `all` are the turns so far.

    Claude takes no answer back that ends in a thought; with `may_end_in_thought` models do.
    """

    __slots__ = ("_losses", "_may_end_in_thought", "all")

    def __init__(self, losses: Losses, *, may_end_in_thought: bool = False) -> None:
        self._losses = losses
        self._may_end_in_thought = may_end_in_thought
        self.all: list[Turn] = []

    def add(self, role: str, part: Part, block: Content) -> None:
        """Add a block to the last turn, or to a new one where another's turn it was."""
        if self.all and self.all[-1].role != role:
            if role == "user" and not isinstance(part, ToolResult):
                # Until the user says something else, the provider may go on with its own calls.
                self.all[-1].leave_out_unanswered(self._losses)
            self.close()
        if not self.all or self.all[-1].role != role:
            self.all.append(Turn(role))
        self.all[-1].add(part, block)

    def close(self) -> None:
        """Nothing more comes for the last turn."""
        if not self.all:
            return
        if not self._may_end_in_thought:
            self.all[-1].leave_out_idle_thoughts(self._losses)
        if not self.all[-1].blocks:
            self.all.pop()
