"""Writes a GGUF file: metadata and tensors as llama.cpp reads them.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO

from msgspec import Struct

ALIGNMENT = 32
Value = bool | int | float | str | Sequence[str] | Sequence[int]

_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_F32 = 0


class Tensor(Struct, frozen=True):
    """32-bit floats. `shape` has its slowest dimension first; `write` puts out all its bytes."""

    name: str
    shape: tuple[int, ...]
    write: Callable[[BinaryIO], None]

    @property
    def size(self) -> int:
        """In bytes."""
        count = 4
        for length in self.shape:
            count *= length
        return count


def write_gguf(file: BinaryIO, metadata: Mapping[str, Value], tensors: Sequence[Tensor]) -> None:
    """The whole file. The same arguments give the same bytes."""
    file.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)))
    file.writelines(_string(key) + _typed(value) for key, value in metadata.items())
    offset = 0
    for tensor in tensors:
        file.write(_string(tensor.name) + struct.pack("<I", len(tensor.shape)))
        file.write(b"".join(struct.pack("<Q", length) for length in reversed(tensor.shape)))
        file.write(struct.pack("<IQ", _F32, offset))
        offset += _padded(tensor.size)
    _pad(file, file.tell())
    for tensor in tensors:
        tensor.write(file)
        _pad(file, tensor.size)


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _typed(value: Value) -> bytes:
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    if isinstance(value[0], str):
        items = b"".join(_string(str(item)) for item in value)
        return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + items
    return struct.pack(f"<IIQ{len(value)}i", _ARRAY, _INT32, len(value), *value)


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _pad(file: BinaryIO, size: int) -> None:
    file.write(bytes(_padded(size) - size))
