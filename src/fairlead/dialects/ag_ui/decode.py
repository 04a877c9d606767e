"""Reads a run: server-sent events, each with its type in its data."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.ag_ui import wire
from fairlead.dialects.ag_ui.failures import api_error
from fairlead.dialects.ag_ui.messages import sent_ids
from fairlead.dialects.ag_ui.run import Run
from fairlead.dialects.ag_ui.snapshot import replay
from fairlead.dialects.ag_ui.tally import usage_of
from fairlead.dialects.decoding import EventDecoder
from fairlead.dialects.refusals import no_answer
from fairlead.errors import DecodeError, StreamInterrupted
from fairlead.framing.sse import Frame
from fairlead.ports import Limits
from fairlead.types.events import TextDelta
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import FinishReason
from fairlead.types.targets import Target
from fairlead.types.tools import Tool
from fairlead.types.usage import Usage


class RunDecoder(EventDecoder):
    """One answer. A stream is complete at `RUN_FINISHED`; `RUN_ERROR` fails it."""

    __slots__ = ("_fields", "_handlers", "_messages", "_request", "_run")

    terminal = "RUN_FINISHED"

    def __init__(self, request: ChatRequest, target: Target, limits: Limits) -> None:
        super().__init__(wire.NAME, target, limits)
        names = frozenset(tool.name for tool in request.tools if isinstance(tool, Tool))
        self._request = request
        self._run = Run(self._assembly, names)
        self._fields: dict[str, object] = {}
        self._messages: list[wire.Message] = []
        self._handlers = _handlers(self._run)

    def partial(self) -> tuple[Message, Usage | None]:
        self._run.shared.write()
        return super().partial()

    def _frames(self, frames: list[Frame]) -> None:
        """The hot path: a piece of text costs one decode, one event and one appended chunk."""
        decode = wire.FRAME.decode
        texts = self._run.texts
        events = self._assembly.events
        for _, payload, _ in frames:
            try:
                frame = decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                frame = wire.read_frame(payload)
            if frame.type == "TEXT_MESSAGE_CONTENT":
                slot, delta = texts.get(frame.message_id), frame.delta
                if slot is not None and type(delta) is str and delta:
                    slot.chunks.append(delta)
                    events.append(TextDelta(delta, slot.index))
                    continue
            self._event(frame, payload)
            if self.finished:
                return

    def _event(self, frame: wire.Frame, data: bytes) -> None:
        kind = frame.type
        if kind is None:
            raise DecodeError("an event has no type", jsontext.excerpt(data))
        handler = self._handlers.get(kind)
        if handler is not None:
            self._assembly.start("", "")
            handler(frame)
        elif kind not in wire.IGNORED:
            self._seldom(kind, frame, data)

    def _seldom(self, kind: str, frame: wire.Frame, data: bytes) -> None:
        """Events that are more than their usual fields."""
        if kind == "RUN_ERROR":
            self._fail(data)
        details = rawjson.optional(data, wire.DETAILS)
        if details is None:
            if kind in wire.SPOKEN:
                raise DecodeError(f"a {kind} event has another shape", jsontext.excerpt(data))
            return
        self._assembly.start(details.run_id or "" if kind == "RUN_STARTED" else "", "")
        run = self._run
        if kind == "RUN_STARTED":
            self._fields = {"threadId": details.thread_id, "runId": details.run_id}
        elif kind == "RUN_FINISHED":
            self._finish(details)
        elif kind == "TOOL_CALL_RESULT":
            run.calls.result(frame.tool_call_id, frame.message_id, details.content)
        elif kind == "REASONING_ENCRYPTED_VALUE":
            run.seal(details.entity_id, details.encrypted_value)
        elif kind == "MESSAGES_SNAPSHOT":
            self._messages = rawjson.optional(details.messages, wire.MESSAGES) or []
        elif kind == "STATE_SNAPSHOT":
            run.shared.state_is(details.snapshot)
        elif kind == "STATE_DELTA":
            run.shared.state_changes(details.delta)
        elif kind == "ACTIVITY_SNAPSHOT":
            run.shared.activity_is(
                frame.message_id or "",
                details.activity_type or "",
                details.content,
                replace=details.replace,
            )
        elif kind == "ACTIVITY_DELTA":
            run.shared.activity_changes(frame.message_id or "", details.patch)

    def _fail(self, data: bytes) -> None:
        details = rawjson.optional(data, wire.DETAILS)
        if details is not None:
            self._assembly.usage = usage_of(details.usage)
        raise api_error(data, self._target)

    def _finish(self, details: wire.Details) -> None:
        assembly, run = self._assembly, self._run
        if self._messages and not run.streamed:
            replay(self._messages, sent_ids(self._request, self._target), run)
        outcome = wire.outcome_of(details)
        run.calls.pending(outcome.pending_tool_call_ids or [])
        for raw in outcome.interrupts or ():
            self._interrupt(raw)
        if rawjson.present(details.result):
            self._fields["result"] = details.result
        if run.encrypted:
            self._fields["encryptedValues"] = run.encrypted
        assembly.state = rawjson.text({k: v for k, v in self._fields.items() if v is not None})
        assembly.usage = usage_of(details.usage)
        run.finish()
        assembly.finish(self._reason(outcome.type), outcome.type)
        self.finished = True

    def _reason(self, outcome: str | None) -> FinishReason:
        """A run that was cancelled is no whole answer."""
        if outcome == "cancelled":
            return "error"
        return "tool_call" if self._assembly.has_tool_calls else "stop"

    def _interrupt(self, raw: msgspec.Raw) -> None:
        found = rawjson.optional(raw, wire.INTERRUPT) or wire.Interrupt()
        self._run.interrupt(raw)
        why = found.message or found.reason or "it does not say why"
        self._assembly.warnings.append(
            f"the agent waits for an answer ({why}); give it as AgUiOptions.resume"
        )

    def _interrupted(self) -> StreamInterrupted:
        """Calls whose arguments had come whole are complete."""
        self._run.calls.settle()
        return super()._interrupted()

    def _answer(self, body: bytes) -> None:
        """No agent answers like this, but servers in front of one do, to refuse."""
        raise no_answer(body, self._target, "events")


def _handlers(run: Run) -> dict[str, Callable[[wire.Frame], None]]:
    """What each event of a message or a call does."""

    def text(frame: wire.Frame) -> None:
        run.text(frame.message_id, wire.delta_of(frame))

    def text_chunk(frame: wire.Frame) -> None:
        run.text_chunk(frame, wire.delta_of(frame))

    def thought(frame: wire.Frame) -> None:
        run.thought(frame.message_id, wire.delta_of(frame))

    def call_chunk(frame: wire.Frame) -> None:
        run.calls.start(frame.tool_call_id, frame.tool_call_name, frame.parent_message_id)
        run.calls.arguments(frame.tool_call_id, wire.delta_of(frame))

    return {
        "TEXT_MESSAGE_START": run.text_start,
        "TEXT_MESSAGE_CONTENT": text,
        "TEXT_MESSAGE_END": lambda frame: run.text_end(frame.message_id),
        "TEXT_MESSAGE_CHUNK": text_chunk,
        "REASONING_MESSAGE_CONTENT": thought,
        "REASONING_MESSAGE_CHUNK": thought,
        "REASONING_END": lambda frame: run.thought_end(frame.message_id),
        "THINKING_TEXT_MESSAGE_CONTENT": thought,
        "THINKING_TEXT_MESSAGE_END": lambda frame: run.thought_end(frame.message_id),
        "TOOL_CALL_START": lambda frame: run.calls.start(
            frame.tool_call_id, frame.tool_call_name, frame.parent_message_id
        ),
        "TOOL_CALL_ARGS": lambda frame: run.calls.arguments(
            frame.tool_call_id, wire.delta_of(frame)
        ),
        "TOOL_CALL_CHUNK": call_chunk,
        "TOOL_CALL_END": lambda frame: run.calls.end(frame.tool_call_id),
    }
