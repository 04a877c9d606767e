"""Reads an answer: the frames of a stream, or one object."""

from __future__ import annotations

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.aws import aws_error, frame_error
from fairlead.dialects.bedrock_converse import wire
from fairlead.dialects.bedrock_converse.blocks import Blocks
from fairlead.dialects.bedrock_converse.reasons import finish_reason
from fairlead.dialects.bedrock_converse.usage import usage
from fairlead.dialects.decoding import AnswerDecoder
from fairlead.errors import DecodeError, FairleadError
from fairlead.framing.eventstream import EventStreamParser, Frame, FrameHeaders
from fairlead.ports import Limits
from fairlead.types.events import Event, TextDelta
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

_NO_USAGE = "the stream ended before its usage came; what the answer cost is not known"


class ConverseDecoder(AnswerDecoder):
    """One answer. A stream is complete at `messageStop`; the usage in `metadata` comes behind it.

    So the decoder reads on until it has both, and an end in between costs only the usage.
    """

    __slots__ = ("_blocks", "_body", "_kept", "_parser", "_stop_reason", "_stopped", "_told")

    terminal = "messageStop"

    def __init__(self, request: ChatRequest, target: Target, limits: Limits) -> None:
        super().__init__(wire.NAME, target, limits)
        self._blocks = Blocks(self._assembly)
        self._parser = EventStreamParser(limits.event)
        self._kept: dict[str, Raw] = {}
        self._stop_reason: str | None = None
        self._stopped = False
        self._told = False
        self._body: bytearray | None = None

    def close(self) -> list[Event]:
        if self._body is not None and not self.finished and self.failure is None:
            return self.whole(bytes(self._body))
        return super().close()

    def _read(self, data: bytes) -> None:
        """The hot path: a text delta costs one decode, one event and one appended chunk."""
        if self._body is not None or (self._total == len(data) and data.lstrip()[:1] == b"{"):
            # No frame begins like that: what was asked for as a stream came as one object.
            self._body = bytearray() if self._body is None else self._body
            self._body += data
            return
        decode = wire.DELTA.decode
        texts = self._blocks.texts
        events = self._assembly.events
        known: FrameHeaders | None = None
        for headers, payload in self._parser.feed(data):
            # Frames of a kind share their headers, so that mostly one comparison tells the kind.
            if headers is not known:
                if headers.get(":event-type") != "contentBlockDelta":
                    self._frame((headers, payload))
                    if self.finished:
                        return
                    continue
                known = headers
            try:
                change = decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                change = jsontext.decode(payload, wire.DELTA)
            delta = change.delta
            if delta is None:
                continue
            text = delta.text
            if text:
                slot = texts.get(change.content_block_index)
                if slot is not None:
                    slot.chunks.append(text)
                    events.append(TextDelta(text, slot.index))
                    continue
            self._blocks.delta(change.content_block_index, delta, payload)
        if self._parser.broken is not None:
            raise self._parser.broken

    def _rest(self) -> None:
        self._parser.close()
        if self._stopped:
            self._assembly.warnings.append(_NO_USAGE)
            self._finish()

    def _frame(self, frame: Frame) -> None:
        """Any frame but a delta. Raises the error that it is."""
        if (error := frame_error(frame, self._target)) is not None:
            raise error
        headers, payload = frame
        kind = headers.get(":event-type")
        if kind == "messageStart":
            self._assembly.start("", "")
        elif kind == "contentBlockStart":
            block = jsontext.decode(payload, wire.BLOCK)
            self._blocks.start(block.content_block_index, block.start or {})
        elif kind == "contentBlockStop":
            self._blocks.stop(jsontext.decode(payload, wire.BLOCK).content_block_index)
        elif kind == "messageStop":
            self._note(jsontext.decode(payload, wire.ENDING))
            self._stopped = True
        elif kind == "metadata":
            self._note(jsontext.decode(payload, wire.ENDING))
            self._told = True
        if self._stopped and self._told:
            self._finish()

    def _answer(self, body: bytes) -> None:
        answer = jsontext.decode(body, wire.ANSWER)
        if answer.output is None or answer.output.message is None:
            raise self._no_answer(body)
        self._assembly.start("", "")
        for index, block in enumerate(answer.output.message.content or ()):
            self._blocks.whole(index, block)
        self._note(answer)
        self._finish()

    def _no_answer(self, body: bytes) -> FairleadError:
        """An error that came as a success, or something else altogether."""
        fields = rawjson.optional(Raw(body), wire.RAW_FIELDS) or {}
        if "message" in fields or "__type" in fields:
            return aws_error(body, self._target)
        return DecodeError("the answer has no output message", jsontext.excerpt(body))

    def _note(self, ending: wire.Ending) -> None:
        """The last value of each field that is not null."""
        self._stop_reason = ending.stop_reason or self._stop_reason
        self._assembly.usage = usage(ending.usage) or self._assembly.usage
        for name, raw in (
            ("additionalModelResponseFields", ending.additional_model_response_fields),
            ("trace", ending.trace),
            ("performanceConfig", ending.performance_config),
            ("serviceTier", ending.service_tier),
        ):
            if rawjson.present(raw):
                self._kept[name] = raw

    def _finish(self) -> None:
        assembly = self._assembly
        assembly.start("", "")
        self._blocks.stop_all()
        if assembly.usage is not None and "serviceTier" in self._kept:
            tier = rawjson.plain_fields(self._kept["serviceTier"]).get("type")
            if isinstance(tier, str):
                assembly.usage = replace(assembly.usage, service_tier=tier)
        if self._kept:
            assembly.state = msgspec.json.encode(self._kept).decode("utf-8", "replace")
        raw = self._stop_reason
        assembly.finish(finish_reason(raw, has_tool_calls=assembly.has_tool_calls), raw)
        self.finished = True
