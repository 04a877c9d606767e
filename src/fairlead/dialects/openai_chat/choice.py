"""Reads one choice: whatever a delta or a whole message holds goes into its assembly."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from fairlead.dialects.assembly import Assembly
from fairlead.dialects.openai_chat import extras
from fairlead.dialects.openai_chat.finish import finish_reason
from fairlead.dialects.openai_chat.reasoning import THINK_TAGS, ReasoningReader
from fairlead.dialects.openai_chat.thinking import InlineThinking
from fairlead.dialects.openai_chat.tools import ToolCalls
from fairlead.dialects.openai_chat.wire import AudioDelta, Choice, Delta, Function
from fairlead.types.messages import Citation, Message, Opaque, ToolResult
from fairlead.types.responses import TokenLogprob

TEXT = "text"
_SILENCE = AudioDelta("", "", "")  # some gateways send every field, filled or not
_NO_FUNCTION = Function("", "")
PLAIN = (Delta(), Delta(annotations=[]), Delta(reasoning_details=[]), Delta(tool_calls=[]))
"""Messages and deltas that hold nothing beside their content."""
NO_REASONING_LOGPROBS = "the log probabilities of reasoning were left out"


class ChoiceReader:
    """One choice under construction."""

    __slots__ = (
        "_citations",
        "_executed",
        "_extra",
        "_max_arguments",
        "_parts",
        "_reasoning",
        "_speech",
        "_thinking",
        "_tools",
        "assembly",
        "raw_finish",
    )

    def __init__(self, max_arguments: int, *, inline_thinking: bool) -> None:
        self.assembly = Assembly(extras.DIALECT, max_arguments)
        self.raw_finish: str | None = None
        self._max_arguments = max_arguments
        self._reasoning: ReasoningReader | None = None
        self._tools: ToolCalls | None = None
        self._thinking = InlineThinking() if inline_thinking else None
        self._citations: list[Citation] = []
        self._executed: dict[object, dict[str, object]] = {}
        self._extra: dict[str, object] = {}
        self._speech: extras.Speech | None = None
        self._parts = 0

    @property
    def reasoning(self) -> ReasoningReader:
        """What reads reasoning; most answers have none."""
        if self._reasoning is None:
            self._reasoning = ReasoningReader(self.assembly)
        return self._reasoning

    @property
    def tools(self) -> ToolCalls:
        """What assembles tool calls; most answers have none."""
        if self._tools is None:
            self._tools = ToolCalls(self.assembly, self._max_arguments)
        return self._tools

    def take(self, choice: Choice, delta: Delta | None) -> None:
        """Take a choice's piece. Raises `ResponseTooLarge` past the cap on tool arguments."""
        logprobs = self._logprobs(choice.logprobs) if choice.logprobs is not None else ()
        if delta is not None:
            self.piece(delta, logprobs)
        elif choice.text or logprobs:
            self._text(choice.text or "", logprobs)
        if choice.finish_reason is not None:
            self.raw_finish = choice.finish_reason

    def finish(self) -> None:
        """The choice is complete: flush what was held back, and end it."""
        assembly = self.assembly
        if self._thinking is not None:
            for kind, text in self._thinking.close():
                self._piece(kind, text, ())
        for item in self._executed.values():
            self._ran(item)
        if self._reasoning is not None:
            self._reasoning.finish()
        if self._tools is not None:
            self._tools.finish()
        for number, citation in enumerate(self._citations):
            self._cite(number, citation)
        if self._speech is not None:
            assembly.whole("audio", self._speech.part())
        if self._extra:
            assembly.state = extras.state(self._extra).data
        reason = finish_reason(self.raw_finish, has_tool_calls=assembly.has_tool_calls)
        assembly.finish(reason, self.raw_finish)

    def partial(self) -> Message:
        """The message as far as it has come, sound included."""
        message = self.assembly.message()
        if self._speech is None or self.assembly.get("audio") is not None:
            return message
        return Message("assistant", (*message.parts, self._speech.part()))

    def cite(self, citations: list[Citation]) -> None:
        """Citations of the whole answer; they belong to its text."""
        self._citations += citations

    @property
    def cited(self) -> set[str | None]:
        slot = self.assembly.get(TEXT)
        return {citation.url for citation in (slot.citations if slot else self._citations)}

    def piece(self, delta: Delta, logprobs: tuple[TokenLogprob, ...] = ()) -> None:
        """Take a delta, or a message as the one delta that it is."""
        content = delta.content
        if content.__class__ is str:
            # Comparing structs tests all other fields at once, at the speed of C.
            delta.content = None
            plain = delta in PLAIN
            delta.content = content
            if plain:
                self._text(content, logprobs)
                return
        self.reasoning.add(delta)
        for item in delta.executed_tools or ():
            self._execute(item)
        if isinstance(delta.content, str):
            self._text(delta.content, logprobs)
        elif delta.content is not None:
            self._content(delta.content)
        if logprobs and not isinstance(delta.content, str):
            self._text("", logprobs)
        if delta.refusal:
            self.assembly.refusal("refusal", delta.refusal)
        if delta.annotations:
            self._annotate(delta.annotations)
        for picture in delta.images or ():
            self._image(picture)
        if delta.audio is not None and delta.audio != _SILENCE:
            self._speech = self._speech or extras.Speech()
            self._speech.add(delta.audio)
        if delta.function_call is not None and delta.function_call != _NO_FUNCTION:
            self.tools.add_function(delta.function_call)
        for call in delta.tool_calls or ():
            self.tools.add(call)
        if delta.extra_content is not None:
            self._extra["extra_content"] = delta.extra_content
        if delta.thought_signature is not None:
            self._extra["thought_signature"] = delta.thought_signature

    def _text(self, text: str, logprobs: tuple[TokenLogprob, ...]) -> None:
        if self._thinking is None:
            self.assembly.text(TEXT, text, logprobs)
            return
        for kind, piece in self._thinking.feed(text):
            self._piece(kind, piece, logprobs)
            logprobs = ()
        self.assembly.text(TEXT, "", logprobs)

    def _piece(self, kind: str, text: str, logprobs: tuple[TokenLogprob, ...]) -> None:
        if kind == "reasoning":
            self.reasoning.text(THINK_TAGS, text)
        else:
            self.assembly.text(TEXT, text, logprobs)

    def _content(self, content: list[object] | dict[str, object]) -> None:
        """Content in chunks (Mistral), or a JSON answer that was not put into a string."""
        if isinstance(content, dict):
            self.assembly.text(TEXT, msgspec.json.encode(content).decode())
            return
        for item in content:
            if isinstance(item, str):
                self.assembly.text(TEXT, item)
            elif isinstance(item, dict):
                self._chunk(item)

    def _chunk(self, item: dict[str, object]) -> None:
        text, kind = item.get("text"), str(item.get("type"))
        if kind == "text" and isinstance(text, str):
            self.assembly.text(TEXT, text)
        elif kind == "thinking":
            self.reasoning.chunk(item)
        else:
            self._parts += 1
            self.assembly.whole(("content", self._parts), Opaque(kind, extras.state(item)))

    def _annotate(self, annotations: list[dict[str, object]]) -> None:
        for annotation in annotations:
            citation = extras.citation(annotation)
            if self.assembly.get(TEXT) is None:
                self._citations.append(citation)
            else:
                self.assembly.citation(TEXT, citation)

    def _cite(self, number: int, citation: Citation) -> None:
        if self.assembly.get(TEXT) is None:
            self.assembly.whole(("citation", number), citation)
        else:
            self.assembly.citation(TEXT, citation)

    def _image(self, item: dict[str, object]) -> None:
        self._parts += 1
        part = extras.image(item) or Opaque("image", extras.state(item))
        self.assembly.whole(("image", self._parts), part)

    def _execute(self, item: dict[str, object]) -> None:
        """A tool that the provider runs: told when it starts and again with its output."""
        index = item.get("index")
        key = index if isinstance(index, int) else len(self._executed)
        held = self._executed.get(key, {}) | {k: v for k, v in item.items() if v is not None}
        if "output" in held:
            self._executed.pop(key, None)
            self._ran(held)
        else:
            self._executed[key] = held

    def _ran(self, item: Mapping[str, object]) -> None:
        self._parts += 1
        kept = extras.state(item)
        arguments, output = item.get("arguments"), item.get("output")
        call_id = f"executed_{self._parts}"
        name = str(item.get("name") or item.get("type") or "")
        slot = self.assembly.tool_start(("executed", self._parts), call_id, name, by_provider=True)
        if isinstance(arguments, str):
            self.assembly.tool_arguments(slot, arguments)
        slot.state = kept.data
        self.assembly.end(("executed", self._parts))
        if isinstance(output, str):
            result = ToolResult(call_id, output, name=name, by_provider=True, provider_state=kept)
            self.assembly.whole(("executed output", self._parts), result)

    def _logprobs(self, value: object) -> tuple[TokenLogprob, ...]:
        found = extras.tokens(value)
        assembly = self.assembly
        if found:
            assembly.logprobs = (assembly.logprobs or []) + list(found)
        reasoning = isinstance(value, dict) and value.get("reasoning_content")
        if reasoning and NO_REASONING_LOGPROBS not in assembly.warnings:
            assembly.warnings.append(NO_REASONING_LOGPROBS)
        return found
