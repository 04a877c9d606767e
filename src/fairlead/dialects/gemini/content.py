"""Parts of messages in this protocol.

A part that this dialect made goes back with all that it came with; one of another dialect is
translated, or left out and listed where there is nothing to translate it to.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects.gemini import models, wire
from fairlead.dialects.gemini.extras import Block, kept_fields, own, with_extras
from fairlead.dialects.gemini.media import IMAGE_TYPES, media
from fairlead.dialects.gemini.results import response
from fairlead.dialects.losses import Losses
from fairlead.dialects.placing import check_result, misplaced, only_results
from fairlead.dialects.sources import takes_image
from fairlead.errors import InvalidRequest
from fairlead.types.messages import (
    Audio,
    Citation,
    File,
    Image,
    Opaque,
    Part,
    ProviderState,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
)

Content = Block | Raw


class Asked(Struct, frozen=True):
    """A call that was written: its place among all, and the id that the provider gave it."""

    place: int
    name: str
    id: Raw | None


class PartWriter:
    """Writes one part after the other. `calls` are those written so far, by our id."""

    __slots__ = ("_losses", "_model", "_target", "calls")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._target = losses.target
        self._model = losses.target.model
        self.calls: dict[str, Asked] = {}

    def parts(self, role: Role, part: Part) -> list[Content]:
        """None where the part is left out. Raises where it cannot stand in `role`."""
        if isinstance(part, ToolResult):
            return self._tool_result(role, part)
        written = self._part(role, part)
        return [] if written is None else [written]

    def _part(self, role: Role, part: Part) -> Content | None:
        if isinstance(part, Text):
            return self._text(role, part)
        if isinstance(part, Opaque):
            return self._own(part.provider_state, f"{part.kind} part")
        if role in ("system", "tool"):
            raise misplaced(part, role)
        if isinstance(part, Image | Audio | File):
            return self._media(role, part)
        if isinstance(part, Citation):
            self._losses.leave_out("citation without text")
            return None
        if role != "assistant":
            raise InvalidRequest(f"a {type(part).__name__} part stands in an assistant message")
        return self._said(part)

    def _said(self, part: Reasoning | ToolCall | Refusal | ToolResult) -> Content | None:
        """What only the model says."""
        if isinstance(part, Reasoning):
            if own(part.provider_state) is None:
                self._losses.leave_out("reasoning of another model")
                return None
            return with_extras({"text": part.text}, part.provider_state)
        if isinstance(part, ToolCall):
            return self._tool_call(part)
        if isinstance(part, Refusal) and part.text and own(part.provider_state) is None:
            return {"text": part.text}
        self._losses.leave_out("refusal")
        return None

    def _own(self, state: ProviderState | None, what: str) -> Raw | None:
        """The bytes that this dialect keeps; without them there is nothing to send."""
        kept = own(state)
        if kept is None:
            self._losses.leave_out(what)
        return kept

    def _text(self, role: Role, part: Text) -> Content | None:
        if role == "tool":
            raise only_results()
        if any(own(citation.provider_state) is None for citation in part.citations):
            self._losses.leave_out("citation of another provider")
        if not part.text and own(part.provider_state) is None:
            return None
        return with_extras({"text": part.text}, part.provider_state)

    def _tool_call(self, part: ToolCall) -> Content | None:
        if part.by_provider:
            return self._own(part.provider_state, f"call of the provider's tool {part.name}")
        if not part.complete:
            self._losses.leave_out(f"unfinished call of {part.name}")
            return None
        if not part.id:
            raise InvalidRequest("a tool call needs an id")
        kept = kept_fields(part.provider_state).get("functionCall", wire.NOTHING)
        given = wire.fields_of(kept).get("id")
        self.calls[part.id] = Asked(len(self.calls), part.name, given)
        call: Block = {"name": part.name, "args": self._arguments(part)}
        return with_extras({"functionCall": call}, part.provider_state)

    def _arguments(self, call: ToolCall) -> object:
        """The protocol takes an object alone."""
        try:
            wire.RAW_FIELDS.decode(call.arguments or "{}")
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self._losses.leave_out(f"the form of the arguments of {call.name}, which are no object")
            return {"invalid_arguments": call.arguments}
        return Raw((call.arguments or "{}").encode())

    def _tool_result(self, role: Role, part: ToolResult) -> list[Content]:
        if part.by_provider:
            state = part.provider_state if role == "assistant" else None
            kept = self._own(state, "result of a provider's tool")
            return [] if kept is None else [kept]
        check_result(part, role, self.calls)
        asked = self.calls[part.tool_call_id]
        answer: Block = {} if asked.id is None else {"id": asked.id}
        answer |= {"name": asked.name, "response": response(part)}
        shown = [self._part("user", item) for item in _shown(part)]
        pictures = [item for item in shown if item is not None]
        inside = models.takes_media_results(self._model)
        if pictures and inside:
            answer["parts"] = pictures
        result = with_extras({"functionResponse": answer}, part.provider_state)
        return [result] if inside else [result, *pictures]

    def _media(self, role: Role, part: Image | Audio | File) -> Content | None:
        name = type(part).__name__.lower()
        if role == "assistant" and own(part.provider_state) is None:
            hint = "send it in a user message"
            self._losses.cannot_answer(part, f"{name} in an assistant message", hint)
            said = part.transcript if isinstance(part, Audio) else None
            return {"text": said} if said else None
        if self._losses.lacks(name):
            return None
        if not isinstance(part, Audio) and not takes_image(part, self._losses, IMAGE_TYPES):
            return None
        block = media(part, self._target)
        if isinstance(part, Image) and part.detail in ("low", "high"):
            self._add_detail(block, part.detail)
        if isinstance(part, File) and part.name:
            self._losses.leave_out("file name")
        return with_extras(block, part.provider_state)

    def _add_detail(self, block: Block, detail: str) -> None:
        if models.version(self._model) >= (3, 0):
            block["mediaResolution"] = {"level": f"MEDIA_RESOLUTION_{detail.upper()}"}
        else:
            self._losses.unsupported("image detail", "set media_resolution in GeminiOptions")


def _shown(part: ToolResult) -> list[Image | File]:
    """The pictures and documents of a result."""
    if isinstance(part.content, str):
        return []
    return [item for item in part.content if isinstance(item, Image | File)]
