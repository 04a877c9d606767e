"""What both floors share: bare easy handles, blocks cut at blank lines, a Struct of text alone."""

from __future__ import annotations

import msgspec
import pycurl
from msgspec import Struct

from bench import payloads

_BLANK_LINE = b"\n\n"
_DONE = b"data: [DONE]"
_UPLOAD_BUFFER = 16 << 10
"""The least that libcurl takes; it keeps it as long as an exchange lasts."""


class _Delta(Struct):
    content: str | None = None


class _Choice(Struct):
    delta: _Delta


class _Chunk(Struct):
    choices: list[_Choice]


class _Message(Struct):
    content: str


class _WholeChoice(Struct):
    message: _Message


class _Whole(Struct):
    choices: list[_WholeChoice]


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_decode_whole = msgspec.json.Decoder(_Whole).decode


def whole_text(body: bytes) -> str:
    return _decode_whole(body).choices[0].message.content


class Texts:
    """The pieces of text in the bytes of a stream."""

    __slots__ = ("_rest", "pieces")

    def __init__(self) -> None:
        self._rest = b""
        self.pieces: list[str] = []

    def feed(self, data: bytes) -> None:
        *blocks, self._rest = (self._rest + data).split(_BLANK_LINE)
        for block in blocks:
            if block == _DONE:
                continue
            for choice in _decode_chunk(block[6:]).choices:
                if choice.delta.content:
                    self.pieces.append(choice.delta.content)


def headers(*, stream: bool) -> dict[str, str]:
    """The same as fairlead's."""
    return {
        "Content-Type": "application/json",
        "Accept": "text/event-stream" if stream else "application/json",
        "Authorization": f"Bearer {payloads.KEY}",
    }


def easy_handle(base_url: str, *, stream: bool) -> pycurl.Curl:
    """A handle that is ready for its body."""
    easy = pycurl.Curl()
    easy.setopt(pycurl.URL, f"{base_url}/chat/completions")
    easy.setopt(pycurl.POST, 1)
    easy.setopt(pycurl.NOSIGNAL, 1)
    easy.setopt(pycurl.UPLOAD_BUFFERSIZE, _UPLOAD_BUFFER)
    easy.setopt(
        pycurl.HTTPHEADER,
        ["Expect:", *(f"{name}: {value}" for name, value in headers(stream=stream).items())],
    )
    return easy


def check_status(easy: pycurl.Curl) -> None:
    status = easy.getinfo(pycurl.RESPONSE_CODE)
    if status != 200:
        raise RuntimeError(f"the server of the benchmark answered {status}")
