"""What a provider says in a chat, for tests of programs: answers that `ScriptedServer` plays.

`says`, `calls` and `fails` make answers; each comes streamed or whole, and in the protocol of
`openai_chat` or of `anthropic_messages`, as the request that it meets asks for.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairlead.errors import DecodeError, InvalidRequest
from fairlead.settings import ProviderSettings, RetrySettings, Settings
from fairlead.testing import anthropic_messages, openai_chat
from fairlead.testing.server import Close, Pause, Received, Script, respond, stream
from fairlead.testing.wording import Wording
from fairlead.types.targets import DialectName
from fairlead.types.usage import Usage

_KEY = "sk-test-0123456789"
_JSON = ("Content-Type", "application/json")
_USAGE = Usage(input=9, output=4)
WORDINGS: Mapping[str, Wording] = {
    "/chat/completions": openai_chat,
    "/messages": anthropic_messages,
}
"""Of each protocol, by the end of the path that it is asked at."""

_UNKNOWN = "this server answers chats alone: POST to " + " or ".join(
    f"...{end}" for end in WORDINGS
)


class Asked(Struct, frozen=True):
    """A request for an answer. `messages` are as they came; `text` is that of the last one."""

    model: str
    messages: tuple[Mapping[str, object], ...]
    text: str
    stream: bool
    body: Mapping[str, object]


class Called(Struct, frozen=True):
    """A call of a tool; `arguments` is JSON text, or whatever the model wrote in its place."""

    name: str
    arguments: str


class Said(Struct, frozen=True):
    """An answer: reasoning, then text in pieces, then calls. Two are added to be one.

    Of a sum the right one says the rest, where it says more than is usual.
    """

    text: tuple[str, ...] = ()
    reasoning: str = ""
    calls: tuple[Called, ...] = ()
    finish: str | None = None
    usage: Usage | None = _USAGE
    pause: float = 0.0
    cut: bool = False

    def __add__(self, other: Said) -> Said:
        return Said(
            self.text + other.text,
            self.reasoning + other.reasoning,
            self.calls + other.calls,
            other.finish or self.finish,
            self.usage if other.usage == _USAGE else other.usage,
            other.pause or self.pause,
            other.cut or self.cut,
        )

    def __call__(self, request: Received) -> Script:
        """The answer to `request`, as a script."""
        wording = _wording(request)
        if wording is None:
            return _lost()
        question = asked(request)
        played = self._streamed if question.stream else self._whole
        return played(wording, question)

    def _streamed(self, wording: Wording, question: Asked) -> Script:
        events, ending = wording.streamed(self, question)
        if self.cut:
            return _broken_off(stream(events, pause=self.pause))
        return stream([*events, ending], pause=self.pause)

    def _whole(self, wording: Wording, question: Asked) -> Script:
        body = msgspec.json.encode(wording.whole(self, question))
        if self.cut:
            return _broken_off(stream([body[: len(body) // 2]], pause=self.pause, headers=[_JSON]))
        return [Pause(self.pause), *respond(200, [_JSON], body)]


class Failed(Struct, frozen=True):
    """A refusal by the provider."""

    status: int
    message: str
    code: str | None
    retry_after: float | str | None

    def __call__(self, request: Received) -> Script:
        """The answer to `request`, as a script."""
        wording = _wording(request)
        if wording is None:
            return _lost()
        headers = [_JSON]
        if self.retry_after is not None:
            headers.append(("Retry-After", str(self.retry_after)))
        body = msgspec.json.encode(wording.error(self.status, self.message, self.code))
        return respond(self.status, headers, body)


def says(
    *text: str,
    reasoning: str = "",
    finish: str | None = None,
    usage: Usage | None = _USAGE,
    pause: float = 0.0,
    cut: bool = False,
) -> Said:
    """An answer of text, which a stream brings in these pieces.

    `finish` is `stop`, `length`, `tool_call`, `content_filter` or a provider's own word; unset it
    is one of the first and the third. `usage` may hold `input`, `cache_read`, `cache_write`,
    `output` and `reasoning`; with None it is not told. `pause`: seconds before each event of a
    stream, and before a whole answer. `cut`: the connection ends before the answer does.
    Raises `InvalidRequest` for tokens of another kind.
    """
    if usage is not None and usage != Usage(
        usage.input,
        usage.cache_read,
        usage.cache_write,
        output=usage.output,
        reasoning=usage.reasoning,
    ):
        raise InvalidRequest(
            "usage may hold input, cache_read, cache_write, output and reasoning alone; use"
            " fairlead.testing.server.respond to say more"
        )
    return Said(text, reasoning, (), finish, usage, pause, cut)


def calls(name: str, written: str | None = None, /, **arguments: object) -> Said:
    """An answer that calls a tool with `arguments`, or with the text `written` in their place.

    Several calls are a sum, as is text before them: `says("Let me see.") + calls("look")`.
    Raises `InvalidRequest` for both at once.
    """
    if written is not None and arguments:
        raise InvalidRequest(
            "give the arguments of a call as names and values or as text, not both"
        )
    text = msgspec.json.encode(arguments).decode() if written is None else written
    return Said(calls=(Called(name, text),))


def fails(
    status: int,
    message: str = "The provider failed, as it was told to.",
    *,
    code: str | None = None,
    retry_after: float | str | None = None,
) -> Failed:
    """An error of that status. `code`, such as `insufficient_quota`, is the provider's own word.

    `retry_after` is a header: seconds, or a date as text.
    """
    return Failed(status, message, code, retry_after)


def asked(request: Received) -> Asked:
    """What a request for an answer says. Raises `DecodeError` for one that is none."""
    try:
        body = msgspec.json.decode(request.body, type=dict[str, object])
        messages = msgspec.convert(body.get("messages"), tuple[dict[str, object], ...])
    except msgspec.MsgspecError as error:
        raise DecodeError("the request is not one for an answer in a chat") from error
    last = messages[-1] if messages else {}
    model = str(body.get("model"))
    return Asked(model, messages, _text(last.get("content")), body.get("stream") is True, body)


def settings_for(
    url: str,
    provider: str = "fake",
    *,
    dialect: DialectName | None = None,
    **changes: object,
) -> Settings:
    """Settings whose one provider is at `url`, such as that of a server on loopback.

    A `provider` that fairlead knows speaks its own dialect, any other `openai_chat` unless told.
    `changes` are further fields of `Settings`. Nothing is retried unless they say so.
    """
    mine = ProviderSettings(base_url=f"{url}/v1", key=_KEY, dialect=dialect)
    plain = Settings(providers={provider: mine}, retry=RetrySettings(max_retries=0))
    return replace(plain, **changes)


def _text(content: object) -> str:
    """All text in the content of a message, be it text, a part or a list of parts."""
    if isinstance(content, list):
        return "".join(_text(part) for part in content)
    if isinstance(content, dict):
        return _text(content.get("text") or content.get("content"))
    return content if isinstance(content, str) else ""


def _broken_off(streamed: Script) -> Script:
    """Without the end of its body."""
    return [*list(streamed)[:-1], Close()]


def _wording(request: Received) -> Wording | None:
    path = request.path.partition("?")[0]
    return next((wording for end, wording in WORDINGS.items() if path.endswith(end)), None)


def _lost() -> Script:
    return respond(404, [("Content-Type", "text/plain")], _UNKNOWN.encode())
