"""Arguments that come piece by piece, each with its place (`partialArgs`, where it is asked for).

A place is a JSON path of names and numbers, such as `$.items[0].name`.
"""

from __future__ import annotations

import re

import msgspec

from fairlead.dialects import rawjson
from fairlead.dialects.gemini import wire
from fairlead.dialects.jsontext import MAX_DEPTH
from fairlead.errors import DecodeError

_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,4})\]|\[['"]([^'"]*)['"]\]""")


class PartialArguments:
    """The arguments of one call under construction."""

    __slots__ = ("_root",)

    def __init__(self) -> None:
        self._root: dict[str | int, object] = {}

    def add(self, piece: wire.PartialArgument) -> None:
        """Strings append to what stands at the place, other values replace it.

        Raises `DecodeError` for a place that cannot be read or reached.
        """
        steps = _steps(piece.jsonPath)
        holder = self._root
        for step in steps[:-1]:
            inner = holder.setdefault(step, {})
            if not isinstance(inner, dict):
                raise DecodeError(f"a tool argument came for {piece.jsonPath!r} inside a value")
            holder = inner
        before = holder.get(steps[-1])
        if piece.stringValue is not None:
            head = before if isinstance(before, str) else ""
            holder[steps[-1]] = head + piece.stringValue
        else:
            holder[steps[-1]] = _value(piece)

    def written(self) -> str:
        return msgspec.json.encode(_plain(self._root)).decode()


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    place = 1
    while found := _STEP.match(path, place):
        name, number, quoted = found.groups()
        steps.append(int(number) if number is not None else name if name is not None else quoted)
        place = found.end()
    reachable = 0 < len(steps) <= MAX_DEPTH
    if not reachable or not path.startswith("$") or place != len(path):
        raise DecodeError(f"a tool argument came for {path!r}, which is no place in an object")
    return steps


def _value(piece: wire.PartialArgument) -> object:
    if piece.boolValue is not None:
        return piece.boolValue
    return piece.numberValue if rawjson.present(piece.numberValue) else None


def _plain(held: object) -> object:
    """Holders whose steps are all numbers were lists."""
    if not isinstance(held, dict):
        return held
    if held and all(isinstance(step, int) for step in held):
        return [_plain(held[step]) for step in sorted(held)]
    return {str(step): _plain(value) for step, value in held.items()}
