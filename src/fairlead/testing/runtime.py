"""A clock for tests: sleeping takes no time and moves it forward."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")


class FakeWaiter:
    """Nobody else runs while it waits, so that only what came before can wake it."""

    def __init__(self, runtime: FakeRuntime) -> None:
        self._runtime = runtime
        self._woken = False

    def wake(self) -> None:
        self._woken = True

    async def wait(self, until: float) -> None:
        if not self._woken and until > self._runtime.clock:
            self._runtime.slept.append(until - self._runtime.clock)
            self._runtime.clock = until
        self._woken = False


class FakeRuntime:
    """Satisfies `ports.Runtime`. `slept` lists every wait, in seconds."""

    def __init__(self, start: float = 1000.0) -> None:
        self.clock = start
        self.slept: list[float] = []

    def now(self) -> float:
        return self.clock

    def wall(self) -> float:
        return 1_700_000_000.0 + self.clock

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock += seconds

    def waiter(self) -> FakeWaiter:
        return FakeWaiter(self)

    async def blocking(self, function: Callable[[], _T]) -> _T:
        return function()

    async def once(
        self, key: str, make: Callable[[], Awaitable[_T]], *, within: float | None = None
    ) -> _T:
        return await make()

    def advance(self, seconds: float) -> None:
        self.clock += seconds
