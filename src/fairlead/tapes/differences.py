"""In what two requests differ, in lines that a person can read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from fairlead.tapes.matching import Sought

_MOST = 6
_WIDTH = 60
_NOTHING = "nothing"


def differences(asked: Sought, taped: Sought) -> list[str]:
    """At most six lines; the last says so where there are more."""
    lines = list(islice(_all(asked, taped), _MOST + 1))
    if len(lines) > _MOST:
        lines[_MOST:] = ["and more"]
    return lines


def _all(asked: Sought, taped: Sought) -> Iterator[str]:
    for name in ("method", "origin", "path", "query"):
        ours, theirs = getattr(asked, name), getattr(taped, name)
        if ours != theirs:
            yield _line(name, _shown(theirs), _shown(ours))
    if asked.body == taped.body:
        return
    if asked.value is not None and taped.value is not None:
        yield from _within("$", asked.value, taped.value)
    else:
        yield _line("body", _bytes(taped.body), _bytes(asked.body))


def _within(path: str, asked: object, taped: object) -> Iterator[str]:
    """The places in two JSON values where they part."""
    if isinstance(asked, dict) and isinstance(taped, dict):
        for key in dict.fromkeys([*taped, *asked]):
            place = f"{path}.{key}"
            if key not in asked:
                yield _line(place, _shown(taped[key]), _NOTHING)
            elif key not in taped:
                yield _line(place, _NOTHING, _shown(asked[key]))
            else:
                yield from _within(place, asked[key], taped[key])
    elif isinstance(asked, list) and isinstance(taped, list):
        for index, (ours, theirs) in enumerate(zip(asked, taped, strict=False)):
            yield from _within(f"{path}[{index}]", ours, theirs)
        if len(asked) != len(taped):
            yield _line(path, f"{len(taped)} items", f"{len(asked)} items")
    elif asked != taped or type(asked) is not type(taped):
        yield _line(path, *_around(taped, asked))


def _line(name: str, taped: str, asked: str) -> str:
    return f"{name}: {taped} on the tape, {asked} asked"


def _around(taped: object, asked: object) -> tuple[str, str]:
    """Long texts are shown from a little before the place where they part."""
    if not (isinstance(taped, str) and isinstance(asked, str)):
        return _shown(taped), _shown(asked)
    same = next(
        (at for at, (a, b) in enumerate(zip(taped, asked, strict=False)) if a != b),
        min(len(taped), len(asked)),
    )
    start = max(0, same - _WIDTH // 2)
    mark = "..." if start else ""
    return _shown(mark + taped[start:]), _shown(mark + asked[start:])


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else ""
    if len(text) > _WIDTH:
        value = text[:_WIDTH] + "..."
    shown = msgspec.json.encode(value).decode()
    return shown if len(shown) <= _WIDTH * 2 else f"{shown[: _WIDTH * 2]}..."


def _bytes(data: bytes) -> str:
    return f"{_shown(data[:_WIDTH].decode('utf-8', 'replace'))} ({len(data):,} bytes)"
