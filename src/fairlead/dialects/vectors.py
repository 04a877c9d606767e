"""Vectors out of JSON, of which a few thousand may come at once. All embeddings use it.

A vector stays JSON text until its turn comes, so that never more than one of them exists as a list
of Python floats. Numbers become doubles (`array('d')`), base64 the floats of four bytes that it
holds (`array('f')`), as the provider has no more than those.
"""

from __future__ import annotations

import binascii
import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from fairlead.dialects import jsontext
from fairlead.errors import DecodeError, UnsupportedFeature
from fairlead.types.operations import EmbeddingRequest
from fairlead.types.targets import Target

Vector: TypeAlias = "array[float]"

_NUMBERS = msgspec.json.Decoder(list[float])
_TEXT = msgspec.json.Decoder(str)
_WIDTH = 4


def vector(text: bytes | msgspec.Raw) -> Vector:
    """One vector out of its JSON: numbers, or a string of base64. Raises `DecodeError`."""
    raw = memoryview(text)
    if bytes(raw[:1]) == b'"':
        return from_base64(encoded(text))
    try:
        return array("d", _NUMBERS.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise DecodeError(
            "a vector is neither a list of numbers nor base64", jsontext.excerpt(bytes(raw[:300]))
        ) from None


def encoded(text: bytes | msgspec.Raw) -> bytes:
    """The bytes behind a JSON string of base64. Raises `DecodeError`."""
    raw = memoryview(text)
    try:
        inner = raw[1:-1] if b"\\" not in bytes(raw) else _TEXT.decode(raw).encode()
        return binascii.a2b_base64(inner, strict_mode=True)
    except (ValueError, msgspec.DecodeError):
        raise DecodeError(
            "a vector is not valid base64", jsontext.excerpt(bytes(raw[:300]))
        ) from None


def from_base64(data: bytes) -> Vector:
    """Little-endian floats of four bytes each. Raises `DecodeError`."""
    if len(data) % _WIDTH:
        raise DecodeError(f"a vector of {len(data)} bytes does not hold floats of {_WIDTH} bytes")
    found = array("f")
    found.frombytes(data)
    if sys.byteorder == "big":
        found.byteswap()
    if not math.isfinite(sum(found)):
        raise DecodeError("a vector holds what is not a number")
    return found


def ordered(found: Iterable[tuple[int | None, Vector]]) -> list[Vector]:
    """The vectors in the order of their indexes, or as they came where none has one.

    Raises `DecodeError` where an index is missing, comes twice, or lies outside.
    """
    pairs = list(found)
    if all(index is None for index, _ in pairs):
        return [vector for _, vector in pairs]
    placed = dict(pairs)
    try:
        return [placed[index] for index in range(len(pairs))]
    except KeyError as missing:
        raise DecodeError(
            f"there are {len(pairs)} vectors, but none with the index {missing}"
        ) from None


def checked(
    vectors: Sequence[Vector], request: EmbeddingRequest, target: Target
) -> tuple[Vector, ...]:
    """The vectors, one for each input, of one length, and of the length that was asked for.

    Raises `DecodeError`, or `UnsupportedFeature` where the provider took `dimensions` and ignored
    it. Where the target's quirks have no such field, it was not sent and is not expected.
    """
    if len(vectors) != len(request.inputs):
        raise DecodeError(
            f"{len(vectors)} vectors came for {len(request.inputs)} inputs; "
            "which belongs to which cannot be told"
        )
    lengths = sorted({len(vector) for vector in vectors})
    if lengths and lengths[0] == 0:
        raise DecodeError("there is an empty vector among the embeddings")
    if len(lengths) > 1:
        raise DecodeError(f"the vectors have different lengths: {lengths}")
    quirks = target.quirks
    sent = quirks.embedding_dimensions and "dimensions" not in quirks.unsupported
    if request.dimensions is not None and sent and lengths[0] != request.dimensions:
        raise UnsupportedFeature(
            f"dimensions={request.dimensions}",
            target.label,
            f"its vectors have {lengths[0]} numbers all the same; leave dimensions out",
        )
    return tuple(vectors)
