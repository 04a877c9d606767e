from __future__ import annotations

import ast
from array import array

from fairlead.cli.npy import npy


def test_the_header_is_aligned_and_says_kind_and_shape():
    data = npy([array("d", [1.0, 2.0, 3.0]), array("f", [4.0, 5.0, 6.0])])
    length = int.from_bytes(data[8:10], "little")
    header = ast.literal_eval(data[10 : 10 + length].decode())
    assert data[:8] == b"\x93NUMPY\x01\x00"
    assert (10 + length) % 64 == 0
    assert header == {"descr": "<f4", "fortran_order": False, "shape": (2, 3)}
    assert len(data) == 10 + length + 6 * 4


def test_no_vectors_are_an_empty_matrix():
    assert b"'shape': (0, 0)" in npy([])
