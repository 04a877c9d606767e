"""Runs of whole calls that are stopped at every point where they wait, in both colours."""

from __future__ import annotations

import json
from asyncio import CancelledError
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from fairlead import Settings
from fairlead.auth.secret import Secret
from fairlead.core import Core
from fairlead.errors import FairleadError
from fairlead.ports import Observer
from fairlead.settings import ProviderSettings
from fairlead.testing.memory import Answer, MemoryTransport, sse
from fairlead.testing.runtime import FakeRuntime

KEY = "canary-7f3a9b-secret-key"
Scenario = Callable[[Core], Coroutine[Any, Any, object]]


class Points:
    """Counts where a run waits, and stops it at one of them."""

    def __init__(self, colour: str, stop_at: int | None) -> None:
        self.colour = colour
        self.stop_at = stop_at
        self.seen = 0

    async def wait(self) -> None:
        here, self.seen = self.seen, self.seen + 1
        if self.colour == "async":
            await _Suspended()
        elif here == self.stop_at:
            raise KeyboardInterrupt

    def run(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """To its end, or to where it is stopped. The stopping comes out."""
        passed = 0
        try:
            while True:
                if passed - 1 == self.stop_at:
                    coroutine.throw(CancelledError())  # it may still wait while it closes
                else:
                    coroutine.send(None)
                passed += 1
        except StopIteration:
            pass


class _Suspended:
    def __await__(self) -> Generator[None, None, None]:
        yield


class WaitingRuntime(FakeRuntime):
    def __init__(self, points: Points) -> None:
        super().__init__()
        self.points = points

    async def sleep(self, seconds: float) -> None:
        await self.points.wait()
        await super().sleep(seconds)


class WaitingTransport(MemoryTransport):
    """Waits once before everything it does."""

    def __init__(self, runtime: WaitingRuntime, answers: list[Answer | FairleadError]) -> None:
        super().__init__(runtime, answers)
        self.points = runtime.points

    async def send(self, request: Any, **limits: Any) -> Any:
        await self.points.wait()
        return _Waiting(await super().send(request, **limits), self.points)


class _Waiting:
    def __init__(self, inner: Any, points: Points) -> None:
        self._inner = inner
        self._points = points

    async def read(self, deadline: float) -> bytes:
        await self._points.wait()
        data: bytes = await self._inner.read(deadline)
        return data

    async def aclose(self) -> None:
        try:
            await self._points.wait()
        finally:
            await self._inner.aclose()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def settings() -> Settings:
    table = ProviderSettings(base_url="http://127.0.0.1:9/v1", key=Secret(KEY))
    return Settings(providers={"fake": table})


def core(points: Points, answers: list[Answer | FairleadError], *observers: Observer) -> Core:
    runtime = WaitingRuntime(points)
    transport = WaitingTransport(runtime, answers)
    return Core(settings(), transport=transport, runtime=runtime, observers=observers)


def whole(text: str = "hello") -> Answer:
    """A finished answer with usage."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    body = {"id": "c1", "object": "chat.completion", "model": "m-1", "choices": [choice]}
    return Answer((json.dumps(body | {"usage": usage}).encode(),))


def streamed(*texts: str) -> Answer:
    """The same in events."""
    chunks = [json.dumps(_chunk({"content": text}, None)) for text in texts]
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    last = json.dumps(_chunk({}, "stop") | {"usage": usage})
    return sse(*chunks, last, "[DONE]")


def _chunk(delta: dict[str, str], finish: str | None) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m-1", "choices": [choice]}
