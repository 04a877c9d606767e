"""Other clients in the asyncio colour, by the methods of `AsyncFloor`.

Those that know HTTP and nothing else do what the floor does: a body written beforehand, events cut
at blank lines, the text decoded with msgspec. The SDK does what its users have it do.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from ssl import SSLContext

import aiohttp
import httpx2
import openai
from openai import AsyncOpenAI

from bench import payloads
from bench.floor import Texts, headers, whole_text


class _Peer(ABC):
    """An event loop of its own, on which one exchange follows another."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def calls(self, count: int, concurrency: int) -> None:
        """`count` calls, one after another."""
        self._runner.run(self._calls(count))

    def stream(self) -> int:
        """One stream to its end; the number of pieces of text."""
        return self._runner.run(self._stream())

    def close(self) -> None:
        self._runner.run(self._close())
        self._runner.close()

    async def _calls(self, count: int) -> None:
        for _ in range(count):
            assert await self._call() == payloads.WHOLE_TEXT

    @abstractmethod
    async def _call(self) -> str: ...

    @abstractmethod
    async def _stream(self) -> int: ...

    @abstractmethod
    async def _close(self) -> None: ...


class AsyncHttpx2(_Peer):
    """httpx2."""

    def __init__(self, base_url: str, tls: SSLContext, *, http2: bool) -> None:
        super().__init__()
        self._url = f"{base_url}/chat/completions"
        self._client = httpx2.AsyncClient(http2=http2, verify=tls)

    async def _call(self) -> str:
        body = payloads.request_body(stream=False)
        answer = await self._client.post(self._url, content=body, headers=headers(stream=False))
        answer.raise_for_status()
        return whole_text(answer.content)

    async def _stream(self) -> int:
        texts, body = Texts(), payloads.request_body(stream=True)
        asked = self._client.stream("POST", self._url, content=body, headers=headers(stream=True))
        async with asked as answer:
            answer.raise_for_status()
            async for data in answer.aiter_bytes():
                texts.feed(data)
        return len(texts.pieces)

    async def _close(self) -> None:
        await self._client.aclose()


class Aiohttp(_Peer):
    """aiohttp, which speaks HTTP/1.1 alone."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._url = f"{base_url}/chat/completions"
        self._session = self._runner.run(self._open())

    async def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(raise_for_status=True)

    async def _call(self) -> str:
        body = payloads.request_body(stream=False)
        asked = self._session.post(self._url, data=body, headers=headers(stream=False))
        async with asked as answer:
            return whole_text(await answer.read())

    async def _stream(self) -> int:
        texts, body = Texts(), payloads.request_body(stream=True)
        asked = self._session.post(self._url, data=body, headers=headers(stream=True))
        async with asked as answer:
            async for data in answer.content.iter_any():
                texts.feed(data)
        return len(texts.pieces)

    async def _close(self) -> None:
        await self._session.close()


class AsyncSdk(_Peer):
    """The official SDK of OpenAI, with its own settings of httpx2."""

    def __init__(self, base_url: str, tls: SSLContext, *, http2: bool) -> None:
        super().__init__()
        over = openai.DefaultAsyncHttpx2Client(http2=http2, verify=tls)
        self._client = AsyncOpenAI(base_url=base_url, api_key=payloads.KEY, http_client=over)

    async def _call(self) -> str:
        answer = await self._client.chat.completions.create(
            model=payloads.MODEL, messages=[{"role": "user", "content": payloads.PROMPT}]
        )
        return answer.choices[0].message.content or ""

    async def _stream(self) -> int:
        pieces = 0
        stream = await self._client.chat.completions.create(
            model=payloads.MODEL,
            messages=[{"role": "user", "content": payloads.PROMPT}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            pieces += sum(bool(choice.delta.content) for choice in chunk.choices)
        return pieces

    async def _close(self) -> None:
        await self._client.close()
