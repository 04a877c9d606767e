"""Vectors as an `.npy` file, which `numpy.load` reads. Source: NumPy's NEP 1, format 1.0."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence

_MAGIC = b"\x93NUMPY\x01\x00"
_ALIGNMENT = 64


def npy(vectors: Sequence[array[float]]) -> bytes:
    """Vectors of one length as a matrix of float32, little-endian, one row each."""
    shape = (len(vectors), len(vectors[0]) if vectors else 0)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    length = len(_MAGIC) + 2 + len(header) + 1
    header += " " * (-length % _ALIGNMENT) + "\n"
    rows = [_row(vector) for vector in vectors]
    return _MAGIC + len(header).to_bytes(2, "little") + header.encode() + b"".join(rows)


def _row(vector: array[float]) -> bytes:
    row = array("f", vector)
    if sys.byteorder == "big":
        row.byteswap()
    return row.tobytes()
