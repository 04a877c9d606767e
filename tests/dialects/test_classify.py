"""Which error a refusal becomes, against tables that were written from the providers' own pages."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from fairlead.dialects.classify import classify, error_fields
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextLengthError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from fairlead.types.http import Headers

QUOTED = (
    Path(os.environ.get("FAIRLEAD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
    / "standards"
    / "error_bodies_quoted.jsonl"
)


def error_of(body: object, status: int | None = None, headers: Headers | None = None) -> ApiError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    message, code, kind = error_fields(data)
    return classify(
        message, status=status, target="x/y", code=code, kind=kind, headers=headers, body=data
    )


def body(message: str, code: object = None, kind: str | None = None) -> object:
    return {"error": {"message": message, "code": code, "type": kind}}


@pytest.mark.parametrize(
    ("status", "given", "expected"),
    [
        (400, body("bad"), BadRequestError),
        (400, body("too long", "context_length_exceeded"), ContextLengthError),
        (400, body("prompt is too long: 250000 tokens > 200000 maximum"), ContextLengthError),
        (413, body("big", kind="request_too_large"), ContextLengthError),
        (500, body("input (900 tokens) is too large to process."), ContextLengthError),
        (400, body("Too many input tokens. Max input tokens: 8192, ..."), ContextLengthError),
        (400, body("Too many tokens in batch. Max is 16384 got 17555"), ContextLengthError),
        (422, body("`inputs` must have less than 512 tokens. Given: 534"), ContextLengthError),
        (400, body("Input length 603 exceeds maximum allowed token size 512"), ContextLengthError),
        (400, body("the input length exceeds the context length"), ContextLengthError),
        (400, body("filtered", "content_filter"), ContentFilterError),
        (400, body("Your credit balance is too low to access the API."), QuotaExceededError),
        (400, body("Incorrect API key provided: xa***"), AuthenticationError),
        (400, body("no such model", "model_not_found"), NotFoundError),
        (401, {"detail": "who?"}, AuthenticationError),
        (402, {"message": "pay"}, QuotaExceededError),
        (403, body("region"), PermissionDeniedError),
        (403, body("Sonar is now the Agent API", "agent_api_migration_required"), NotFoundError),
        (404, {"error": "model 'x' not found"}, NotFoundError),
        (409, body("conflict"), BadRequestError),
        (410, body("gone"), NotFoundError),
        (422, {"detail": [{"loc": ["a"], "msg": "missing", "type": "x"}]}, BadRequestError),
        (429, body("slow", "rate_limit_exceeded"), RateLimitError),
        (429, body("slow", "insufficient_quota"), QuotaExceededError),
        (500, body("oops"), ServerError),
        (502, b"<html>", ServerError),
        (503, body("busy"), OverloadedError),
        (524, b"", ServerError),
        (529, body("busy", kind="overloaded_error"), OverloadedError),
        (None, body("busy", kind="overloaded_error"), OverloadedError),
        (None, body("slow", 429), RateLimitError),
        (None, body("key", "invalid_api_key"), AuthenticationError),
        (None, body("something broke"), ServerError),
    ],
)
def test_each_refusal_has_its_class(status, given, expected) -> None:
    error = error_of(given, status)

    assert type(error) is expected
    assert error.status == status or status is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"error": {"message": "a"}}, "a"),
        ({"error": "b"}, "b"),
        ({"message": "c"}, "c"),
        ({"detail": "d"}, "d"),
        ({"errors": [{"message": "e"}]}, "e"),
        ({"errors": ["f"]}, "f"),
        ({"base_resp": {"status_code": 1004, "status_msg": "g"}}, "g"),
        ({"detail": [{"msg": "h"}]}, "h"),
        ([{"error": {"message": "i"}}], "i"),
        ("j", "j"),
        ({"error": {"message": None}, "message": "k"}, "k"),
    ],
)
def test_the_message_is_found_wherever_it_stands(given, message) -> None:
    assert error_fields(json.dumps(given).encode())[0] == message


@pytest.mark.parametrize(("status", "retried"), [(500, True), (501, False), (505, False)])
def test_a_server_error_that_would_come_again_is_not_retryable(status, retried) -> None:
    assert error_of(b"", status).retryable is retried


@pytest.mark.parametrize(("given", "said"), [("true", True), ("FALSE", False), ("x", None)])
def test_the_providers_word_on_a_retry_is_kept(given, said) -> None:
    assert error_of(b"{}", 500, Headers([("X-Should-Retry", given)])).should_retry is said


@given(st.binary(max_size=300), st.integers(400, 599) | st.none())
def test_no_body_raises_anything(data: bytes, status: int | None) -> None:
    error = error_of(data, status)

    assert len(error.excerpt) <= 300
    assert str(error).isprintable()


def test_error_bodies_quoted_in_the_wild_give_a_message_and_a_class() -> None:
    if not QUOTED.exists():
        pytest.skip(f"the corpus is not at {QUOTED}; set FAIRLEAD_CORPUS")
    kinds = {
        "overloaded_error": OverloadedError,
        "authentication_error": AuthenticationError,
        "not_found_error": NotFoundError,
        "permission_error": PermissionDeniedError,
    }
    wrong = []
    for line in QUOTED.read_text().splitlines():
        given = json.loads(line)["body"]
        error = error_of(given)
        inner = given.get("error") if isinstance(given, dict) else None
        expected = kinds.get(inner.get("type")) if isinstance(inner, dict) else None
        if expected is not None and "code" not in inner and type(error) is not expected:
            wrong.append((given, type(error)))

    assert wrong == []


def test_a_spent_quota_says_what_to_do() -> None:
    error = classify("Insufficient Balance", status=402, target="deepseek/m")
    assert str(error).endswith(
        "(HTTP 402); add credit or raise the limit there, or ask another provider"
    )
