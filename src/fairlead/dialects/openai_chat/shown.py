"""What tools have shown: results are words alone, so pictures and files follow in a user message.

It comes behind all results of a turn, which must follow their calls without a gap.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat.attachments import attachment
from fairlead.dialects.placing import MOVED, shown_by
from fairlead.types.messages import File, Image


class Shown:
    """Collects what the results of a turn show."""

    __slots__ = ("_losses", "_parts")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._parts: list[dict[str, object]] = []

    def add(self, call_id: str, parts: Sequence[Image | File], place: str) -> bool:
        """Whether anything of it can be sent."""
        found = [attachment(part, place, self._losses) for part in parts]
        kept = [part for part in found if part is not None]
        if kept:
            self._parts += [{"type": "text", "text": shown_by(call_id)}, *kept]
            if MOVED not in self._losses.warnings:
                self._losses.warnings.append(MOVED)
        return bool(kept)

    def taken(self) -> list[dict[str, object]]:
        """The message with what has been collected; none where that is nothing."""
        if not self._parts:
            return []
        parts, self._parts = self._parts, []
        return [{"role": "user", "content": parts}]
