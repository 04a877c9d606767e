"""Other clients in the blocking colour, by the methods of `BlockingFloor`; see `peers_asyncio`."""

from __future__ import annotations

from ssl import SSLContext

import httpx2
import openai
from openai import OpenAI

from bench import payloads
from bench.floor import Texts, headers, whole_text


class Httpx2:
    """httpx2."""

    def __init__(self, base_url: str, tls: SSLContext, *, http2: bool) -> None:
        self._url = f"{base_url}/chat/completions"
        self._client = httpx2.Client(http2=http2, verify=tls)

    def calls(self, count: int, concurrency: int) -> None:
        body = payloads.request_body(stream=False)
        for _ in range(count):
            answer = self._client.post(self._url, content=body, headers=headers(stream=False))
            answer.raise_for_status()
            assert whole_text(answer.content) == payloads.WHOLE_TEXT

    def stream(self) -> int:
        texts, body = Texts(), payloads.request_body(stream=True)
        asked = self._client.stream("POST", self._url, content=body, headers=headers(stream=True))
        with asked as answer:
            answer.raise_for_status()
            for data in answer.iter_bytes():
                texts.feed(data)
        return len(texts.pieces)

    def close(self) -> None:
        self._client.close()


class Sdk:
    """The official SDK of OpenAI, with its own settings of httpx2."""

    def __init__(self, base_url: str, tls: SSLContext, *, http2: bool) -> None:
        over = openai.DefaultHttpx2Client(http2=http2, verify=tls)
        self._client = OpenAI(base_url=base_url, api_key=payloads.KEY, http_client=over)

    def calls(self, count: int, concurrency: int) -> None:
        for _ in range(count):
            answer = self._client.chat.completions.create(
                model=payloads.MODEL, messages=[{"role": "user", "content": payloads.PROMPT}]
            )
            assert answer.choices[0].message.content == payloads.WHOLE_TEXT

    def stream(self) -> int:
        pieces = 0
        stream = self._client.chat.completions.create(
            model=payloads.MODEL,
            messages=[{"role": "user", "content": payloads.PROMPT}],
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in stream:
            pieces += sum(bool(choice.delta.content) for choice in chunk.choices)
        return pieces

    def close(self) -> None:
        self._client.close()
