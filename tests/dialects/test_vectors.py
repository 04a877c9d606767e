"""Vectors out of JSON: two forms, their order, and all that can be wrong with them."""

from __future__ import annotations

import base64
import json
import math
import struct
from array import array

import pytest
from hypothesis import given, strategies as st
from tests.dialects.operating import embedding, target

from fairlead.dialects.vectors import checked, ordered, vector
from fairlead.errors import DecodeError, UnsupportedFeature
from fairlead.types.targets import Quirks

AIM = target("embeddings", "openai")
FLOATS = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=20)


def packed(*numbers: float) -> bytes:
    return json.dumps(
        base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    ).encode()


@given(FLOATS)
def test_both_forms_give_the_same_numbers(numbers: list[float]) -> None:
    assert list(vector(json.dumps(numbers).encode())) == numbers
    assert list(vector(packed(*numbers))) == numbers


def test_decimal_numbers_keep_their_precision_and_base64_its_size() -> None:
    assert vector(b"[0.1, 1, 2e-3]") == array("d", [0.1, 1.0, 0.002])
    assert vector(packed(0.5, -2.0)).typecode == "f"


def test_an_escaped_slash_in_base64_is_read() -> None:
    sent = packed(1.9999999)
    assert b"/" in sent
    assert vector(sent.replace(b"/", b"\\/")) == vector(sent)


@pytest.mark.parametrize(
    "text",
    [
        b"null",
        b"{}",
        b"1",
        b'[1, "2"]',
        b"[null]",
        b"[[1]]",
        b"[1e999]",
        b'"AAAA"',
        b'"AAAAA"',
        b'"A A="',
        b'"AAA\xff"',
        b'"AAA\\u00e4"',
        b'"AAA\\ud800"',
        packed(math.nan),
        packed(1, -math.inf),
    ],
)
def test_what_is_no_vector_is_a_decode_error(text: bytes) -> None:
    with pytest.raises(DecodeError, match="a vector"):
        vector(text)


A, B, C = array("d", [1]), array("d", [2]), array("d", [3])


def test_indexes_say_the_order() -> None:
    assert ordered([(2, C), (0, A), (1, B)]) == [A, B, C]
    assert ordered([(None, B), (None, A)]) == [B, A]
    assert ordered([]) == []


@pytest.mark.parametrize("indexes", [(0, 0), (1, 2), (0, None), (-1, 0), (0, 2)])
def test_indexes_that_leave_a_gap_are_a_decode_error(
    indexes: tuple[int | None, int | None],
) -> None:
    with pytest.raises(DecodeError, match="none with the index"):
        ordered(zip(indexes, (A, B), strict=True))


def test_vectors_come_back_as_they_are() -> None:
    assert checked([A, B], embedding("a", "b"), AIM) == (A, B)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ([A], "1 vectors came for 2 inputs"),
        ([A, B, C], "3 vectors came for 2 inputs"),
        ([A, array("d", [1, 2])], "different lengths"),
        ([array("d"), array("d")], "empty vector"),
        ([A, array("d")], "empty vector"),
    ],
)
def test_damage_is_a_decode_error(vectors: list[array[float]], message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        checked(vectors, embedding("a", "b"), AIM)


def test_dimensions_that_were_ignored_are_an_error() -> None:
    asked = embedding("a", "b", dimensions=2)
    with pytest.raises(UnsupportedFeature, match=r"dimensions=2.*have 1 numbers.*leave") as caught:
        checked([A, B], asked, AIM)
    assert caught.value.feature == "dimensions=2"
    assert checked([A, B], embedding("a", "b", dimensions=1), AIM) == (A, B)


@pytest.mark.parametrize(
    "quirks", [Quirks(embedding_dimensions=""), Quirks(unsupported=("dimensions",))]
)
def test_dimensions_that_were_not_sent_are_not_expected(quirks: Quirks) -> None:
    aim = target("embeddings", "openai", quirks)
    assert checked([A, B], embedding("a", "b", dimensions=2), aim) == (A, B)
