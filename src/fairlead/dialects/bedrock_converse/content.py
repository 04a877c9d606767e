"""Parts of messages as content blocks.

A part that this dialect made goes back with the bytes it came with; one of another dialect is
translated, or left out and listed where there is nothing to translate it to.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw

from fairlead.dialects.bedrock_converse import wire
from fairlead.dialects.bedrock_converse.sources import Block, document_name, media_block
from fairlead.dialects.call_ids import SentIds, shortened, spelled
from fairlead.dialects.losses import Losses
from fairlead.dialects.placing import BLANK, FAILED, check_result, misplaced, only_results
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
_FOREIGN = re.compile(r"[^a-zA-Z0-9_.:-]")
_LONGEST_ID = 64


class PartWriter:
    """Writes one part after the other. `called` has the names of the tools that were called.

    `cite` switches citations of documents on or off.
    """

    __slots__ = ("_calls", "_cite", "_documents", "_losses", "called")

    def __init__(self, losses: Losses, *, cite: bool | None) -> None:
        self._losses = losses
        self._cite = cite
        self._calls = SentIds(_id)
        self._documents: set[str] = set()
        self.called: dict[str, None] = {}

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
        if isinstance(part, Image | File | Audio):
            return self._media(role, part)
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
        if not part.text:
            self._losses.leave_out("refusal")
            return None
        return {"text": part.text}

    def _own(self, state: ProviderState | None, what: str) -> Raw | None:
        """The bytes that this dialect keeps; without them there is nothing to send."""
        kept = own(state)
        if kept is None:
            self._losses.leave_out(what)
        return kept

    def _text(self, role: Role, part: Text) -> Content | None:
        if role == "tool":
            raise only_results()
        kept = [raw for c in part.citations if (raw := own(c.provider_state)) is not None]
        if len(kept) < len(part.citations):
            self._losses.leave_out("citation of another provider")
        if kept and role != "assistant":
            self._losses.leave_out(f"citation in a {role} message")
        elif kept:
            cited: Block = {"content": [{"text": part.text}]} if part.text else {}
            return {"citationsContent": cited | {"citations": kept}}
        if part.text and not part.text.strip():
            self._losses.leave_out(BLANK)
        return {"text": part.text} if part.text.strip() else None

    def _tool_call(self, part: ToolCall) -> Content | None:
        if part.by_provider:
            return self._own(part.provider_state, f"call of the provider's tool {part.name}")
        if not part.complete:
            self._losses.leave_out(f"unfinished call of {part.name}")
            return None
        self.called[part.name] = None
        call: Block = {"toolUseId": self._calls.call(part.id), "name": part.name}
        return {"toolUse": call | {"input": self._arguments(part)}}

    def _arguments(self, call: ToolCall) -> object:
        """Models take an object alone; Claude knows this key for what is none."""
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
        content: list[Content] = []
        if isinstance(part.content, tuple):
            blocks = [self.block("user", item) for item in part.content]
            content = [item for item in blocks if item is not None]
        elif part.content.strip() or (part.content and not part.is_error):
            content = [{"text": part.content}]
        if part.is_error and not content:
            content = [{"text": FAILED}]
        sent = self._calls.result(part.tool_call_id)
        result: Block = {"toolUseId": sent, "content": content}
        if part.is_error:
            result["status"] = "error"
        return {"toolResult": result}

    def _media(self, role: Role, part: Image | File | Audio) -> Content | None:
        name = type(part).__name__.lower()
        made_here = own(part.provider_state) is not None
        if role == "assistant" and not made_here:
            what = f"{name} in an assistant message"
            self._losses.cannot_answer(part, what, "send it in a user message")
            spoken = part.transcript if isinstance(part, Audio) else None
            return {"text": spoken} if spoken else None
        if self._losses.lacks(name):
            return None
        if isinstance(part, Image) and part.detail in ("low", "high"):
            self._losses.unsupported("image detail")
        found = media_block(part)
        if isinstance(found, str):
            self._losses.unsupported(found, "give the bytes in a form that the model reads")
            return None
        kind, fields = found
        if kind == "document":
            fields = self._document(part, fields)
        return {kind: fields}

    def _document(self, part: Image | File | Audio, fields: Block) -> Block:
        given = part.name if isinstance(part, File) else None
        named = {"format": fields["format"], "name": document_name(given, self._documents)}
        citing = {} if self._cite is None else {"citations": {"enabled": self._cite}}
        return named | {"source": fields["source"]} | citing


def own(state: ProviderState | None) -> Raw | None:
    """The bytes that this dialect keeps of a part."""
    if state is None or state.dialect != wire.NAME:
        return None
    return Raw(state.data.encode("utf-8", "replace"))


def _id(call_id: str) -> str:
    """At most 64 letters, digits and `_.:-`."""
    return shortened(spelled(call_id, _FOREIGN), _LONGEST_ID)
