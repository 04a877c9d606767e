"""Parts of messages as content blocks.

A part that this dialect made goes back with the bytes it came with; one of another dialect is
translated, or left out and listed where there is nothing to translate it to.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw

from fairlead.dialects.anthropic_messages import wire
from fairlead.dialects.anthropic_messages.sources import (
    IMAGE_TYPES,
    Block,
    document_block,
    image_block,
)
from fairlead.dialects.call_ids import SentIds, spelled
from fairlead.dialects.losses import Losses
from fairlead.dialects.placing import BLANK, FAILED, check_result, misplaced, only_results
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
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")
"""What an id of a call may not hold here."""


class PartWriter:
    """Writes one part after the other. `uses_files` says whether any names an uploaded file.

    `cite` switches citations of documents on or off; `old_protocol` is that before 2026-10-21,
    which takes documents in answers and citations in questions. `given_here` is false while a
    message is written that another service gave, whose signatures this one refuses.
    """

    __slots__ = ("_calls", "_losses", "_old_protocol", "cite", "given_here", "uses_files")

    def __init__(self, losses: Losses, *, cite: bool | None, old_protocol: bool) -> None:
        self._losses = losses
        self.cite = cite
        self.given_here = True
        self._old_protocol = old_protocol
        self._calls = SentIds(lambda call_id: spelled(call_id, _FOREIGN))
        self.uses_files = False

    def block(self, role: Role, part: Part) -> Content | None:
        """The part's block; None where it is left out. Raises where it cannot stand in `role`."""
        if isinstance(part, Text):
            return self._text(role, part)
        if isinstance(part, ToolResult):
            return self._tool_result(role, part)
        if isinstance(part, Opaque):
            return self._own(part.provider_state, f"{part.kind} part")
        if role in ("system", "tool"):
            raise misplaced(part, role)
        if isinstance(part, Image | File):
            return self._media(role, part)
        if isinstance(part, Audio):
            return self._audio(role, part)
        if isinstance(part, Citation):
            self._losses.leave_out("citation without text")
            return None
        if role != "assistant":
            raise InvalidRequest(f"a {type(part).__name__} part stands in an assistant message")
        return self._said(part)

    def _said(self, part: Reasoning | ToolCall | Refusal) -> Content | None:
        """What only the model says."""
        if isinstance(part, Reasoning):
            return self._own(part.provider_state, "reasoning of another model")
        if isinstance(part, ToolCall):
            return self._tool_call(part)
        if own(part.provider_state) is not None or not part.text:
            self._losses.leave_out("refusal")
            return None
        return {"type": "text", "text": part.text}

    def _own(self, state: ProviderState | None, what: str) -> Raw | None:
        """The bytes that this dialect keeps; without them there is nothing to send."""
        kept = own(state) if self.given_here else None
        if kept is None:
            self._losses.leave_out(what)
        return kept

    def _text(self, role: Role, part: Text) -> Content | None:
        if role == "tool":
            raise only_results()
        if not part.text.strip():
            if part.text:
                self._losses.leave_out(BLANK)
            return None
        block = _with_extras({"type": "text", "text": part.text}, part.provider_state)
        if part.citations:
            self._add_citations(block, role, part.citations)
        return block

    def _add_citations(self, block: Block, role: Role, citations: tuple[Citation, ...]) -> None:
        kept = [raw for c in citations if (raw := own(c.provider_state)) is not None]
        if len(kept) < len(citations):
            self._losses.leave_out("citation of another provider")
        if not kept:
            return
        if role == "assistant" or (role == "user" and self._old_protocol):
            block["citations"] = kept
        else:
            self._losses.leave_out(f"citation in a {role} message")

    def _tool_call(self, part: ToolCall) -> Content | None:
        if part.by_provider:
            return self._own(part.provider_state, f"call of the provider's tool {part.name}")
        if not part.complete:
            self._losses.leave_out(f"unfinished call of {part.name}")
            return None
        sent = self._calls.call(part.id)
        block: Block = {"type": "tool_use", "id": sent, "name": part.name}
        block["input"] = self._arguments(part)
        return _with_extras(block, part.provider_state)

    def _arguments(self, call: ToolCall) -> object:
        """The protocol takes an object alone; the models know this key for what is none.

        Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming
        """
        try:
            wire.RAW_FIELDS.decode(call.arguments or "{}")
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self._losses.leave_out(f"the form of the arguments of {call.name}, which are no object")
            return {"INVALID_JSON": call.arguments}
        return Raw((call.arguments or "{}").encode())

    def _tool_result(self, role: Role, part: ToolResult) -> Content | None:
        if part.by_provider:
            state = part.provider_state if role == "assistant" else None
            return self._own(state, "result of a provider's tool")
        check_result(part, role, self._calls)
        sent = self._calls.result(part.tool_call_id)
        block: Block = {"type": "tool_result", "tool_use_id": sent}
        if content := self._result_content(part):
            block["content"] = content
        if part.is_error:
            block["is_error"] = True
        return _with_extras(block, part.provider_state)

    def _result_content(self, part: ToolResult) -> str | list[Content]:
        """The protocol refuses an error that says nothing."""
        found: str | list[Content]
        if isinstance(part.content, tuple):
            blocks = [self.block("user", item) for item in part.content]
            found = [item for item in blocks if item is not None]
        else:
            found = part.content
        said = found.strip() if isinstance(found, str) else found
        return FAILED if part.is_error and not said else found

    def _audio(self, role: Role, part: Audio) -> Content | None:
        if role != "assistant":
            self._losses.unsupported("audio input")
            return None
        self._losses.cannot_answer(
            part, "audio in an assistant message", "send its transcript as text"
        )
        return {"type": "text", "text": part.transcript} if part.transcript else None

    def _media(self, role: Role, part: Image | File) -> Content | None:
        is_image = isinstance(part, Image)
        name = "image" if is_image else "file"
        if role == "assistant" and (is_image or not self._old_protocol):
            self._losses.cannot_answer(
                part, f"{name} in an assistant message", "send it in a user message"
            )
            return None
        if self._losses.lacks(name) or not takes_image(part, self._losses, IMAGE_TYPES):
            return None
        if isinstance(part, Image) and part.detail in ("low", "high"):
            self._losses.unsupported("image detail")
        block = image_block(part) if isinstance(part, Image) else document_block(part)
        if block is None:
            self._losses.unsupported(f"files of type {part.media_type or 'unknown'}")
            return None
        if self.cite is not None and block["type"] == "document":
            block["citations"] = {"enabled": self.cite}
        self.uses_files = self.uses_files or part.file_id is not None
        return _with_extras(block, part.provider_state)


def own(state: ProviderState | None) -> Raw | None:
    """The bytes that this dialect keeps of a part."""
    if state is None or state.dialect != wire.NAME:
        return None
    return Raw(state.data.encode("utf-8", "replace"))


def _with_extras(block: Block, state: ProviderState | None) -> Block:
    """The block with the fields of its provider state, which the part itself has no place for."""
    if state is None or state.dialect != wire.NAME:
        return block
    try:
        extras = wire.RAW_FIELDS.decode(state.data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidRequest("the provider state of a part is not a JSON object") from error
    return block | {name: value for name, value in extras.items() if name not in _FIXED}


_FIXED = frozenset({"type", "text", "id", "name", "input", "source", "tool_use_id", "content"})
