"""JSON by a schema from any target: its own way, as arguments of a forced tool, or by the prompt.

Which way is taken is decided when the request is encoded for its target, so that each target of a
route may have its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, get_args

import msgspec
from msgspec.structs import replace

from fairlead.dialects.sketches import sketch_of
from fairlead.dialects.told_output import ArgumentsDecoder, FoundDecoder
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.schemas.references import followed
from fairlead.types.messages import Message, Text
from fairlead.types.requests import OutputMode
from fairlead.types.tools import NamedTool, OutputSchema, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairlead.errors import ApiError
    from fairlead.ports import Decoder, Dialect, Encoded, Limits
    from fairlead.types.events import Event
    from fairlead.types.http import Headers
    from fairlead.types.requests import ChatRequest, UnsupportedPolicy
    from fairlead.types.responses import ChatResponse
    from fairlead.types.targets import Target

BY_TOOL = "output (emulated: the arguments of one forced tool)"
BY_PROMPT = "output (emulated: the schema in the prompt)"
MODES: tuple[OutputMode, ...] = get_args(OutputMode)

_TOLD: dict[OutputMode, tuple[str, ...]] = {
    "native": (),
    "auto": (),
    "tool": (BY_TOOL,),
    "prompt": (BY_PROMPT,),
}
_TOOL_SAYS = "Give your answer as the arguments of this function."
_PROMPT = (
    "Answer with JSON alone: no other words, no code fence. It must follow this JSON Schema:\n"
    "{schema}\n"
    "The schema describes the answer; the answer itself is of this form: {form}"
)


def checked_mode(mode: object) -> OutputMode:
    """Raises `InvalidRequest` for a word that is none."""
    if mode not in MODES:
        raise InvalidRequest(f"output_mode must be one of {', '.join(MODES)}, not {mode!r:.60}")
    return mode


def mode_of(dropped: Sequence[str]) -> OutputMode:
    """By which way an answer came, as its receipt has it."""
    if BY_TOOL in dropped:
        return "tool"
    return "prompt" if BY_PROMPT in dropped else "native"


class _Way(NamedTuple):
    """One way to ask; a `last` one is taken whether or not the target has it."""

    mode: OutputMode
    request: ChatRequest
    last: bool = False


class OutputDialect:
    """A dialect for chat that takes a schema for the answer, made of one that may not.

    It serves one call: what it has encoded says how the answer is read. `lacks` names what the
    model is known not to have, `output` or `tools`.
    """

    __slots__ = ("_inner", "_lacks", "_wanted", "_way", "name")

    def __init__(
        self, inner: Dialect[ChatRequest], wanted: OutputMode, lacks: Sequence[str] = ()
    ) -> None:
        self._inner = inner
        self._wanted = wanted
        self._lacks = lacks
        self._way: _Way | None = None
        self.name = inner.name

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        for way in _ways(request, target, self._wanted, self._lacks):
            encoded = (
                self._inner.encode(way.request, target, stream=stream, unsupported=unsupported)
                if way.last
                else self._fitting(way.request, request, target, stream, unsupported)
            )
            if encoded is not None:
                self._way = way
                return replace(encoded, dropped=(*encoded.dropped, *_TOLD[way.mode]))
        raise RuntimeError("one way must be the last")

    def _fitting(
        self,
        asked: ChatRequest,
        given: ChatRequest,
        target: Target,
        stream: bool,
        unsupported: UnsupportedPolicy,
    ) -> Encoded | None:
        """`asked` encoded; None where what it adds to the bare request is not supported."""
        encode = self._inner.encode
        try:
            return encode(asked, target, stream=stream, unsupported="error")
        except UnsupportedFeature:
            bare = replace(asked, output=None, tools=given.tools, tool_choice=given.tool_choice)
            lost = encode(asked, target, stream=stream, unsupported="drop").dropped
            lost_anyway = encode(bare, target, stream=stream, unsupported="drop").dropped
        if set(lost) - set(lost_anyway):
            return None
        return encode(asked, target, stream=stream, unsupported=unsupported)

    def decoder(
        self, request: ChatRequest, target: Target, limits: Limits
    ) -> Decoder[Event, ChatResponse]:
        way = self._way or _Way("native", request)
        inner = self._inner.decoder(way.request, target, limits)
        if not isinstance(request.output, OutputSchema):
            return inner
        if way.mode == "tool":
            return ArgumentsDecoder(inner, request.output.name)
        if way.mode == "prompt":
            return FoundDecoder(inner, _opening(request.output))
        return inner

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return self._inner.decode_error(status, headers, body, target)


def _ways(
    request: ChatRequest, target: Target, wanted: OutputMode, lacks: Sequence[str]
) -> Iterator[_Way]:
    """How the target may be asked, the firmest way first."""
    output = request.output
    if not isinstance(output, OutputSchema):
        yield _Way("native", request, last=True)
        return
    if wanted == "native" or (wanted == "auto" and "output" not in lacks):
        if output.strict is None and target.quirks.strict_schemas != "any":
            yield _Way("native", replace(request, output=replace(output, strict=True)))
        yield _Way("native", request, last=wanted == "native")
    if wanted == "tool" or (wanted == "auto" and "tools" not in lacks and not request.tools):
        yield _Way("tool", _by_tool(request, output), last=wanted == "tool")
    prompted = replace(
        request, messages=instructed(request.messages, _prompted(output)), output=None
    )
    yield _Way("prompt", replace(prompted, output="json"))
    yield _Way("prompt", prompted, last=True)


def _by_tool(request: ChatRequest, output: OutputSchema) -> ChatRequest:
    if request.tools:
        raise InvalidRequest(
            "a request with tools cannot force one more for its answer; "
            'use output_mode="native" or "prompt"'
        )
    tool = Tool(output.name, output.description or _TOOL_SAYS, output.schema, output.strict)
    return replace(request, output=None, tools=(tool,), tool_choice=NamedTool(tool.name))


def _prompted(output: OutputSchema) -> str:
    schema = msgspec.json.encode(output.schema).decode()
    form = msgspec.json.encode(sketch_of(output.schema)).decode()
    return _PROMPT.format(schema=schema, form=form)


def instructed(messages: tuple[Message, ...], said: str) -> tuple[Message, ...]:
    """The conversation with `said` behind what the system is told."""
    for index, message in enumerate(messages):
        if message.role == "system":
            return (*messages[:index], _followed_by(message, said), *messages[index + 1 :])
    return (Message.system(said), *messages)


def _followed_by(message: Message, said: str) -> Message:
    """One text where it can be: not every server reads several."""
    *before, last = message.parts or (Text(""),)
    if isinstance(last, Text):
        return replace(message, parts=(*before, replace(last, text=f"{last.text}\n\n{said}")))
    return replace(message, parts=(*message.parts, Text(said)))


def _opening(output: OutputSchema) -> str:
    """The characters that an answer begins with."""
    schema = followed(output.schema, output.schema)
    kind = schema.get("type") if isinstance(schema, dict) else None
    return {"object": "{", "array": "["}.get(kind, "{[") if isinstance(kind, str) else "{["
