"""`Client` and `AsyncClient`: the same names in two colours, and no logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Self, Unpack

from fairlead.auth.secret import Secret, sealed_keys
from fairlead.checkups import check, models
from fairlead.client_extraction import AsyncExtractionMethods, ExtractionMethods
from fairlead.client_operations import AsyncOperationMethods, OperationMethods
from fairlead.client_state import StateMethods
from fairlead.client_turns import AsyncTurnMethods, TurnMethods
from fairlead.core import Core
from fairlead.engine.runtime import AsyncRuntime, BlockingRuntime, drive
from fairlead.inputs import ChatOptions, Messages
from fairlead.plain_calls import post, post_stream
from fairlead.ports import Observer, Transport, TransportMaker
from fairlead.settings import Settings
from fairlead.stream import AsyncEventStream, AsyncStream, EventStream, Stream
from fairlead.transports.choice import transport_for
from fairlead.types.explained import Explanation
from fairlead.types.plain import CheckResult, ModelInfo, PostResponse, ServerEvent
from fairlead.types.responses import ChatResponse
from fairlead.types.routes import Model
from fairlead.versions import Versions, given_or_read
from fairlead.warming import preconnect

__all__ = ["AsyncClient", "AsyncProvider", "Client", "Provider"]


class Client(OperationMethods, TurnMethods, ExtractionMethods, StateMethods):
    """Calls models and waits for them. Safe to share between threads.

    It blocks the calling thread, and works inside a running event loop by blocking that. `settings`
    replaces what would be read from the environment and `fairlead.toml`; `keys` maps provider names
    to keys that stand above all other sources; `transport` carries the bytes instead of libcurl, or
    is a tape (`fairlead.record`); `observers` watch every call. Raises `ConfigError` for settings
    that cannot be used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        keys: Mapping[str, str] | None = None,
        transport: Transport | TransportMaker | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        try:
            secrets = sealed_keys(keys)
        finally:
            del keys  # a traceback that shows local variables must show no key
        settings, files = given_or_read(settings)
        runtime = BlockingRuntime()
        core = Core(
            settings,
            transport=transport_for(transport, runtime, partial(_blocking_curl, settings)),
            runtime=runtime,
            observers=observers,
            keys=secrets,
        )
        self._versions = Versions(core, files)

    def chat(
        self, model: Model, messages: Messages, **options: Unpack[ChatOptions]
    ) -> ChatResponse:
        """Ask `model` (as `provider/model`, or a route) and return the finished answer.

        `messages` is a prompt, or a list of `Message`s, answers or OpenAI-style dictionaries; the
        options are those of `ChatOptions`. Raises a `FairleadError`: `ConfigError` or
        `RequestError` before anything is sent, after that `ApiError` where the provider says no,
        `TransportError`, `DecodeError` or `DeadlineExceeded`, with a `receipt` that tells the
        attempts.
        """
        return drive(self._core.chat(model, messages, options))

    def stream(self, model: Model, messages: Messages, **options: Unpack[ChatOptions]) -> Stream:
        """Ask as `chat` does, and read the answer while it comes.

        Use it in a `with` block: iterate it for events, or `stream.text` for words alone, then ask
        for `.result()`. The request is sent when the block is entered. Raises like `chat`, and
        `StreamInterrupted` with the partial answer where the stream is cut.
        """
        return Stream(lambda: self._core.stream(model, messages, options))

    def explain(
        self,
        model: Model,
        messages: Messages,
        *,
        stream: bool = False,
        **options: Unpack[ChatOptions],
    ) -> Explanation:
        """What a call would send to its target or, for a route, to each of them. Sends nothing.

        Each field is sent, renamed, converted, defaulted, emulated or lost; with `stream`, as for
        `stream()`. What a call would raise is told in `error`. Raises `ConfigError` for a name
        that leads nowhere, and `InvalidRequest` for what no target could take.
        """
        from fairlead.explanations import explain

        return explain(self._core, model, messages, options, stream=stream)

    def post(
        self,
        url: str,
        json: object,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> PostResponse:
        """POST `json` to any agent server, for example `http://localhost:8000/run`.

        `json` is anything that msgspec encodes; the answer's JSON is `.data`. No provider's key is
        sent. `deadline` is in seconds, retries included. Raises like `chat`.
        """
        return drive(post(self._core, url, json, headers=headers, deadline=deadline))

    def post_stream(
        self,
        url: str,
        json: object,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> EventStream[ServerEvent, PostResponse]:
        """POST `json` to a server that answers in server-sent events or newline-delimited JSON.

        Each event is a `ServerEvent` with its text as `data`. The request is sent when the block is
        entered. Raises like `stream`.
        """
        return EventStream(
            lambda: post_stream(self._core, url, json, headers=headers, deadline=deadline)
        )

    def preconnect(self, provider: str, *, connections: int = 1) -> str:
        """Open connections to `provider`, so that the first calls need not wait for them.

        Asks for the headers of its front page, with no key. Over HTTP/2 and 3 one connection is
        enough for calls that follow each other, and two for those of many threads. Returns the
        version of HTTP that is spoken. Raises `ConfigError` for a name that leads nowhere,
        `TransportError` where no connection stands.
        """
        return drive(preconnect(self._core, provider, connections))

    def provider(self, name: str) -> Provider:
        """One provider, by name or alias. Raises `UnknownProvider` with the nearest names."""
        return Provider(self._versions, self._core.provider(name).name)

    def close(self) -> None:
        """Close the connections: idle ones now, those in use when their answers end."""
        drive(self._core.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(AsyncOperationMethods, AsyncTurnMethods, AsyncExtractionMethods, StateMethods):
    """Calls models on the running asyncio loop. One client may serve several loops in turn.

    The arguments are those of `Client`.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        keys: Mapping[str, str] | None = None,
        transport: Transport | TransportMaker | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        try:
            secrets = sealed_keys(keys)
        finally:
            del keys  # a traceback that shows local variables must show no key
        settings, files = given_or_read(settings)
        runtime = AsyncRuntime()
        core = Core(
            settings,
            transport=transport_for(transport, runtime, partial(_async_curl, settings)),
            runtime=runtime,
            observers=observers,
            keys=secrets,
        )
        self._versions = Versions(core, files)

    async def chat(
        self, model: Model, messages: Messages, **options: Unpack[ChatOptions]
    ) -> ChatResponse:
        """Ask `model` (as `provider/model`, or a route) and return the finished answer.

        `messages` is a prompt, or a list of `Message`s, answers or OpenAI-style dictionaries; the
        options are those of `ChatOptions`. Raises a `FairleadError`: `ConfigError` or
        `RequestError` before anything is sent, after that `ApiError` where the provider says no,
        `TransportError`, `DecodeError` or `DeadlineExceeded`, with a `receipt` that tells the
        attempts.
        """
        return await self._core.chat(model, messages, options)

    def stream(
        self, model: Model, messages: Messages, **options: Unpack[ChatOptions]
    ) -> AsyncStream:
        """Ask as `chat` does, and read the answer while it comes.

        Use it in an `async with` block: iterate it for events, or `stream.text` for words alone,
        then `await stream.result()`. `await client.stream(...)` opens it without a block, and
        returns when the first content has come. Raises like `chat`, and `StreamInterrupted`
        with the partial answer where the stream is cut.
        """
        return AsyncStream(lambda: self._core.stream(model, messages, options))

    def explain(
        self,
        model: Model,
        messages: Messages,
        *,
        stream: bool = False,
        **options: Unpack[ChatOptions],
    ) -> Explanation:
        """What a call would send to its target or, for a route, to each of them. Sends nothing.

        Each field is sent, renamed, converted, defaulted, emulated or lost; with `stream`, as for
        `stream()`. What a call would raise is told in `error`. Raises `ConfigError` for a name
        that leads nowhere, and `InvalidRequest` for what no target could take.
        """
        from fairlead.explanations import explain

        return explain(self._core, model, messages, options, stream=stream)

    async def post(
        self,
        url: str,
        json: object,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> PostResponse:
        """POST `json` to any agent server, for example `http://localhost:8000/run`.

        `json` is anything that msgspec encodes; the answer's JSON is `.data`. No provider's key is
        sent. `deadline` is in seconds, retries included. Raises like `chat`.
        """
        return await post(self._core, url, json, headers=headers, deadline=deadline)

    def post_stream(
        self,
        url: str,
        json: object,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> AsyncEventStream[ServerEvent, PostResponse]:
        """POST `json` to a server that answers in server-sent events or newline-delimited JSON.

        Each event is a `ServerEvent` with its text as `data`. The request is sent when the block is
        entered. Raises like `stream`.
        """
        return AsyncEventStream(
            lambda: post_stream(self._core, url, json, headers=headers, deadline=deadline)
        )

    async def preconnect(self, provider: str, *, connections: int = 1) -> str:
        """Open connections to `provider`, so that the first calls need not wait for them.

        Asks for the headers of its front page, with no key. Over HTTP/2 and 3 one connection is
        enough for many calls. Returns the version of HTTP that is spoken. Raises `ConfigError` for
        a name that leads nowhere, `TransportError` where no connection stands.
        """
        return await preconnect(self._core, provider, connections)

    def provider(self, name: str) -> AsyncProvider:
        """One provider, by name or alias. Raises `UnknownProvider` with the nearest names."""
        return AsyncProvider(self._versions, self._core.provider(name).name)

    async def aclose(self) -> None:
        """Close all connections. Answers that are under way end with an error."""
        await self._core.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


class Provider:
    """One provider of a client: what it is called, whether it answers, what it offers."""

    def __init__(self, versions: Versions, name: str) -> None:
        self._versions = versions
        self.name = name

    def check(self, model: str | None = None) -> CheckResult:
        """Test address, connection and key with the cheapest call that the provider has.

        Where it has none, or `model` is given, one token of chat is asked for, which is billed.
        Problems are told in the result, not raised.
        """
        return drive(check(self._versions.current(), self.name, model))

    def models(self) -> tuple[ModelInfo, ...]:
        """The provider's own list of models, in its order. Raises like `chat`.

        Raises `UnsupportedFeature` where the provider has no such list.
        """
        return drive(models(self._versions.current(), self.name))

    def rotate_key(self, new: str) -> None:
        """Use the key `new` from the next request on, in all calls of this client.

        Running calls keep theirs. Raises `ConfigError` where the provider takes no key.
        """
        try:
            secret = Secret(new, what="the new key")
        finally:
            del new  # a traceback that shows local variables must show no key
        self._versions.rotate_key(self.name, secret)


class AsyncProvider:
    """One provider of a client: what it is called, whether it answers, what it offers."""

    def __init__(self, versions: Versions, name: str) -> None:
        self._versions = versions
        self.name = name

    async def check(self, model: str | None = None) -> CheckResult:
        """Test address, connection and key with the cheapest call that the provider has.

        Where it has none, or `model` is given, one token of chat is asked for, which is billed.
        Problems are told in the result, not raised.
        """
        return await check(self._versions.current(), self.name, model)

    async def models(self) -> tuple[ModelInfo, ...]:
        """The provider's own list of models, in its order. Raises like `chat`.

        Raises `UnsupportedFeature` where the provider has no such list.
        """
        return await models(self._versions.current(), self.name)

    def rotate_key(self, new: str) -> None:
        """Use the key `new` from the next request on, in all calls of this client.

        Running calls keep theirs. Raises `ConfigError` where the provider takes no key.
        """
        try:
            secret = Secret(new, what="the new key")
        finally:
            del new  # a traceback that shows local variables must show no key
        self._versions.rotate_key(self.name, secret)


def _blocking_curl(settings: Settings) -> Transport:
    from fairlead.transports.curl import BlockingCurlTransport

    return BlockingCurlTransport(settings.transport_http(), settings.limits)


def _async_curl(settings: Settings) -> Transport:
    from fairlead.transports.curl import AsyncCurlTransport

    return AsyncCurlTransport(settings.transport_http(), settings.limits)
