"""The least that decoding a stream of text can cost: cut at the marks, decode the text, keep it.

For each dialect a Struct of its text alone. Nothing is checked: no checksum, no kind of event.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

_Split = Callable[[bytes], tuple[list[bytes], bytes]]
_lengths = struct.Struct(">II").unpack_from


class _Text(Struct):
    text: str | None = None


class _Content(Struct):
    content: str | None = None


class _TextDelta(Struct):
    delta: str | None = None


class _Choice(Struct):
    delta: _Content


class _Chat(Struct):
    choices: list[_Choice]


class _Block(Struct):
    delta: _Text | None = None


class _Parts(Struct):
    parts: list[_Text]


class _Candidate(Struct):
    content: _Parts


class _Candidates(Struct):
    candidates: list[_Candidate]


class _Said(Struct):
    content: _Text | list[object] | None = None


class _CohereDelta(Struct):
    message: _Said | None = None


class _Cohere(Struct):
    delta: _CohereDelta | None = None


class _Line(Struct):
    message: _Content


def _of_chat(event: Any) -> str | None:
    choices = event.choices
    return choices[0].delta.content if choices else None


def _of_delta(event: Any) -> str | None:
    found: str | None = event.delta
    return found


def _of_block(event: Any) -> str | None:
    return event.delta.text if event.delta is not None else None


def _of_candidates(event: Any) -> str | None:
    found: str | None = event.candidates[0].content.parts[0].text
    return found


def _of_message(event: Any) -> str | None:
    found: str | None = event.message.content
    return found


def _of_cohere(event: Any) -> str | None:
    delta = event.delta
    if delta is None or delta.message is None or type(delta.message.content) is not _Text:
        return None
    text: str | None = delta.message.content.text
    return text


def _blocks(mark: bytes, ahead: bytes) -> _Split:
    """Blocks that end in `mark`; their JSON stands behind the first `ahead`."""

    def split(data: bytes) -> tuple[list[bytes], bytes]:
        *blocks, rest = data.split(mark)
        return [block.partition(ahead)[2] for block in blocks], rest

    return split


def _lines(data: bytes) -> tuple[list[bytes], bytes]:
    *lines, rest = data.split(b"\n")
    return lines, rest


def _frames(data: bytes) -> tuple[list[bytes], bytes]:
    found, place, end = [], 0, len(data)
    while place + 12 <= end:
        total, headers = _lengths(data, place)
        if place + total > end:
            break
        found.append(data[place + 12 + headers : place + total - 4])
        place += total
    return found, data[place:]


_EVENTS = _blocks(b"\n\n", b"data: ")
_WAYS: dict[str, tuple[_Split, type[Struct], Callable[[Any], str | None]]] = {
    "openai_chat": (_EVENTS, _Chat, _of_chat),
    "openai_responses": (_EVENTS, _TextDelta, _of_delta),
    "anthropic_messages": (_EVENTS, _Block, _of_block),
    "gemini": (_blocks(b"\r\n\r\n", b"data: "), _Candidates, _of_candidates),
    "bedrock_converse": (_frames, _Block, _of_block),
    "cohere": (_EVENTS, _Cohere, _of_cohere),
    "ollama": (_lines, _Line, _of_message),
    "ag_ui": (_EVENTS, _TextDelta, _of_delta),
}


def text_of(dialect: str, reads: list[bytes]) -> str:
    """The text of a stream that comes in these reads."""
    split, shape, text = _WAYS[dialect]
    decode = msgspec.json.Decoder(shape).decode
    pieces, rest = [], b""
    for data in reads:
        found, rest = split(rest + data)
        for payload in found:
            if payload == b"[DONE]":
                continue
            piece = text(decode(payload))
            if piece:
                pieces.append(piece)
    return "".join(pieces)
