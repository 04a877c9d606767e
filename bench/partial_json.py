"""CPU time of reading a JSON document that comes in pieces, as tool arguments do."""

from __future__ import annotations

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


def beside_a_parser(sizes: Sizes, limit: float) -> Row:
    """Small fragments, beside one parse of the whole text by a parser written in C."""
    text = document(sizes.json_characters)
    return _row("partial JSON", text, lambda: msgspec.json.decode(text), sizes, limit)


def beside_large_fragments(sizes: Sizes, limit: float) -> Row:
    """Small fragments, beside the same reader fed with large ones."""
    text = document(sizes.json_characters)
    return _row("partial JSON, small pieces", text, _reading(text, _LARGE), sizes, limit)


def beside_short_documents(sizes: Sizes, limit: float) -> Row:
    """One document, beside a hundred of its hundredth: what is longer costs no more a character."""
    text = document(sizes.json_characters)
    read = _reading(document(len(text) // 100), _SMALL)

    def floor() -> None:
        for _ in range(100):
            read()

    return _row("partial JSON, long document", text, floor, sizes, limit)


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
