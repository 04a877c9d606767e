"""`Client` and `AsyncClient`: the same names in two colours, and no logic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self, Unpack

from fairlead.client_operations import AsyncOperationMethods, OperationMethods
from fairlead.core import Core
from fairlead.engine.runtime import AsyncRuntime, BlockingRuntime, drive
from fairlead.inputs import ChatOptions, Messages
from fairlead.ports import Observer, Transport
from fairlead.settings import Settings
from fairlead.stream import AsyncEventStream, AsyncStream, EventStream, Stream
from fairlead.types.health import TargetHealth
from fairlead.types.plain import CheckResult, ModelInfo, PostResponse, ServerEvent
from fairlead.types.responses import ChatResponse
from fairlead.types.routes import Model

__all__ = ["AsyncClient", "AsyncProvider", "Client", "Provider"]


class Client(OperationMethods):
    """Calls models and waits for them. Safe to share between threads.

    It blocks the calling thread, and works inside a running event loop by blocking that. `settings`
    replaces what would be read from the environment and `fairlead.toml`; `keys` maps provider names
    to keys that stand above all other sources; `transport` carries the bytes instead of libcurl;
    `observers` watch every call. Raises `ConfigError` for settings that cannot be used.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        keys: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        if settings is None:
            settings = Settings.load()
        if transport is None:
            from fairlead.transports.curl import BlockingCurlTransport

            transport = BlockingCurlTransport(settings.transport_http(), settings.limits)
        self._core = Core(
            settings,
            transport=transport,
            runtime=BlockingRuntime(),
            observers=observers,
            keys=keys,
        )

    def chat(
        self, model: Model, messages: Messages, **options: Unpack[ChatOptions]
    ) -> ChatResponse:
        """Ask `model` (as `provider/model`, or a route) and return the finished answer.

        `messages` is a prompt, or a list of `Message`s or OpenAI-style dictionaries; the options
        are those of `ChatOptions`. Raises a `FairleadError`: `ConfigError` or `RequestError` before
        anything is sent, after that `ApiError` where the provider says no, `TransportError`,
        `DecodeError` or `DeadlineExceeded`, with a `receipt` that tells the attempts.
        """
        return drive(self._core.chat(model, messages, options))

    def stream(self, model: Model, messages: Messages, **options: Unpack[ChatOptions]) -> Stream:
        """The same, streamed: use it in a `with` block, iterate it, then ask for `.result()`.

        The request is sent when the block is entered. Raises like `chat`, and `StreamInterrupted`
        with the partial answer where the stream is cut.
        """
        return Stream(lambda: self._core.stream(model, messages, options))

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
        return drive(self._core.post(url, json, headers=headers, deadline=deadline))

    def post_stream(
        self,
        url: str,
        json: object,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> EventStream[ServerEvent, PostResponse]:
        """The same for a server that answers in server-sent events or newline-delimited JSON.

        Each event is a `ServerEvent` with its text as `data`. The request is sent when the block is
        entered. Raises like `stream`.
        """
        return EventStream(
            lambda: self._core.post_stream(url, json, headers=headers, deadline=deadline)
        )

    def provider(self, name: str) -> Provider:
        """One provider, by name or alias. Raises `UnknownProvider` with the nearest names."""
        return Provider(self._core, self._core.provider(name).name)

    def health(self, model: str) -> TargetHealth:
        """How the target `model` (as `provider/model`) is doing, as this client sees it.

        Its breaker, and what is under way and waiting at its limits. Sends nothing. Raises
        `ConfigError` or `RequestError` for a name that leads nowhere.
        """
        return self._core.health(model)

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


class AsyncClient(AsyncOperationMethods):
    """Calls models on the running asyncio loop. One client may serve several loops in turn.

    The arguments are those of `Client`.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        keys: Mapping[str, str] | None = None,
        transport: Transport | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        if settings is None:
            settings = Settings.load()
        if transport is None:
            from fairlead.transports.curl import AsyncCurlTransport

            transport = AsyncCurlTransport(settings.transport_http(), settings.limits)
        self._core = Core(
            settings, transport=transport, runtime=AsyncRuntime(), observers=observers, keys=keys
        )

    async def chat(
        self, model: Model, messages: Messages, **options: Unpack[ChatOptions]
    ) -> ChatResponse:
        """Ask `model` (as `provider/model`, or a route) and return the finished answer.

        `messages` is a prompt, or a list of `Message`s or OpenAI-style dictionaries; the options
        are those of `ChatOptions`. Raises a `FairleadError`: `ConfigError` or `RequestError` before
        anything is sent, after that `ApiError` where the provider says no, `TransportError`,
        `DecodeError` or `DeadlineExceeded`, with a `receipt` that tells the attempts.
        """
        return await self._core.chat(model, messages, options)

    def stream(
        self, model: Model, messages: Messages, **options: Unpack[ChatOptions]
    ) -> AsyncStream:
        """The same, streamed: use it in an `async with` block, then `await stream.result()`.

        The request is sent when the block is entered. Raises like `chat`, and `StreamInterrupted`
        with the partial answer where the stream is cut.
        """
        return AsyncStream(lambda: self._core.stream(model, messages, options))

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
        return await self._core.post(url, json, headers=headers, deadline=deadline)

    def post_stream(
        self,
        url: str,
        json: object,
        *,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> AsyncEventStream[ServerEvent, PostResponse]:
        """The same for a server that answers in server-sent events or newline-delimited JSON.

        Each event is a `ServerEvent` with its text as `data`. The request is sent when the block is
        entered. Raises like `stream`.
        """
        return AsyncEventStream(
            lambda: self._core.post_stream(url, json, headers=headers, deadline=deadline)
        )

    def provider(self, name: str) -> AsyncProvider:
        """One provider, by name or alias. Raises `UnknownProvider` with the nearest names."""
        return AsyncProvider(self._core, self._core.provider(name).name)

    def health(self, model: str) -> TargetHealth:
        """How the target `model` (as `provider/model`) is doing, as this client sees it.

        Its breaker, and what is under way and waiting at its limits. Sends nothing. Raises
        `ConfigError` or `RequestError` for a name that leads nowhere.
        """
        return self._core.health(model)

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

    def __init__(self, core: Core, name: str) -> None:
        self._core = core
        self.name = name

    def check(self, model: str | None = None) -> CheckResult:
        """Test address, connection and key with the cheapest call that the provider has.

        Where it has none, or `model` is given, one token of chat is asked for, which is billed.
        Problems are told in the result, not raised.
        """
        return drive(self._core.check(self.name, model))

    def models(self) -> tuple[ModelInfo, ...]:
        """The provider's own list of models, in its order. Raises like `chat`.

        Raises `UnsupportedFeature` where the provider has no such list.
        """
        return drive(self._core.models(self.name))

    def rotate_key(self, new: str) -> None:
        """Use the key `new` from the next request on, in all calls of this client.

        Running calls keep theirs. Raises `ConfigError` where the provider takes no key.
        """
        self._core.rotate_key(self.name, new)


class AsyncProvider:
    """One provider of a client: what it is called, whether it answers, what it offers."""

    def __init__(self, core: Core, name: str) -> None:
        self._core = core
        self.name = name

    async def check(self, model: str | None = None) -> CheckResult:
        """Test address, connection and key with the cheapest call that the provider has.

        Where it has none, or `model` is given, one token of chat is asked for, which is billed.
        Problems are told in the result, not raised.
        """
        return await self._core.check(self.name, model)

    async def models(self) -> tuple[ModelInfo, ...]:
        """The provider's own list of models, in its order. Raises like `chat`.

        Raises `UnsupportedFeature` where the provider has no such list.
        """
        return await self._core.models(self.name)

    def rotate_key(self, new: str) -> None:
        """Use the key `new` from the next request on, in all calls of this client.

        Running calls keep theirs. Raises `ConfigError` where the provider takes no key.
        """
        self._core.rotate_key(self.name, new)
