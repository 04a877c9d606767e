"""What is measured: fairlead's public clients, with a provider of the user's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from itertools import count

from msgspec import Struct

from bench import payloads
from fairlead import AsyncClient, ChatResponse, Client, Settings, TextDelta
from fairlead.auth.secret import Secret
from fairlead.ports import Observer
from fairlead.settings import ProviderSettings


class Setup(Struct, frozen=True):
    """A client as its user has set it up. With `repeats` every call asks the same."""

    settings: Settings
    model: str
    observer: Callable[[], Observer] | None = None
    repeats: bool = True

    @property
    def observers(self) -> tuple[Observer, ...]:
        return () if self.observer is None else (self.observer(),)


def plain(base_url: str) -> Setup:
    """As it comes, with a provider of the user's own."""
    own = ProviderSettings(base_url=base_url, key=Secret(payloads.KEY))
    return Setup(Settings(providers={"bench": own}), f"bench/{payloads.MODEL}")


class _Prompts:
    """What is asked: the same every time, or never the same twice."""

    def __init__(self, *, repeats: bool) -> None:
        self._repeats = repeats
        self._numbers = count()

    def next(self) -> str:
        return payloads.PROMPT if self._repeats else f"{next(self._numbers)}: {payloads.PROMPT}"


def _check(answer: ChatResponse, pieces: int) -> None:
    assert answer.text == payloads.PIECE * pieces
    assert answer.usage is not None
    assert answer.receipt.attempts[0].status == 200


class BlockingSubject:
    """`Client`, by the methods of `BlockingFloor`."""

    def __init__(self, setup: Setup) -> None:
        self._client = Client(setup.settings, observers=setup.observers)
        self._model = setup.model
        self._prompts = _Prompts(repeats=setup.repeats)
        self._open = ExitStack()

    def calls(self, count: int, concurrency: int) -> None:
        for _ in range(count):
            answer = self._client.chat(self._model, self._prompts.next())
            assert answer.text == payloads.WHOLE_TEXT

    def stream(self) -> int:
        pieces = 0
        with self._client.stream(self._model, self._prompts.next()) as stream:
            for event in stream:
                if type(event) is TextDelta:
                    pieces += 1
            _check(stream.result(), pieces)
        return pieces

    def open_streams(self, count: int) -> None:
        for _ in range(count):
            events = iter(
                self._open.enter_context(self._client.stream(self._model, self._prompts.next()))
            )
            while type(next(events)) is not TextDelta:
                pass

    def close(self) -> None:
        self._open.close()
        self._client.close()


class AsyncSubject:
    """`AsyncClient`, by the methods of `AsyncFloor`."""

    def __init__(self, setup: Setup) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(setup.settings, observers=setup.observers)
        self._model = setup.model
        self._prompts = _Prompts(repeats=setup.repeats)
        self._open = AsyncExitStack()

    def calls(self, count: int, concurrency: int) -> None:
        self._runner.run(self._calls(count, concurrency))

    def stream(self) -> int:
        return self._runner.run(self._stream())

    def streams(self, streams: int) -> int:
        """So many at once, to their ends; the pieces of text of all."""
        return self._runner.run(self._streams(streams))

    def open_streams(self, count: int) -> None:
        self._runner.run(self._open_all(count))

    def close(self) -> None:
        self._runner.run(self._close())
        self._runner.close()

    async def _calls(self, count: int, concurrency: int) -> None:
        async def work() -> None:
            for _ in range(count // concurrency):
                answer = await self._client.chat(self._model, self._prompts.next())
                assert answer.text == payloads.WHOLE_TEXT

        await asyncio.gather(*[work() for _ in range(concurrency)])

    async def _stream(self) -> int:
        pieces = 0
        async with self._client.stream(self._model, self._prompts.next()) as stream:
            async for event in stream:
                if type(event) is TextDelta:
                    pieces += 1
            _check(await stream.result(), pieces)
        return pieces

    async def _streams(self, streams: int) -> int:
        return sum(await asyncio.gather(*[self._stream() for _ in range(streams)]))

    async def _open_all(self, count: int) -> None:
        async def first_text() -> None:
            opened = self._client.stream(self._model, self._prompts.next())
            stream = await self._open.enter_async_context(opened)
            while type(await anext(stream)) is not TextDelta:
                pass

        await asyncio.gather(*[first_text() for _ in range(count)])

    async def _close(self) -> None:
        await self._open.aclose()
        await self._client.aclose()
