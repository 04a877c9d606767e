"""Perplexity's embeddings: signed bytes in base64."""

from __future__ import annotations

import base64
import struct

import pytest
from tests.dialects.operating import body, decoded, embedding

from fairlead.dialects.embeddings.perplexity import DIALECT
from fairlead.errors import DecodeError, InvalidRequest


def answer(embedding: object) -> dict[str, object]:
    return {"data": [{"index": 0, "embedding": embedding}]}


def test_no_form_is_asked_for_as_there_is_only_the_usual_one() -> None:
    assert body(DIALECT, embedding("a", dimensions=128)) == {
        "model": "model-1",
        "input": ["a"],
        "dimensions": 128,
    }


def test_each_byte_is_a_number() -> None:
    numbers = [-128, -1, 0, 127]
    sent = base64.b64encode(struct.pack("4b", *numbers)).decode()
    read = decoded(DIALECT, answer(sent), embedding("a", dimensions=4))
    assert list(read.embeddings[0]) == numbers


def test_the_form_of_bits_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="base64_binary"):
        body(DIALECT, embedding("a", extra_body={"encoding_format": "base64_binary"}))


@pytest.mark.parametrize("came", [[1.0], None, "not base64", {}])
def test_what_is_not_base64_is_a_decode_error(came: object) -> None:
    with pytest.raises(DecodeError):
        decoded(DIALECT, answer(came), embedding("a"))
