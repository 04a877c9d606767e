"""OpenAI's embeddings: bodies by quirk, answers in both forms, and memory for many of them."""

from __future__ import annotations

import base64
import json
import struct
import tracemalloc
from typing import Any

import pytest
from openai.types import CreateEmbeddingResponse, embedding_create_params as params
from pydantic import TypeAdapter
from tests.dialects.operating import body, decoded, embedding, encoded

from fairlead.dialects.embeddings.openai import DIALECT
from fairlead.errors import (
    DecodeError,
    InvalidRequest,
    RateLimitError,
    UnsupportedFeature,
)
from fairlead.types.targets import Quirks

JINA = Quirks(
    embedding_input_type="task", embedding_input_words="retrieval", base64_embeddings=False
)
VOYAGE = Quirks(embedding_dimensions="output_dimension", embedding_input_type="input_type")


def answer(*vectors: object, **more: object) -> dict[str, object]:
    data = [{"index": i, "embedding": v} for i, v in enumerate(vectors)]
    return {"data": data, "model": "m-1", "usage": {"prompt_tokens": 5}, **more}


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def test_a_body_is_what_it_was_and_nothing_else() -> None:
    sent = encoded(DIALECT, embedding("a", "b", dimensions=3, user="u")).body
    assert sent == (
        b'{"model":"model-1","input":["a","b"],"dimensions":3,"encoding_format":"base64",'
        b'"user":"u"}'
    )
    assert encoded(DIALECT, embedding("a")).headers == ()


def test_the_official_types_accept_it() -> None:
    adapter: Any = TypeAdapter(params.EmbeddingCreateParams)
    for request in (embedding("a"), embedding("a", "b", dimensions=3, user="u")):
        sent = body(DIALECT, request)
        validated = adapter.validate_python(sent)
        assert list(validated["input"]) == sent["input"]
        assert set(sent) <= set(validated)


def test_the_official_client_reads_the_same_numbers() -> None:
    came = answer([0.25, -1.5], [1.0, 2.0], object="list")
    for item in came["data"]:  # type: ignore[attr-defined]
        item["object"] = "embedding"
    came["usage"] = {"prompt_tokens": 5, "total_tokens": 5}
    official = CreateEmbeddingResponse.model_validate(came)
    ours = decoded(DIALECT, came, embedding())
    assert [list(vector) for vector in ours.embeddings] == [e.embedding for e in official.data]


@pytest.mark.parametrize(
    ("quirks", "kind", "sent"),
    [
        (JINA, "query", {"task": "retrieval.query"}),
        (JINA, "document", {"task": "retrieval.passage"}),
        (JINA, "clustering", {"task": "clustering"}),
        (VOYAGE, "document", {"input_type": "document"}),
        (
            Quirks(embedding_input_type="input_type", embedding_input_words="passage"),
            "document",
            {"input_type": "passage"},
        ),
        (
            Quirks(embedding_input_type="input_type", embedding_input_words="search"),
            "classification",
            {"input_type": "classification"},
        ),
    ],
)
def test_what_texts_are_for_is_said_in_the_providers_words(
    quirks: Quirks, kind: Any, sent: dict[str, str]
) -> None:
    asked = body(DIALECT, embedding("a", input_type=kind), quirks)
    assert {k: v for k, v in asked.items() if k in ("task", "input_type")} == sent


def test_the_length_goes_by_the_providers_name() -> None:
    assert body(DIALECT, embedding("a", dimensions=3), VOYAGE)["output_dimension"] == 3


def test_numbers_are_not_asked_for_in_base64_where_there_is_none() -> None:
    assert "encoding_format" not in body(DIALECT, embedding("a"), JINA)


