"""Both colours behind one blocking face, so that every test of the client runs in both."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextvars import copy_context
from functools import partial
from typing import Any

import pytest
from tests.adapters import CANNOT, adapter, declared

from fairlead import AsyncClient, Client, Settings
from fairlead.auth.secret import Secret
from fairlead.ports import Limits, Timeouts, Transport
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.transports.adapting import INABILITIES

KEY = "sk-test-0123456789"


def settings_for(
    url: str, *, dialect: str = "openai_chat", quirks: Any = None, **changes: Any
) -> Settings:
    """Settings with one custom provider, `fake`, at `url`. Nothing is retried unless asked for."""
    changes.setdefault("retry", RetrySettings(max_retries=0))
    provider = ProviderSettings(
        base_url=f"{url}/v1", key=Secret(KEY), dialect=dialect, quirks=quirks or {}
    )
    return Settings(providers={"fake": provider}, **changes)


class Blocking:
    """`Client` as it is."""

    def __init__(self, settings: Settings, **arguments: Any) -> None:
        self.client = Client(settings, **arguments)

    def chat(self, model: str, messages: Any, **options: Any) -> Any:
        return self.client.chat(model, messages, **options)

    def stream(self, model: str, messages: Any, **options: Any) -> tuple[list[Any], Any]:
        with self.client.stream(model, messages, **options) as stream:
            return list(stream), stream.result()

    def first(self, count: int, model: str, messages: Any, **options: Any) -> tuple[list[Any], Any]:
        """Read `count` events, leave the block, and return the stream."""
        events = []
        with self.client.stream(model, messages, **options) as stream:
            for event in stream:
                events.append(event)
                if len(events) == count:
                    break
        return events, stream

    def text(self, model: str, messages: Any, **options: Any) -> list[str]:
        with self.client.stream(model, messages, **options) as stream:
            return list(stream.text)

    def post(self, *arguments: Any, **options: Any) -> Any:
        return self.client.post(*arguments, **options)

    def post_stream(self, *arguments: Any, **options: Any) -> tuple[list[Any], Any]:
        with self.client.post_stream(*arguments, **options) as stream:
            return list(stream), stream.result()

    def check(self, name: str, model: str | None = None) -> Any:
        return self.client.provider(name).check(model)

    def models(self, name: str) -> Any:
        return self.client.provider(name).models()

    def do(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Any method that waits for one answer."""
        return getattr(self.client, operation)(*arguments, **options)

    def completion(self, *arguments: Any, **options: Any) -> tuple[list[Any], Any]:
        with self.client.stream_completion(*arguments, **options) as stream:
            return list(stream), stream.result()

    def spoken(self, *arguments: Any, **options: Any) -> tuple[list[bytes], Any]:
        with self.client.speak(*arguments, **options) as speech:
            return list(speech), speech.result()

    def read_speech(self, *arguments: Any, **options: Any) -> bytes:
        return self.client.speak(*arguments, **options).read()

    def save_speech(self, path: Any, *arguments: Any, **options: Any) -> Any:
        return self.client.speak(*arguments, **options).save(path)

    def events(self, operation: str, *arguments: Any, **options: Any) -> tuple[list[Any], Any]:
        """All events of any method that streams, and its result."""
        with getattr(self.client, operation)(*arguments, **options) as stream:
            return list(stream), stream.result()

    def rotate_key(self, name: str, new: str) -> None:
        self.client.provider(name).rotate_key(new)

    def close(self) -> None:
        self.client.close()


