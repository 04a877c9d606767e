"""Messages in this protocol's words: one text each, with images beside it.

A tool's result names the tool, and its call too, which newer servers read.
"""

from __future__ import annotations

from base64 import b64encode

import msgspec
from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.body import Body
from fairlead.dialects.losses import Losses
from fairlead.dialects.ollama.wire import NAME
from fairlead.dialects.placing import check_result, misplaced, only_results
from fairlead.dialects.sources import check_source
from fairlead.errors import InvalidRequest
from fairlead.types.messages import (
    Audio,
    Citation,
    File,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)

_PLACES = {Image: "image", File: "file", Audio: "audio"}


class MessageWriter:
    """Writes one message after the other; `written` is what goes into the body."""

    __slots__ = ("_called", "_losses", "written")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._called: dict[str, str] = {}
        self.written: list[Body] = []

    def add(self, message: Message) -> None:
        """Raises `InvalidRequest` or `UnsupportedFeature`."""
        if message.name and message.role != "tool":
            self._losses.unsupported("message name")
        lost, before = len(self._losses.dropped), len(self.written)
        if message.role == "assistant":
            self._assistant(message)
        else:
            self._said(message)
        if len(self.written) == before and len(self._losses.dropped) == lost:
            self._losses.leave_out(f"empty {message.role} message")

    def _said(self, message: Message) -> None:
        """A system, user or tool message; results in it are messages of their own, in front."""
        texts: list[str] = []
        images: list[str] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                self._result(message, part)
            elif message.role == "tool":
                raise only_results()
            elif isinstance(part, Text):
                texts.append(part.text)
            else:
                images += self._beside(message, part)
        if any(texts) or images:
            self.written.append(_message(message.role, "\n".join(texts), images))

    def _beside(self, message: Message, part: Part) -> list[str]:
        """The images that go beside the text: one or none."""
        if isinstance(part, Opaque):
            self._losses.leave_out(f"{part.kind} part")
        elif message.role != "user" or not isinstance(part, Image | Audio | File | Citation):
            raise misplaced(part, message.role)
        elif isinstance(part, Image):
            return self._image(part)
        elif isinstance(part, Citation):
            self._losses.leave_out("citation without text")
        else:
            self._refuse(part)
        return []

    def _refuse(self, part: Audio | File) -> None:
        if isinstance(part, File):
            check_source(part)
        name = _PLACES[type(part)]
        if not self._losses.lacks(name):
            self._losses.unsupported(f"{name} parts", "send the text of it")

    def _image(self, image: Image) -> list[str]:
        """Base64, which is all that the protocol takes."""
        check_source(image)
        if self._losses.lacks("image"):
            return []
        if image.detail in ("low", "high"):
            self._losses.unsupported("image detail")
        if image.data is not None:
            return [b64encode(image.data).decode("ascii")]
        head, comma, data = (image.url or "").partition(",")
        if comma and head.startswith("data:") and head.endswith(";base64"):
            return [data]
        self._losses.unsupported("images by URL or file id", "send the image's bytes")
        return []

    def _result(self, message: Message, result: ToolResult) -> None:
        if result.by_provider:
            self._losses.leave_out("result of a provider's tool")
            return
        check_result(result, message.role, self._called)
        if result.is_error:
            self._losses.leave_out("the mark that a tool result is an error")
        texts, images = [], []
        content = (Text(result.content),) if isinstance(result.content, str) else result.content
        for part in content:
            if isinstance(part, Text):
                texts.append(part.text)
            elif isinstance(part, Image):
                images += self._image(part)
            else:
                self._refuse(part)
        written = _message("tool", "\n".join(texts), images)
        written["tool_name"] = self._called[result.tool_call_id]
        written["tool_call_id"] = result.tool_call_id
        self.written.append(written)

    def _assistant(self, message: Message) -> None:
        texts: list[str] = []
        thoughts: list[str] = []
        calls: list[Body] = []
        for part in message.parts:
            if isinstance(part, Text | Refusal):
                texts.append(part.text)
            elif isinstance(part, Reasoning):
                thoughts += self._thought(part)
            elif isinstance(part, ToolCall):
                calls += self._call(part)
            else:
                texts += self._shown(part)
        if not any(texts) and not calls:
            if thoughts:
                self._losses.leave_out("reasoning without an answer")
            return
        written = _message("assistant", "".join(texts), [])
        if thoughts:
            written["thinking"] = "\n\n".join(thoughts)
        if calls:
            written["tool_calls"] = calls
        self.written.append(written)

    def _thought(self, part: Reasoning) -> list[str]:
        if part.provider_state is None or part.provider_state.dialect != NAME:
            self._losses.leave_out("reasoning of another model")
            return []
        return [part.text] if part.text else []

    def _call(self, call: ToolCall) -> list[Body]:
        if call.by_provider or not call.complete:
            kind = "call of the provider's tool" if call.by_provider else "unfinished call of"
            self._losses.leave_out(f"{kind} {call.name}")
            return []
        if not call.id:
            raise InvalidRequest("a tool call needs an id")
        self._called[call.id] = call.name
        return [{"id": call.id, "function": {"name": call.name, "arguments": self._object(call)}}]

    def _object(self, call: ToolCall) -> object:
        """The protocol takes an object alone."""
        text = call.arguments or "{}"
        try:
            rawjson.FIELDS.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self._losses.leave_out(f"the form of the arguments of {call.name}, which are no object")
            return {"arguments": text}
        return Raw(text.encode())

    def _shown(self, part: Part) -> list[str]:
        """What else stands in an answer, of which only words can be sent."""
        if isinstance(part, ToolResult):
            self._losses.leave_out("result of a provider's tool")
        elif isinstance(part, Citation):
            self._losses.leave_out("citation without text")
        elif isinstance(part, Opaque):
            self._losses.leave_out(f"{part.kind} part")
        elif isinstance(part, Image | File | Audio):
            what = _PLACES[type(part)]
            self._losses.cannot_answer(
                part, f"{what} in an assistant message", "send it in a user message"
            )
            if isinstance(part, Audio) and part.transcript:
                return [part.transcript]
        return []


def _message(role: str, text: str, images: list[str]) -> Body:
    written: Body = {"role": role, "content": text}
    if images:
        written["images"] = images
    return written
