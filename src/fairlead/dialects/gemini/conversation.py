"""A conversation in this protocol: a system instruction, and turns of the user and the model.

Turns of one role that follow each other are one turn; results stand first in the user's, in the
order of their calls, since calls need not have ids.
"""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.gemini import models, wire
from fairlead.dialects.gemini.content import Content, PartWriter
from fairlead.dialects.gemini.extras import SIGNATURE, Block, kept_fields
from fairlead.dialects.gemini.resource import SERVICE, service
from fairlead.dialects.losses import Losses
from fairlead.types.messages import Message, Part, ToolResult

NO_SIGNATURE = "skip_thought_signature_validator"
"""What Google has clients send where a call was not made by Gemini, or its signature is lost.

Source: https://ai.google.dev/gemini-api/docs/thought-signatures
"""


class Turn:
    """One turn under construction; results and their places are kept apart until it is written."""

    __slots__ = ("called", "parts", "results", "role")

    def __init__(self, role: str) -> None:
        self.role = role
        self.parts: list[Content] = []
        self.results: list[tuple[int, Content]] = []
        self.called = False

    def written(self) -> Block:
        results = [part for _, part in sorted(self.results, key=lambda result: result[0])]
        return {"role": self.role, "parts": [*results, *self.parts]}


class Conversation:
    """Takes messages one by one; `system` and `turns` are what goes into the body."""

    __slots__ = ("_losses", "_needs_signatures", "_writer", "system", "turns")

    def __init__(self, losses: Losses) -> None:
        self._writer = PartWriter(losses)
        self._losses = losses
        self._needs_signatures = models.needs_signatures(losses.target.model)
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
        foreign = self._is_foreign(message)
        written = False
        for part in message.parts:
            written = self._append(message, part, foreign=foreign) or written
        if not written and len(self._losses.dropped) == lost:
            self._losses.leave_out(f"empty {role} message")

    def _is_foreign(self, message: Message) -> bool:
        """Whether the signatures of the message were given by the other service."""
        raw = kept_fields(message.provider_state).get(SERVICE, wire.NOTHING)
        given = rawjson.optional(raw, wire.STRING)
        return given is not None and given != service(self._losses.target)

    def _append(self, message: Message, part: Part, *, foreign: bool) -> bool:
        """Add the part to a turn; False where nothing of it could be written."""
        blocks = self._writer.parts(message.role, part)
        if foreign:
            blocks = [self._unsigned(block) for block in blocks]
            blocks = [block for block in blocks if block != {"text": ""}]
        if not blocks:
            return False
        role = "model" if message.role == "assistant" else "user"
        if not self.turns or self.turns[-1].role != role:
            self.turns.append(Turn(role))
        turn = self.turns[-1]
        if isinstance(part, ToolResult) and role == "user":
            place = self._writer.calls[part.tool_call_id].place
            turn.results.append((place, blocks.pop(0)))
        turn.parts += [self._signed(turn, block) for block in blocks]
        return True

    def _signed(self, turn: Turn, block: Content) -> Content:
        """The block; the first call of a turn with the signature that it must have."""
        if isinstance(block, dict) and "functionCall" in block and not turn.called:
            turn.called = True
            if self._needs_signatures:
                block.setdefault(SIGNATURE, NO_SIGNATURE)
        return block

    def _unsigned(self, block: Content) -> Content:
        """The block without its signature, which this service would refuse."""
        fields: Block = dict(wire.fields_of(block)) if isinstance(block, Raw) else block
        if SIGNATURE not in fields:
            return block
        self._losses.leave_out("signature of another service")
        return {name: value for name, value in fields.items() if name != SIGNATURE}

    def _add_system(self, message: Message) -> None:
        if self.turns:
            self._losses.warnings.append(
                "a system message inside the conversation was moved to its head"
            )
        for part in message.parts:
            self.system += self._writer.parts("system", part)