class Asynchronous:
    """`AsyncClient`, each call run to its end on one loop."""

    def __init__(self, settings: Settings, **arguments: Any) -> None:
        self.client = AsyncClient(settings, **arguments)
        self._runner = asyncio.Runner()

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """In the context of the test: a runner would keep that of its first run."""
        return self._runner.run(coroutine, context=copy_context())

    def chat(self, model: str, messages: Any, **options: Any) -> Any:
        return self._run(self.client.chat(model, messages, **options))

    def stream(self, model: str, messages: Any, **options: Any) -> tuple[list[Any], Any]:
        async def run() -> tuple[list[Any], Any]:
            async with self.client.stream(model, messages, **options) as stream:
                return [event async for event in stream], await stream.result()

        return self._run(run())

    def first(self, count: int, model: str, messages: Any, **options: Any) -> tuple[list[Any], Any]:
        async def run() -> tuple[list[Any], Any]:
            events = []
            async with self.client.stream(model, messages, **options) as stream:
                async for event in stream:
                    events.append(event)
                    if len(events) == count:
                        break
            return events, stream

        return self._run(run())

    def text(self, model: str, messages: Any, **options: Any) -> list[str]:
        async def run() -> list[str]:
            async with self.client.stream(model, messages, **options) as stream:
                return [piece async for piece in stream.text]

        return self._run(run())

    def post(self, *arguments: Any, **options: Any) -> Any:
        return self._run(self.client.post(*arguments, **options))

    def post_stream(self, *arguments: Any, **options: Any) -> tuple[list[Any], Any]:
        async def run() -> tuple[list[Any], Any]:
            async with self.client.post_stream(*arguments, **options) as stream:
                return [event async for event in stream], await stream.result()

        return self._run(run())

    def check(self, name: str, model: str | None = None) -> Any:
        return self._run(self.client.provider(name).check(model))

    def models(self, name: str) -> Any:
        return self._run(self.client.provider(name).models())

    def do(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Any method that waits for one answer."""
        return self._run(getattr(self.client, operation)(*arguments, **options))

    def completion(self, *arguments: Any, **options: Any) -> tuple[list[Any], Any]:
        async def run() -> tuple[list[Any], Any]:
            async with self.client.stream_completion(*arguments, **options) as stream:
                return [event async for event in stream], await stream.result()

        return self._run(run())

    def spoken(self, *arguments: Any, **options: Any) -> tuple[list[bytes], Any]:
        async def run() -> tuple[list[bytes], Any]:
            async with self.client.speak(*arguments, **options) as speech:
                return [piece async for piece in speech], await speech.result()

        return self._run(run())

    def read_speech(self, *arguments: Any, **options: Any) -> bytes:
        return self._run(self.client.speak(*arguments, **options).read())

    def save_speech(self, path: Any, *arguments: Any, **options: Any) -> Any:
        return self._run(self.client.speak(*arguments, **options).save(path))

    def events(self, operation: str, *arguments: Any, **options: Any) -> tuple[list[Any], Any]:
        """All events of any method that streams, and its result."""

        async def run() -> tuple[list[Any], Any]:
            async with getattr(self.client, operation)(*arguments, **options) as stream:
                return [event async for event in stream], await stream.result()

        return self._run(run())

    def rotate_key(self, name: str, new: str) -> None:
        self.client.provider(name).rotate_key(new)

    def close(self) -> None:
        self._run(self.client.aclose())
        self._runner.close()


class Opener:
    """Makes clients of one colour and closes them after the test."""

    def __init__(self, kind: type[Blocking | Asynchronous]) -> None:
        self._kind = kind
        self._opened: list[Blocking | Asynchronous] = []

    def __call__(self, settings: Settings, **arguments: Any) -> Blocking | Asynchronous:
        client = self._kind(settings, **arguments)
        self._opened.append(client)
        return client

    def at(self, url: str, **changes: Any) -> Blocking | Asynchronous:
        return self(settings_for(url, **changes))

    def close(self) -> None:
        for client in self._opened:
            client.close()


COLOURS = {"blocking": Blocking, "asynchronous": Asynchronous}
ADAPTERS = ("httpx2", "aiohttp")
ONLY_WHEN_ASKED = frozenset(
    {
        "test_bad_input",
        "test_bad_resilience",
        "test_bad_tools",
        "test_budgets",
        "test_cloud_credentials",
        "test_cost",
        "test_explain",
        "test_limits",
        "test_local_extract",
        "test_local_model",
        "test_local_operations",
        "test_logins",
        "test_observers",
        "test_reload",
        "test_run",
        "test_run_cost",
        "test_run_dialects",
        "test_run_edges",
        "test_secrets",
        "test_tool_progress",
        "test_unruly_observers",
    }
)
"""Modules that are slow, or of which a transport decides little: over an adapter when asked for.

All others always run over the adapters too.
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    asked = os.environ.get("FAIRLEAD_TRANSPORT", "curl")
    module = metafunc.module.__name__.rpartition(".")[2]
    kinds = [asked]
    if module not in ONLY_WHEN_ASKED and asked == "curl":
        asks = metafunc.definition.get_closest_marker("asks")
        wanted = set(asks.args) if asks else set()
        kinds += [kind for kind in ADAPTERS if not wanted & CANNOT[kind]]
    if any(
        "carried_by" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")
    ):
        return
    if "opened" not in metafunc.fixturenames:
        if kinds != ["curl"]:
            metafunc.parametrize("carried_by", kinds, indirect=True)
        return
    pairs = [(kind, colour) for kind in kinds for colour in COLOURS if _has(kind, colour)]
    names = [f"{colour}-{kind}" if kind != "curl" else colour for kind, colour in pairs]
    metafunc.parametrize(("carried_by", "opened"), pairs, ids=names, indirect=True)


def _has(kind: str, colour: str) -> bool:
    return colour != "blocking" or "blocking" not in CANNOT.get(kind, ())


@pytest.fixture(autouse=True)
def carried_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The library that clients of the test send through, unless they are given a transport."""
    kind: str = getattr(request, "param", "curl")
    if kind == "curl":
        return kind
    for ability in declared(request, kind):
        pytest.skip(f"declared: {kind} cannot {INABILITIES[ability]}")

    def usual(settings: Settings, *, blocking: bool) -> Transport:
        http = settings.transport_http()
        return adapter(kind, blocking=blocking, limits=settings.limits, http=http)

    if kind != "aiohttp":
        monkeypatch.setattr("fairlead.client._blocking_curl", partial(usual, blocking=True))
    monkeypatch.setattr("fairlead.client._async_curl", partial(usual, blocking=False))
    return kind


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Of both colours, over each transport that has it."""
    opener = Opener(COLOURS[request.param])
    yield opener
    opener.close()


@pytest.fixture
def quick() -> dict[str, Any]:
    """Settings that make the waits for silence short enough for a test, and caps small."""
    return {
        "timeouts": Timeouts(connect=20, pool=20, first_event=0.5, idle=0.5, progress=20, total=60),
        "limits": Limits(line=64 << 10, event=256 << 10, tool_arguments=32 << 10, total=1 << 20),
    }
