"""Messages and their parts: what a conversation is made of, in no provider's words."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Role = Literal["system", "user", "assistant", "tool"]


class ProviderState(Struct, frozen=True):
    """What a provider wants back unchanged: signatures, encrypted reasoning, item ids.

    `data` is JSON text, kept byte for byte and returned to the same `dialect` only.
    """

    dialect: str
    data: str


class Citation(Struct, frozen=True, tag="citation", omit_defaults=True):
    """Where a stretch of the answer comes from.

    `start` and `end` are character offsets into the text part that carries the citation, where
    the provider gives them; `source` is its own name for the cited document, where there is no URL.
    """

    url: str | None = None
    title: str | None = None
    cited_text: str | None = None
    source: str | None = None
    start: int | None = None
    end: int | None = None
    provider_state: ProviderState | None = None


class Text(Struct, frozen=True, tag="text", omit_defaults=True):
    """What is said, and what it rests on."""

    text: str
    citations: tuple[Citation, ...] = ()
    provider_state: ProviderState | None = None


class Image(Struct, frozen=True, tag="image", omit_defaults=True):
    """An image by exactly one of `url`, `data` (raw bytes, needs `media_type`) or `file_id`."""

    url: str | None = None
    data: bytes | None = None
    media_type: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high"] | None = None
    provider_state: ProviderState | None = None


class Audio(Struct, frozen=True, tag="audio", omit_defaults=True):
    """Sound as raw bytes; `media_type` such as `audio/wav`. `transcript` when the model spoke."""

    data: bytes
    media_type: str
    transcript: str | None = None
    provider_state: ProviderState | None = None


class File(Struct, frozen=True, tag="file", omit_defaults=True):
    """A document by exactly one of `url`, `data` (raw bytes, needs `media_type`) or `file_id`."""

    url: str | None = None
    data: bytes | None = None
    media_type: str | None = None
    file_id: str | None = None
    name: str | None = None
    provider_state: ProviderState | None = None


class Reasoning(Struct, frozen=True, tag="reasoning", omit_defaults=True):
    """What the model thought aloud. `redacted` reasoning has no text, only provider state."""

    text: str
    redacted: bool = False
    provider_state: ProviderState | None = None


class ToolCall(Struct, frozen=True, tag="tool_call", omit_defaults=True):
    """The model's wish to run a tool.

    `arguments` is JSON text as the model wrote it (`{}` when it wrote none). `by_provider` marks a
    tool that the provider ran itself; `complete` is false where the answer was cut in the middle
    of the arguments, by its length or with its stream: such a call is not to be answered.
    """

    id: str
    name: str
    arguments: str = "{}"
    by_provider: bool = False
    complete: bool = True
    provider_state: ProviderState | None = None

    def parse(self) -> dict[str, object]:
        """The arguments as a dictionary. Raises `MalformedToolArguments`, which keeps the text."""
        from fairlead.types.tool_arguments import arguments_object

        return arguments_object(self.name, self.arguments)


class ToolResult(Struct, frozen=True, tag="tool_result", omit_defaults=True):
    """What a tool answered: text, or parts where the provider takes them."""

    tool_call_id: str
    content: str | tuple[Text | Image | File, ...]
    is_error: bool = False
    name: str | None = None
    by_provider: bool = False
    provider_state: ProviderState | None = None


class Refusal(Struct, frozen=True, tag="refusal", omit_defaults=True):
    """What the model says in place of an answer that it will not give."""

    text: str
    provider_state: ProviderState | None = None


class Opaque(Struct, frozen=True, tag="opaque", omit_defaults=True):
    """A part that only one dialect knows, kept whole so that a conversation can go on."""

    kind: str
    provider_state: ProviderState


Part = Text | Image | Audio | File | Reasoning | ToolCall | ToolResult | Refusal | Citation | Opaque


class Document(Struct, frozen=True, omit_defaults=True):
    """A source for an answer to rest on. Citations name it by `id`."""

    text: str
    id: str = ""
    title: str | None = None
    url: str | None = None


class Message(Struct, frozen=True, omit_defaults=True):
    """One turn: a role and its parts. `name` tells speakers of one role apart."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    provider_state: ProviderState | None = None

    @classmethod
    def system(cls, text: str) -> Message:
        """Instructions that stand above the conversation."""
        return cls("system", (Text(text),))

    @classmethod
    def user(cls, *parts: str | Part) -> Message:
        """A turn of the person who asks; strings become `Text`."""
        return cls("user", _parts(parts))

    @classmethod
    def assistant(cls, *parts: str | Part) -> Message:
        """A turn of the model, such as an example; a real one is `ChatResponse.message`."""
        return cls("assistant", _parts(parts))

    @classmethod
    def tool(cls, *results: ToolResult) -> Message:
        """What the tools answered, one result for each call of the turn before."""
        return cls("tool", results)

    @property
    def text(self) -> str:
        """All text parts, joined without a separator."""
        return "".join([part.text for part in self.parts if isinstance(part, Text)])

    @property
    def reasoning(self) -> str:
        """All visible reasoning, parts separated by a blank line."""
        texts = [part.text for part in self.parts if isinstance(part, Reasoning) and part.text]
        return "\n\n".join(texts)

    @property
    def refusal(self) -> str:
        """All words of refusal, joined; empty where the model did not refuse."""
        return "".join([part.text for part in self.parts if isinstance(part, Refusal)])

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls that the caller must answer: complete, and not run by the provider."""
        return tuple(
            part
            for part in self.parts
            if isinstance(part, ToolCall) and part.complete and not part.by_provider
        )

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Citations of all text parts, then those that stand alone, in order."""
        found: list[Citation] = []
        for part in self.parts:
            if isinstance(part, Text):
                found.extend(part.citations)
            elif isinstance(part, Citation):
                found.append(part)
        return tuple(found)


def _parts(parts: tuple[str | Part, ...]) -> tuple[Part, ...]:
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)
