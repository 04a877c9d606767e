"""A conversation in this protocol: a system prompt, and turns made of content blocks."""

from __future__ import annotations

from fairlead.dialects.bedrock_converse.content import Content, PartWriter
from fairlead.dialects.block_turns import Turn, Turns
from fairlead.dialects.losses import Losses
from fairlead.types.messages import Message


class Conversation:
    """Takes messages one by one; `system` and `turns` are what goes into the body."""

    __slots__ = ("_losses", "_turns", "_writer", "system")

    def __init__(self, writer: PartWriter, losses: Losses) -> None:
        self._writer = writer
        self._losses = losses
        self.system: list[Content] = []
        is_claude = "claude" in losses.target.model.lower()
        self._turns = Turns(losses, may_end_in_thought=not is_claude)

    @property
    def turns(self) -> list[Turn]:
        return self._turns.all

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

    def close(self) -> None:
        """There are no more messages."""
        self._turns.close()

    def _append(self, role: str, message: Message) -> bool:
        """Add the message to a turn; False where nothing of it could be written."""
        written = False
        for part in message.parts:
            block = self._writer.block(message.role, part)
            if block is None:
                continue
            self._turns.add(role, part, block)
            written = True
        return written

    def _add_system(self, message: Message) -> None:
        blocks = [self._writer.block("system", part) for part in message.parts]
        if self.turns:
            self._losses.warnings.append(
                "a system message inside the conversation was moved to its head"
            )
        self.system += [block for block in blocks if block is not None]
