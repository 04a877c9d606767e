"""A conversation in this protocol: a system prompt, and turns made of content blocks."""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.anthropic_messages import wire
from fairlead.dialects.anthropic_messages.content import Content, PartWriter
from fairlead.dialects.anthropic_messages.hosts import service
from fairlead.dialects.block_turns import Turn, Turns
from fairlead.dialects.losses import Losses
from fairlead.dialects.origin import giver_of
from fairlead.types.messages import Message, ProviderState


class Conversation:
    """Takes messages one by one; `system` and `turns` are what goes into the body."""

    __slots__ = ("_losses", "_service", "_system_turns", "_turns", "_writer", "container", "system")

    def __init__(self, writer: PartWriter, losses: Losses, *, system_turns: bool) -> None:
        self._writer = writer
        self._losses = losses
        self._service = service(losses.target)
        self._system_turns = system_turns
        self.system: list[Content] = []
        self._turns = Turns(losses)
        self.container: str | None = None

    def add(self, message: Message) -> None:
        """Raises `InvalidRequest` or `UnsupportedFeature`."""
        role = message.role
        if message.name and role != "tool":
            self._losses.unsupported("message name")
        if role == "system":
            self._add_system(message)
            return
        lost = len(self._losses.dropped)
        self._writer.given_here = giver_of(message, wire.NAME) in (None, self._service)
        written = self._append("user" if role == "tool" else role, message)
        if not written and len(self._losses.dropped) == lost:
            self._losses.leave_out(f"empty {role} message")
        if role == "assistant":
            self.container = _container(message.provider_state)

    @property
    def turns(self) -> list[Turn]:
        return self._turns.all

    def close(self) -> None:
        """There are no more messages."""
        self._turns.close()

    def unfinished(self) -> bool:
        """Whether the model goes on with a turn: the last is its own, or answers its calls."""
        last = self.turns[-1]
        return last.role == "assistant" or last.results > 0

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
        """At the head; or after a user's turn, where the model takes it there."""
        if self.turns and self._system_turns and self.turns[-1].role != "assistant":
            self._append("system", message)
            return
        blocks = [self._writer.block("system", part) for part in message.parts]
        if self.turns:
            self._losses.warnings.append(
                "a system message inside the conversation was moved to its head"
            )
        self.system += [block for block in blocks if block is not None]


def plain(blocks: list[Content]) -> object:
    """A single text block without further fields is written as a string."""
    if len(blocks) == 1:
        (block,) = blocks
        if isinstance(block, dict) and block["type"] == "text" and len(block) == 2:
            return block["text"]
    return blocks


def _container(state: ProviderState | None) -> str | None:
    """The id of the container in which the model's turn ran, if it did."""
    if state is None or state.dialect != wire.NAME:
        return None
    fields = rawjson.optional(Raw(state.data.encode("utf-8", "replace")), wire.RAW_FIELDS) or {}
    block = rawjson.optional(fields.get("container", wire.NOTHING), wire.BLOCK)
    return None if block is None else block.id
