"""Which error a refusal is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.gemini.building import TARGET

from fairlead.dialects.gemini import DIALECT
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    OverloadedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from fairlead.policies.hints import retry_after
from fairlead.types.http import Headers

INFO = "type.googleapis.com/google.rpc.ErrorInfo"
FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "21s"}


def written(code: int, status: str, message: str = "no", *details: dict[str, Any]) -> bytes:
    error = {"code": code, "status": status, "message": message, "details": list(details)}
    return json.dumps({"error": error}).encode()


def refused(body: bytes, status: int = 429) -> ApiError:
    return DIALECT.decode_error(status, Headers(()), body, TARGET)


def exhausted(quota: str, message: str = "Quota exceeded", **fields: Any) -> bytes:
    violations = [{"quotaId": quota, **fields}]
    failure = {"@type": FAILURE, "violations": violations}
    return written(429, "RESOURCE_EXHAUSTED", message, failure, RETRY)


def test_the_status_and_the_words_are_told() -> None:
    error = refused(written(404, "NOT_FOUND", "no such model"), 404)

    assert (error.args[0], error.status, error.code, error.kind) == (
        "no such model",
        404,
        "404",
        "NOT_FOUND",
    )


def test_a_wrong_key_comes_as_a_bad_request() -> None:
    reason = {"@type": INFO, "reason": "API_KEY_INVALID"}
    error = refused(written(400, "INVALID_ARGUMENT", "API key not valid.", reason), 400)

    assert type(error) is AuthenticationError
    assert error.code == "API_KEY_INVALID"
    for body in (
        written(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."),
        written(403, "PERMISSION_DENIED", "no", reason),
    ):
        assert type(refused(body, json.loads(body)["error"]["code"])) is AuthenticationError
    assert type(refused(written(400, "INVALID_ARGUMENT", "bad api key field"), 400)) is (
        BadRequestError
    )


@pytest.mark.parametrize(
    "body",
    [
        exhausted("GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
        exhausted("GenerateRequestsPerMinutePerProject", quotaValue="0"),
        exhausted("GenerateRequestsPerMinutePerProject", "Quota exceeded, limit: 0, model: x"),
        written(429, "RESOURCE_EXHAUSTED", "no", {"metadata": {"quota_limit_value": "0"}}),
    ],
)
def test_a_quota_that_a_pause_does_not_fill_is_used_up(body: bytes) -> None:
    assert type(refused(body)) is QuotaExceededError


@pytest.mark.parametrize(
    "body",
    [
        exhausted("GenerateRequestsPerMinutePerProject", quotaValue="10"),
        exhausted("GenerateRequestsPerMinutePerProject", "limit: 0.5"),
        written(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    ],
)
def test_a_limit_of_a_minute_is_a_matter_of_waiting(body: bytes) -> None:
    error = refused(body)

    assert type(error) is RateLimitError
    assert error.retryable


def test_how_long_to_wait_stands_in_the_body() -> None:
    assert retry_after(Headers(()), exhausted("PerMinute").decode(), now=0) == 21


def test_a_list_of_one_error_is_that_error() -> None:
    body = b"[" + exhausted("RequestsPerDay") + b"]"

    assert type(refused(body)) is QuotaExceededError
    assert type(refused(b"[]", 500)) is ServerError


def test_too_long_a_prompt_is_told_apart() -> None:
    message = "The input token count (9) exceeds the maximum number of tokens allowed (8)."

    assert type(refused(written(400, "INVALID_ARGUMENT", message), 400)) is ContextLengthError


def test_an_overloaded_model_is_worth_another_try() -> None:
    error = refused(written(503, "UNAVAILABLE", "The model is overloaded."), 503)

    assert type(error) is OverloadedError
    assert error.retryable


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{",
        b'{"error": "no"}',
        b'{"error": {"details": [5, {"violations": 5}, {"metadata": {"a": 5}}]}}',
        b"[5]",
    ],
)
def test_a_body_of_any_other_shape_is_an_error_by_its_status(body: bytes) -> None:
    assert type(refused(body)) is RateLimitError
