"""A clock for tests: sleeping takes no time and moves it forward."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")


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

    async def blocking(self, function: Callable[[], _T]) -> _T:
        return function()

    async def once(
        self, key: str, make: Callable[[], Awaitable[_T]], *, within: float | None = None
    ) -> _T:
        return await make()

    def advance(self, seconds: float) -> None:
        self.clock += seconds
