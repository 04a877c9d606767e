"""A conversation in this protocol: a system prompt, and turns made of content blocks.

Turns of one role that follow each other are one turn; tool results are part of the user's, first in
it.
"""

from __future__ import annotations

from fairlead.dialects.bedrock_converse.content import Content, PartWriter
from fairlead.dialects.bedrock_converse.sources import Block
from fairlead.dialects.losses import Losses
from fairlead.types.messages import Message, Part, ToolResult


class Turn:
    """One turn under construction; `results` counts the tool results at its head."""

    __slots__ = ("blocks", "results", "role")

    def __init__(self, role: str) -> None:
        self.role = role
        self.blocks: list[Content] = []
        self.results = 0

    def add(self, part: Part, block: Content) -> None:
        """Models want results before anything else that the user says."""
        if self.role == "user" and isinstance(part, ToolResult):
            self.blocks.insert(self.results, block)
            self.results += 1
        else:
            self.blocks.append(block)

    def written(self) -> Block:
        return {"role": self.role, "content": self.blocks}


class Conversation:
    """Takes messages one by one; `system` and `turns` are what goes into the body."""

    __slots__ = ("_losses", "_writer", "system", "turns")

    def __init__(self, writer: PartWriter, losses: Losses) -> None:
        self._writer = writer
        self._losses = losses
        self.system: list[Content] = []
        self.turns: list[Turn] = []

    def add(self, message: Message) -> None:
        """Raises `InvalidRequest` or `UnsupportedFeature`."""
        role = message.role
        if message.name and role != "tool":
            self._losses.unsupported("message name")
        if role == "system":
            self._add_system(message)
            return
        lost = len(self._losses.dropped)
        written = self._append("user" if role == "tool" else role, message)
        if not written and len(self._losses.dropped) == lost:
            self._losses.leave_out(f"empty {role} message")

    def _append(self, role: str, message: Message) -> bool:
        """Add the message to a turn; False where nothing of it could be written."""
        written = False
        for part in message.parts:
            block = self._writer.block(message.role, part)
            if block is None:
                continue
            if not self.turns or self.turns[-1].role != role:
                self.turns.append(Turn(role))
            self.turns[-1].add(part, block)
            written = True
        return written

    def _add_system(self, message: Message) -> None:
        blocks = [self._writer.block("system", part) for part in message.parts]
        if self.turns:
            self._losses.warnings.append(
                "a system message inside the conversation was moved to its head"
            )
        self.system += [block for block in blocks if block is not None]
