"""The floor of the blocking colour: one bare easy handle, performed again and again."""

from __future__ import annotations

import pycurl

from bench import payloads
from bench.floor import Texts, check_status, easy_handle, whole_text


class BlockingFloor:
    """Answers are complete when a method returns."""

    def __init__(self, base_url: str) -> None:
        self._whole = easy_handle(base_url, stream=False)
        self._stream = easy_handle(base_url, stream=True)
        self._whole_body = payloads.request_body(stream=False)
        self._stream_body = payloads.request_body(stream=True)

    def calls(self, count: int, concurrency: int) -> None:
        """`count` calls, one after another."""
        easy, body = self._whole, self._whole_body
        for _ in range(count):
            chunks: list[bytes] = []
            easy.setopt(pycurl.WRITEFUNCTION, chunks.append)
            easy.setopt(pycurl.POSTFIELDS, body)
            easy.perform()
            check_status(easy)
            assert whole_text(b"".join(chunks)) == payloads.WHOLE_TEXT

    def stream(self) -> int:
        """One stream to its end; the number of pieces of text."""
        easy, texts = self._stream, Texts()
        easy.setopt(pycurl.WRITEFUNCTION, texts.feed)
        easy.setopt(pycurl.POSTFIELDS, self._stream_body)
        easy.perform()
        check_status(easy)
        return len(texts.pieces)

    def close(self) -> None:
        self._whole.close()
        self._stream.close()
