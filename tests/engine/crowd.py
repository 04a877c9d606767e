"""Many calls at once on a virtual clock: an event loop whose time passes when nobody is busy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from fairlead.engine.call import Call
from fairlead.engine.codecs import PlainCodec
from fairlead.engine.guards import Guards
from fairlead.engine.layers.retry import RetryBudgets
from fairlead.engine.runtime import AsyncRuntime
from fairlead.engine.stack import build
from fairlead.engine.watching import Watching
from fairlead.policies.retry import RetryPolicy
from fairlead.ports import Limits, Timeouts
from fairlead.types.http import ConnectionFacts, Headers, HttpRequest

_LIMITS = Limits()
_TIMEOUTS = Timeouts()


class VirtualLoop(asyncio.SelectorEventLoop):
    """Jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 1000.0

    def time(self) -> float:
        return self._virtual

    def _run_once(self) -> None:
        timers = [timer._when for timer in self._scheduled if not timer._cancelled]
        if not self._ready and timers:
            self._virtual = max(self._virtual, min(timers))
        super()._run_once()


class VirtualRuntime(AsyncRuntime):
    """Goes by the loop's clock."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self.now = loop.time
        self.wall = lambda: 1_700_000_000.0 + loop.time()


class Provider:
    """Satisfies `ports.Transport`: each answer takes `seconds`, and `answer` says its status.

    It is told how many requests are under way, this one included, and the time.
    """

    def __init__(
        self, loop: VirtualLoop, answer: Callable[[int, float], int], seconds: float = 1.0
    ) -> None:
        self._loop = loop
        self._answer = answer
        self._seconds = seconds
        self.under_way = 0
        self.most = 0
        self.sent: list[float] = []
        self.names: list[str] = []

    async def send(self, request: HttpRequest, *, deadline: float, timeouts: Timeouts) -> Any:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.sent.append(self._loop.time())
        self.names.append(request.url.rpartition("/")[2])
        try:
            status = self._answer(self.under_way, self._loop.time())
            if status in (429, 529):  # refusals come at once
                await asyncio.sleep(self._seconds / 10)
            else:
                await asyncio.sleep(self._seconds)
        except BaseException:
            self.under_way -= 1
            raise
        return _Response(self, status)

    async def aclose(self) -> None:
        pass


class _Response:
    headers = Headers((("content-type", "application/json"),))

    def __init__(self, provider: Provider, status: int) -> None:
        self._provider: Provider | None = provider
        self.status = status
        self.facts = ConnectionFacts("1.1", connect=0.0, first_byte=0.0)
        self._body = [b"{}"]

    async def read(self, deadline: float) -> bytes:
        return self._body.pop() if self._body else b""

    async def aclose(self) -> None:
        if self._provider is not None:
            self._provider.under_way -= 1
            self._provider = None


class Crowd:
    """One client and one provider on one virtual loop."""

    def __init__(
        self,
        answer: Callable[[int, float], int],
        guards: Guards,
        *,
        retries: int = 0,
        seconds: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.loop = VirtualLoop()
        self.dice = Random(seed)
        self.runtime = VirtualRuntime(self.loop)
        self.provider = Provider(self.loop, answer, seconds)
        self.guards = guards
        self.handler = build(
            transport=self.provider,
            runtime=self.runtime,
            retries=RetryPolicy(max_retries=retries),
            budgets=RetryBudgets(ratio=0.2, floor=10),
            watching=Watching(()),
            random=self.dice.random,
            guards=guards,
        )

    async def call(self, name: str = "", *, allowed: float = 600.0) -> Call[Any, Any]:
        url = f"https://agent/{name}"
        codec = PlainCodec("POST", url, b"{}", target="agent/run", stream=False, limits=_LIMITS)
        call: Call[Any, Any] = Call(
            operation="post",
            target="agent/run",
            codec=codec,
            credential=None,
            stream=False,
            timeouts=_TIMEOUTS,
            limits=_LIMITS,
            started=self.runtime.now(),
            allowed=allowed,
            whole_timeout=600.0,
        )
        await self.handler(call)
        return call

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        try:
            return self.loop.run_until_complete(main)
        finally:
            self.loop.close()