@pytest.mark.parametrize(
    ("quirks", "options", "feature"),
    [
        (Quirks(), {"input_type": "query"}, "input_type"),
        (VOYAGE, {"input_type": "clustering"}, "input_type='clustering'"),
        (Quirks(embedding_dimensions=""), {"dimensions": 3}, "dimensions"),
        (Quirks(unsupported=("dimensions",)), {"dimensions": 3}, "dimensions"),
        (Quirks(unsupported=("user",)), {"user": "u"}, "user"),
        (
            Quirks(embedding_input_type="input_type", unsupported=("input_type",)),
            {"input_type": "query"},
            "input_type",
        ),
    ],
)
def test_what_a_provider_lacks_is_refused_or_left_out_as_the_caller_says(
    quirks: Quirks, options: dict[str, Any], feature: str
) -> None:
    request = embedding("a", **options)
    with pytest.raises(UnsupportedFeature) as caught:
        encoded(DIALECT, request, quirks)
    assert caught.value.feature == feature
    dropped = encoded(DIALECT, request, quirks, unsupported="drop")
    assert dropped.dropped == (feature,)
    assert encoded(DIALECT, request, quirks, unsupported="warn").warnings
    assert body(DIALECT, embedding("a"), quirks) == json.loads(dropped.body)  # type: ignore[arg-type]


def test_the_caller_may_choose_a_form_of_floats_and_no_other() -> None:
    asked = body(DIALECT, embedding("a", extra_body={"encoding_format": "float"}))
    assert asked["encoding_format"] == "float"
    for name in ("encoding_format", "output_dtype", "embedding_type"):
        with pytest.raises(InvalidRequest, match=f"{name} 'int8'"):
            encoded(DIALECT, embedding("a", extra_body={name: "int8"}))


def test_both_forms_are_read_and_put_in_order() -> None:
    came = answer([1, 2], [3, 4])
    came["data"].reverse()  # type: ignore[attr-defined]
    read = decoded(DIALECT, came, embedding())
    assert [list(vector) for vector in read.embeddings] == [[1, 2], [3, 4]]
    assert (read.model, read.usage.total_tokens, read.dimensions) == ("m-1", 5, 2)
    read = decoded(DIALECT, answer(packed(0.5), packed(2)), embedding())
    assert [list(vector) for vector in read.embeddings] == [[0.5], [2]]


def test_an_answer_without_usage_and_model_is_an_answer() -> None:
    read = decoded(DIALECT, {"data": [{"embedding": [1]}]}, embedding("a"))
    assert (read.usage, read.cost, read.model) == (None, None, "model-1")


@pytest.mark.parametrize(
    ("came", "message"),
    [
        (answer([1]), "1 vectors came for 2 inputs"),
        (answer([1], [1, 2]), "different lengths"),
        (answer([], []), "empty vector"),
        (answer([1], None), "neither a list"),
        ({"data": [{}, {}]}, "another shape"),
        ({"data": None}, "no embeddings"),
        ({}, "no embeddings"),
        ([], "another shape"),
        (b"", "not valid JSON"),
        (b'{"data":[{"embedding":[1,2', "not valid JSON"),
    ],
)
def test_damage_is_a_decode_error(came: object, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decoded(DIALECT, came, embedding())


def test_an_error_in_a_success_is_the_error_it_is() -> None:
    with pytest.raises(RateLimitError, match="slow"):
        decoded(DIALECT, {"error": {"message": "slow", "code": 429}}, embedding())


def test_dimensions_that_a_server_ignores_are_never_silently_wrong() -> None:
    with pytest.raises(UnsupportedFeature, match="dimensions=1"):
        decoded(DIALECT, answer([1, 2], [3, 4]), embedding(dimensions=1))


@pytest.mark.parametrize("form", ["base64", "numbers"])
def test_two_thousand_vectors_take_little_more_memory_than_they_are(form: str) -> None:
    count, length = 2048, 256
    numbers = [0.001 * place for place in range(length)]
    vector = packed(*numbers) if form == "base64" else numbers
    body = json.dumps(answer(*[vector] * count)).encode()
    request = embedding(*["x"] * count)
    tracemalloc.start()
    try:
        read = decoded(DIALECT, body, request)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    size = sum(len(v) * v.itemsize for v in read.embeddings)
    assert size == count * length * (4 if form == "base64" else 8)
    assert peak < 2 * size
