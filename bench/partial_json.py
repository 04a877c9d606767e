"""CPU time and memory of reading a JSON document that comes in pieces, as tool arguments do."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import msgspec

from bench.measure import Work, cpu_microseconds, taking_turns
from bench.sizes import Sizes
from bench.table import Row
from fairlead.framing.partial_json import PartialJson

_SMALL = 20
"""Characters of one fragment, about what providers send."""
_LARGE = 16 << 10

_EDIT = {
    "path": "src/harbour/pilot.py",
    "line": 1042,
    "confidence": 0.875,
    "whole": False,
    "tags": ["naming", "tests"],
    "text": 'The line is led through the fairlead:\n\tif line == "slack":\n\t\thaul(3)\n' * 2,
}


def document(size: int) -> str:
    """Objects of short fields and some text, about `size` characters of them."""
    count = max(1, size // len(msgspec.json.encode(_EDIT)))
    return msgspec.json.encode({"edits": [_EDIT] * count}).decode()


def file_written(size: int) -> str:
    """The call of a tool that writes a file: one string of about `size` characters."""
    lines = str(_EDIT["text"])
    return msgspec.json.encode({"path": "pilot.py", "text": lines * (size // len(lines))}).decode()


def beside_a_parser(sizes: Sizes, limit: float) -> Row:
    """Small fragments, beside one parse of the whole text by a parser written in C."""
    text = document(sizes.json_characters)
    return _row("partial JSON", text, lambda: msgspec.json.decode(text), sizes, limit)


def beside_large_fragments(sizes: Sizes, limit: float) -> Row:
    """Small fragments, beside the same reader fed with large ones."""
    text = document(sizes.json_characters)
    return _row("partial JSON, small pieces", text, _reading(text, _LARGE), sizes, limit)


def one_string(sizes: Sizes, limit: float) -> Row:
    """The same of one long string."""
    text = file_written(sizes.json_characters)
    return _row("partial JSON, one string", text, _reading(text, _LARGE), sizes, limit)


def beside_short_documents(sizes: Sizes, limit: float) -> Row:
    """One document, beside a hundred of its hundredth: what is longer costs no more a character."""
    text = document(sizes.json_characters)
    read = _reading(document(len(text) // 100), _SMALL)

    def floor() -> None:
        for _ in range(100):
            read()

    return _row("partial JSON, long document", text, floor, sizes, limit)


def memory(sizes: Sizes, limit: float) -> Row:
    """The most that the reader and its value take together, beside the text."""
    text = document(sizes.json_characters)
    read = _reading(text, _SMALL)
    gc.collect()
    tracemalloc.start()
    try:
        read()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Row("partial JSON, memory", "MB", len(text) / 1e6, peak / 1e6, "ratio", limit)


def _row(name: str, text: str, floor: Callable[[], object], sizes: Sizes, limit: float) -> Row:
    subject = _reading(text, _SMALL)

    def cost(work: Callable[[], object]) -> float:
        return 1000 * cpu_microseconds(_called(work), len(text))

    low, high = taking_turns(lambda: cost(floor), lambda: cost(subject), sizes.rounds)
    return Row(name, "ns/char", low, high, "ratio", limit)


def _called(work: Callable[[], object]) -> Work:
    def call() -> None:
        work()

    return call


def _reading(text: str, size: int) -> Work:
    pieces = [text[place : place + size] for place in range(0, len(text), size)]

    def read() -> None:
        reader = PartialJson(max_size=len(text))
        for piece in pieces:
            reader.feed(piece)
        if not reader.complete:
            raise RuntimeError("this is not the document that was fed")

    return read
