"""Reads an answer: the events of a stream, or one message object."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.anthropic_messages import wire
from fairlead.dialects.anthropic_messages.blocks import Blocks
from fairlead.dialects.anthropic_messages.failures import api_error
from fairlead.dialects.anthropic_messages.hosts import CLAUDE, frames_of, service, usage_of_metrics
from fairlead.dialects.anthropic_messages.reasons import finish_reason
from fairlead.dialects.anthropic_messages.tally import UsageTally
from fairlead.dialects.decoding import EventDecoder
from fairlead.dialects.origin import SERVICE
from fairlead.errors import DecodeError
from fairlead.framing.sse import Frame
from fairlead.ports import Limits
from fairlead.types.events import TextDelta
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

_DEFAULT_LIMIT_REACHED = (
    "the answer stopped at fairlead's own default for max_tokens; set max_tokens for a longer one"
)


class MessagesDecoder(EventDecoder):
    """One answer. A stream is complete at `message_stop`; whatever follows is ignored."""

    __slots__ = ("_blocks", "_message_fields", "_request", "_stop_reason", "_tally")

    terminal = "message_stop"

    def __init__(self, request: ChatRequest, target: Target, limits: Limits) -> None:
        super().__init__(wire.NAME, target, limits, frames_of(target, limits))
        self._request = request
        self._blocks = Blocks(self._assembly, request.documents)
        self._tally = UsageTally()
        self._message_fields: dict[str, Raw] = {}
        self._stop_reason: str | None = None

    def partial(self) -> tuple[Message, Usage | None]:
        """Before the model has stopped, the usage is only what was known when it began."""
        usage = self._assembly.usage
        if usage is not None and self._stop_reason is None and not self.finished:
            usage = msgspec.structs.replace(usage, estimated=True)
        return self._assembly.message(), usage

    def _frames(self, frames: list[Frame]) -> None:
        """The hot path: a text delta costs one decode, one event and one appended chunk."""
        decode = wire.FRAME.decode
        texts = self._blocks.texts
        events = self._assembly.events
        for _, payload, _ in frames:
            try:
                frame = decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                if payload.strip() == b"[DONE]":
                    continue
                frame = wire.read_frame(payload)
            delta = frame.delta
            if delta is not None and delta.text and frame.type == "content_block_delta":
                slot = texts.get(frame.index)
                if slot is not None:
                    slot.chunks.append(delta.text)
                    events.append(TextDelta(delta.text, slot.index))
                    continue
            self._event(frame, payload)
            if self.finished:
                return

    def _event(self, frame: wire.Frame, data: bytes) -> None:
        kind = frame.type
        if kind == "content_block_delta" and frame.delta is not None:
            if frame.delta.type == "text_delta":
                self._blocks.text(frame.index, frame.delta.text or "")
            else:
                self._blocks.delta(frame.index, frame.delta, data)
        elif kind == "content_block_start" and rawjson.present(frame.content_block):
            self._blocks.start(frame.index, frame.content_block)
        elif kind == "content_block_stop":
            self._blocks.stop(frame.index)
        elif kind == "message_start" and rawjson.present(frame.message):
            self._begin(jsontext.decode(bytes(frame.message), wire.ANSWER))
        elif kind == "message_delta":
            self._message_delta(frame)
        elif kind == "message_stop":
            if rawjson.present(frame.metrics) and self._assembly.usage is None:
                self._told(usage_of_metrics(frame.metrics))
            self._finish()
        elif kind == "error" or (kind is None and rawjson.present(frame.error)):
            raise api_error(data, self._target)

    def _answer(self, body: bytes) -> None:
        if not body.strip():
            self._assembly.start("", "")
            self._assembly.warnings.append("the provider answered with an empty body")
            self._finish()
            return
        answer = jsontext.decode(body, wire.ANSWER)
        if answer.type == "error" or rawjson.present(answer.error):
            raise api_error(body, self._target)
        if answer.type != "message" and not bytes(answer.content):
            raise DecodeError("the answer is not a message", jsontext.excerpt(body))
        self._begin(answer)
        self._finish()

    def _begin(self, answer: wire.Answer) -> None:
        """The message object; in a stream it is mostly empty, but need not be."""
        self._assembly.start(answer.id or "", answer.model or "")
        self._told(answer.usage)
        self._note(answer.stop_reason, answer.stop_sequence, answer.stop_details, answer.container)
        self._edited(answer.context_management)
        if not rawjson.present(answer.content):
            return
        text = rawjson.optional(answer.content, wire.STRING)
        if text is not None:
            self._blocks.whole(Raw(msgspec.json.encode({"type": "text", "text": text})))
            return
        for raw in jsontext.decode(bytes(answer.content), wire.RAW_LIST):
            self._blocks.whole(raw)

    def _message_delta(self, frame: wire.Frame) -> None:
        delta = frame.delta
        self._told(frame.usage)
        self._edited(frame.context_management)
        if delta is not None:
            self._note(delta.stop_reason, delta.stop_sequence, delta.stop_details, delta.container)

    def _told(self, usage: Raw) -> None:
        self._tally.merge(usage)
        self._assembly.usage = self._tally.usage()
        self._assembly.cost = self._tally.cost()

    def _note(self, reason: str | None, sequence: str | None, details: Raw, container: Raw) -> None:
        """The last value of each field that is not null."""
        self._stop_reason = reason or self._stop_reason
        fields = self._message_fields
        if sequence is not None:
            fields["stop_sequence"] = Raw(msgspec.json.encode(sequence))
        if rawjson.present(details):
            fields["stop_details"] = details
        if rawjson.present(container):
            fields["container"] = container

    def _edited(self, context_management: Raw) -> None:
        edits = rawjson.optional(context_management, wire.EDITS)
        for edit in (edits.applied_edits if edits else None) or ():
            text = jsontext.excerpt(bytes(edit))
            self._assembly.warnings.append(f"the provider cut earlier context: {text}")

    def _finish(self) -> None:
        assembly = self._assembly
        self._blocks.stop_all()
        details = self._message_fields.pop("stop_details", None)
        if details is not None:
            self._refusal(details)
        if (giver := service(self._target)) != CLAUDE:
            self._message_fields[SERVICE] = Raw(msgspec.json.encode(giver))
        if self._message_fields:
            state = msgspec.json.encode(self._message_fields)
            assembly.state = state.decode("utf-8", "replace")
        raw = self._stop_reason
        if raw == "max_tokens" and self._request.max_tokens is None:
            assembly.warnings.append(_DEFAULT_LIMIT_REACHED)
        assembly.finish(finish_reason(raw, has_tool_calls=assembly.has_tool_calls), raw)
        self.finished = True

    def _refusal(self, raw: Raw) -> None:
        """Why the model refused, in the provider's words; nothing of it goes back."""
        details = rawjson.optional(raw, wire.STOP_DETAILS)
        if details is None:
            return
        slot = self._assembly.slot("refusal", "refusal")
        slot.state = rawjson.text_of(raw)
        self._assembly.refusal("refusal", details.explanation or details.category or "")
