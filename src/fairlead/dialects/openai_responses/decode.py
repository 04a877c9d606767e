"""Reads an answer, streamed or whole, into the events and the message of one assembly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from fairlead.dialects.classify import classify, fields_of
from fairlead.dialects.decoding import EventDecoder
from fairlead.dialects.jsontext import excerpt, untyped
from fairlead.dialects.openai_responses import wire
from fairlead.dialects.openai_responses.items import DIALECT, OutputItems
from fairlead.dialects.openai_responses.reading import present, read_event, read_response
from fairlead.dialects.openai_responses.usage import UsageTally
from fairlead.dialects.origin import host_of
from fairlead.errors import DecodeError
from fairlead.framing.sse import Frame
from fairlead.types.messages import Message
from fairlead.types.responses import FinishReason

if TYPE_CHECKING:
    from fairlead.errors import ApiError
    from fairlead.ports import Limits
    from fairlead.types.targets import Target
    from fairlead.types.usage import Usage

_TERMINALS = {
    "response.completed": "completed",
    "response.done": "completed",
    "response.incomplete": "incomplete",
    "response.cancelled": "cancelled",
    "response.failed": "failed",
}
"""The events that end an answer, with the status that each stands for where it names none."""

_UNFINISHED = ("queued", "in_progress")


class ResponsesDecoder(EventDecoder):
    """One answer. See `ports.Decoder`."""

    __slots__ = ("_items", "_usage")

    terminal = "response.completed"

    def __init__(self, target: Target, limits: Limits) -> None:
        super().__init__(DIALECT, target, limits)
        self._items = OutputItems(self._assembly, host_of(target))
        self._usage = UsageTally(reasoning_apart=target.quirks.reasoning_excluded_from_output)

    def partial(self) -> tuple[Message, Usage | None]:
        return self._assembly.message(), self._usage.usage()

    def _frames(self, frames: list[Frame]) -> None:
        """The hot path: a plain text delta goes straight into the assembly."""
        typed = read_event.typed
        text = self._assembly.text
        for name, data, _ in frames:
            try:
                event = typed(data)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                if not data.strip() or data.strip() == b"[DONE]":
                    continue
                event = read_event(data)
            kind = event.type
            if (
                kind == "response.output_text.delta"
                and not event.logprobs
                and event.output_index is not None
            ):
                text((event.output_index, event.content_index), event.delta)
            else:
                self._event(kind or name.decode("ascii", "replace"), event, data)
                if self.finished:
                    return

    def _event(self, kind: str, event: wire.StreamEvent, data: bytes) -> None:
        if kind in _TERMINALS:
            self._terminal(kind, event)
        elif kind in ("response.created", "response.in_progress", "response.queued"):
            if present(event.response):
                self._about(read_response(event.response))
        elif kind == "response.output_item.added":
            self._items.added(event.output_index, event.item)
        elif kind == "response.output_item.done":
            self._items.complete(event.output_index, event.item)
        elif kind == "error" or (not event.type and present(event.error)):
            raise self._refused(untyped(data), data)
        elif piece := _PIECES.get(kind):
            piece(self._items, self._items.index(event), event)

    def _terminal(self, kind: str, event: wire.StreamEvent) -> None:
        response = read_response(event.response) if present(event.response) else wire.Response()
        if response.status is None:
            response.status = _TERMINALS[kind]
        self._about(response)
        self._items.reconcile(response.output or [])
        self._concluded(response, bytes(event.response))

    def _answer(self, body: bytes) -> None:
        if not body.strip():
            self._assembly.warnings.append("the provider sent an empty body")
            return self._finish("stop", None)
        response = read_response(body)
        if response.output is None and response.object != "response":
            if present(response.error):
                raise self._refused(untyped(body), body)
            raise DecodeError("the answer is not a response of this protocol", excerpt(body))
        self._about(response)
        for index, raw in enumerate(response.output or []):
            self._items.complete(index, raw)
        return self._concluded(response, body)

    def _concluded(self, response: wire.Response, data: bytes) -> None:
        if response.status == "failed" or (response.status is None and present(response.error)):
            raise self._refused(untyped(bytes(response.error) or b"{}"), data)
        if response.status in _UNFINISHED:
            self._assembly.warnings.append(
                f"the answer is {response.status}, not finished; fetch it later by its id"
            )
        details = response.incomplete_details
        raw = response.status
        if raw == "incomplete" and details is not None and details.reason:
            raw = details.reason
        return self._finish(self._reason(response.status, raw), raw)

    def _reason(self, status: str | None, raw: str | None) -> FinishReason:
        if status in ("cancelled", "error", *_UNFINISHED):
            return "error"
        if status == "incomplete" and raw != "steered":
            return "content_filter" if raw and "filter" in raw else "length"
        return "tool_call" if self._assembly.has_tool_calls else "stop"

    def _finish(self, reason: FinishReason, raw: str | None) -> None:
        assembly = self._assembly
        assembly.start("", "")
        assembly.usage, assembly.cost = self._usage.usage(), self._usage.cost
        assembly.finish(reason, raw)
        self.finished = True

    def _about(self, response: wire.Response) -> None:
        if response.id or response.model:
            self._assembly.start(response.id or "", response.model or "")
            # llama.cpp names the model only in the last event of a stream.
            self._assembly.model = self._assembly.model or response.model or ""
        if present(response.usage):
            self._usage.add(response.usage)
        self._usage.service_tier = response.service_tier or self._usage.service_tier

    def _refused(self, error: object, data: bytes) -> ApiError:
        message, code, kind = fields_of(error)
        label = self._target.label
        return classify(message, status=None, target=label, code=code, kind=kind, body=data)


Piece = Callable[[OutputItems, int, wire.StreamEvent], None]

_PIECES: dict[str, Piece] = {
    "response.output_text.delta": OutputItems.text,
    "response.output_text.done": OutputItems.told,
    "response.output_text.annotation.added": OutputItems.annotated,
    "response.content_part.added": OutputItems.opened,
    "response.refusal.delta": lambda items, index, event: items.refusal(
        index, event.content_index, event.delta
    ),
    "response.refusal.done": OutputItems.told,
    "response.reasoning_summary_text.delta": lambda items, index, event: items.reasoning(
        index, ("summary", event.summary_index), event.delta
    ),
    "response.reasoning_text.delta": lambda items, index, event: items.reasoning(
        index, ("text", event.content_index), event.delta
    ),
    "response.function_call_arguments.delta": lambda items, index, event: items.arguments(
        index, event.delta
    ),
    "response.function_call_arguments.done": OutputItems.told,
    "response.mcp_call_arguments.delta": lambda items, index, event: items.arguments(
        index, event.delta
    ),
    "response.mcp_call_arguments.done": OutputItems.told,
    "response.custom_tool_call_input.delta": lambda items, index, event: items.arguments(
        index, event.delta, "input"
    ),
    "response.code_interpreter_call_code.delta": lambda items, index, event: items.arguments(
        index, event.delta, "code"
    ),
}
"""What a piece of an item does, by the type of its event; other types are ignored."""
