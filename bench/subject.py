"""What is measured: fairlead's public clients, with a provider of the user's own."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack

from bench import payloads
from fairlead import AsyncClient, ChatResponse, Client, Settings, TextDelta
from fairlead.auth.secret import Secret
from fairlead.settings import ProviderSettings

_MODEL = f"bench/{payloads.MODEL}"


def _settings(base_url: str) -> Settings:
    key = Secret(payloads.KEY)
    return Settings(providers={"bench": ProviderSettings(base_url=base_url, key=key)})


def _check(answer: ChatResponse, pieces: int) -> None:
    assert answer.text == payloads.PIECE * pieces
    assert answer.usage is not None
    assert answer.receipt.attempts[0].status == 200


class BlockingSubject:
    """`Client`, by the methods of `BlockingFloor`."""

    def __init__(self, base_url: str) -> None:
        self._client = Client(_settings(base_url))
        self._open = ExitStack()

    def calls(self, count: int, concurrency: int) -> None:
        for _ in range(count):
            assert self._client.chat(_MODEL, payloads.PROMPT).text == payloads.WHOLE_TEXT

    def stream(self) -> int:
        pieces = 0
        with self._client.stream(_MODEL, payloads.PROMPT) as stream:
            for event in stream:
                if type(event) is TextDelta:
                    pieces += 1
            _check(stream.result(), pieces)
        return pieces

    def open_streams(self, count: int) -> None:
        for _ in range(count):
            events = iter(self._open.enter_context(self._client.stream(_MODEL, payloads.PROMPT)))
            while type(next(events)) is not TextDelta:
                pass

    def close(self) -> None:
        self._open.close()
        self._client.close()


class AsyncSubject:
    """`AsyncClient`, by the methods of `AsyncFloor`."""

    def __init__(self, base_url: str) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(_settings(base_url))
        self._open = AsyncExitStack()

    def calls(self, count: int, concurrency: int) -> None:
        self._runner.run(self._calls(count, concurrency))

    def stream(self) -> int:
        return self._runner.run(self._stream())

    def open_streams(self, count: int) -> None:
        self._runner.run(self._open_all(count))

    def close(self) -> None:
        self._runner.run(self._close())
        self._runner.close()

    async def _calls(self, count: int, concurrency: int) -> None:
        async def work() -> None:
            for _ in range(count // concurrency):
                answer = await self._client.chat(_MODEL, payloads.PROMPT)
                assert answer.text == payloads.WHOLE_TEXT

        await asyncio.gather(*[work() for _ in range(concurrency)])

    async def _stream(self) -> int:
        pieces = 0
        async with self._client.stream(_MODEL, payloads.PROMPT) as stream:
            async for event in stream:
                if type(event) is TextDelta:
                    pieces += 1
            _check(await stream.result(), pieces)
        return pieces

    async def _open_all(self, count: int) -> None:
        async def first_text() -> None:
            opened = self._client.stream(_MODEL, payloads.PROMPT)
            stream = await self._open.enter_async_context(opened)
            while type(await anext(stream)) is not TextDelta:
                pass

        await asyncio.gather(*[first_text() for _ in range(count)])

    async def _close(self) -> None:
        await self._open.aclose()
        await self._client.aclose()
