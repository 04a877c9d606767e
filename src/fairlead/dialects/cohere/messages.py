"""Messages in this protocol's words: what the system, the user and the tools say.

Tool results are messages of their own; a text file in one becomes a document, which answers cite.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.dialects.body import Body
from fairlead.dialects.cohere.assistant import assistant_message, own, plain
from fairlead.dialects.cohere.attachments import image_part, refuse_file, result_document
from fairlead.dialects.losses import Losses
from fairlead.dialects.placing import (
    MOVED,
    SHOWN_BELOW,
    check_result,
    misplaced,
    only_results,
    shown_by,
)
from fairlead.types.messages import (
    Audio,
    Citation,
    File,
    Image,
    Message,
    Opaque,
    Part,
    Text,
    ToolCall,
    ToolResult,
)


class MessageWriter:
    """Writes one message after the other; `written` is what goes into the body after `close`."""

    __slots__ = ("_called", "_losses", "_shown", "written")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._called: set[str] = set()
        self._shown: list[object] = []
        self.written: list[Body] = []

    def add(self, message: Message) -> None:
        """Raises `InvalidRequest` or `UnsupportedFeature`."""
        if message.name and message.role != "tool":
            self._losses.unsupported("message name")
        if not any(isinstance(part, ToolResult) for part in message.parts):
            self.close()
        lost, before = len(self._losses.dropped), len(self.written)
        if message.role == "assistant":
            self._called |= {part.id for part in message.parts if isinstance(part, ToolCall)}
            if (written := assistant_message(message, self._losses)) is not None:
                self.written.append(written)
        else:
            self._said(message)
        if len(self.written) == before and len(self._losses.dropped) == lost:
            self._losses.leave_out(f"empty {message.role} message")

    def close(self) -> None:
        """Write the pictures of the results so far, which are behind all results of a turn."""
        if self._shown:
            self.written.append({"role": "user", "content": self._shown})
            self._shown = []

    def _said(self, message: Message) -> None:
        """A system, user or tool message; results in it are messages of their own, in front."""
        content: list[object] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                self._result(message, part)
            elif message.role == "tool":
                raise only_results()
            elif (written := self._part(message, part)) is not None:
                content.append(written)
        if content:
            self.close()
            self.written.append({"role": message.role, "content": plain(content)})

    def _part(self, message: Message, part: Part) -> object:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text} if part.text else None
        if isinstance(part, Opaque):
            return own(part.provider_state, f"{part.kind} part", self._losses)
        if message.role != "user" or not isinstance(part, Image | Audio | File | Citation):
            raise misplaced(part, message.role)
        if isinstance(part, Image):
            return None if self._losses.lacks("image") else image_part(part, self._losses)
        self._refuse(part)
        return None

    def _refuse(self, part: Audio | File | Citation) -> None:
        """What the protocol has no words for in a question."""
        if isinstance(part, File):
            refuse_file(part, "pass its text as a document", self._losses)
        elif isinstance(part, Audio):
            if not self._losses.lacks("audio"):
                self._losses.unsupported("audio input", "send its transcript as text")
        else:
            self._losses.leave_out("citation without text")

    def _result(self, message: Message, result: ToolResult) -> None:
        if result.by_provider:
            self._losses.leave_out("result of a provider's tool")
            return
        check_result(result, message.role, self._called)
        if result.is_error:
            self._losses.leave_out("the mark that a tool result is an error")
        content: object = result.content
        if isinstance(result.content, tuple):
            pictures = [part for part in result.content if isinstance(part, Image)]
            shown = self._show(result.tool_call_id, pictures)
            parts = [self._result_part(p) for p in result.content if not isinstance(p, Image)]
            content = [part for part in parts if part is not None]
            if shown and not content:
                content = SHOWN_BELOW
        self.written.append(
            {"role": "tool", "tool_call_id": result.tool_call_id, "content": content}
        )

    def _show(self, call_id: str, pictures: Sequence[Image]) -> bool:
        """Whether there are pictures to send in a message of the user's behind the results."""
        found = [image_part(p, self._losses) for p in pictures if not self._losses.lacks("image")]
        kept = [part for part in found if part is not None]
        if kept:
            self._shown += [{"type": "text", "text": shown_by(call_id)}, *kept]
            if MOVED not in self._losses.warnings:
                self._losses.warnings.append(MOVED)
        return bool(kept)

    def _result_part(self, part: Text | File) -> object:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text}
        return result_document(part, self._losses)
