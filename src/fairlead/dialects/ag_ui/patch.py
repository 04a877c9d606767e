"""Changes of shared state: RFC 6902 patches, applied to plain values."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType

MOST_COPIED = 8 << 20


class PatchError(Exception):
    """The patch does not fit the value, which may be changed in part."""


class Operation(Struct):
    op: str
    path: str
    value: object = UNSET
    source: str | UnsetType = msgspec.field(default=UNSET, name="from")


PATCH = msgspec.json.Decoder(list[Operation])


class Patched:
    """A value that patches change. What they copy is bounded, as copies of copies grow fast."""

    __slots__ = ("_copied", "_root")

    def __init__(self, value: object) -> None:
        self._root: dict[str, object] = {"": value}
        self._copied = 0

    @property
    def value(self) -> object:
        return self._root[""]

    def apply(self, operation: Operation) -> None:
        """Raises `PatchError`."""
        path = _split(operation.path)
        if operation.op == "remove":
            self._take(path)
        elif operation.op in ("add", "replace"):
            self._set(path, operation)
        elif operation.op in ("move", "copy"):
            if operation.source is UNSET:
                raise PatchError("a source is missing")
            source = _split(operation.source)
            moved = self._take(source) if operation.op == "move" else self._copy(source)
            self._put(path, moved, insert=True)
        elif operation.op == "test":
            if _find(self._root, path) != operation.value:
                raise PatchError(f"{operation.path} is another than expected")
        else:
            raise PatchError(f"there is no operation {operation.op!r}")

    def _set(self, path: list[str], operation: Operation) -> None:
        if operation.value is UNSET:
            raise PatchError("a value is missing")
        if operation.op == "replace":
            _find(self._root, path)
        self._put(path, operation.value, insert=operation.op == "add")

    def _copy(self, path: list[str]) -> object:
        data = msgspec.json.encode(_find(self._root, path))
        self._copied += len(data)
        if self._copied > MOST_COPIED:
            raise PatchError(f"it copies more than {MOST_COPIED:,} bytes")
        return msgspec.json.decode(data)

    def _put(self, path: list[str], value: object, *, insert: bool) -> None:
        parent, last = _find(self._root, path[:-1]), path[-1]
        if isinstance(parent, dict):
            parent[last] = value
        elif isinstance(parent, list) and insert:
            parent.insert(len(parent) if last == "-" else _index(parent, last, len(parent)), value)
        elif isinstance(parent, list):
            parent[_index(parent, last, len(parent) - 1)] = value
        else:
            raise PatchError(f"there is no place for {last!r}")

    def _take(self, path: list[str]) -> object:
        value, parent, last = _find(self._root, path), _find(self._root, path[:-1]), path[-1]
        if isinstance(parent, dict):
            del parent[last]
        elif isinstance(parent, list):
            del parent[_index(parent, last, len(parent) - 1)]
        return value


def _split(pointer: str) -> list[str]:
    """The steps from a root above the value, so that the value itself can be replaced."""
    if pointer and not pointer.startswith("/"):
        raise PatchError(f"{pointer!r} is no pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")]


def _find(value: object, path: list[str]) -> object:
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list):
            value = value[_index(value, step, len(value) - 1)]
        else:
            raise PatchError(f"there is no {step!r}")
    return value


def _index(items: list[object], step: str, most: int) -> int:
    if not (step.isascii() and step.isdigit()) or len(step) > 9 or int(step) > most:
        raise PatchError(f"there is no item {step!r} among {len(items)}")
    return int(step)
