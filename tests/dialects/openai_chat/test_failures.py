"""Errors of a status: any body, never an exception of its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.dialects.openai_chat import DIALECT
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
from fairlead.types.http import Headers
from fairlead.types.targets import Target

TARGET = Target("p", "m", "chat", "openai_chat", "https://p/")


def error(status: int, body: bytes, *headers: tuple[str, str]) -> ApiError:
    return DIALECT.decode_error(status, Headers(headers), body, TARGET)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            401,
            b'{"error":{"message":"bad key","code":"invalid_api_key"}}',
            AuthenticationError,
            "bad key",
        ),
        (
            429,
            b'{"error":{"message":"out","code":"insufficient_quota"}}',
            QuotaExceededError,
            "out",
        ),
        (429, b'{"error":{"message":"slow"}}', RateLimitError, "slow"),
        (400, b'{"code":"x","error":"flat words"}', BadRequestError, "flat words"),
        (400, b'{"error":{"code":"context_length_exceeded"}}', ContextLengthError, ""),
        (
            422,
            b'{"detail":[{"loc":["a"],"msg":"field required"}]}',
            BadRequestError,
            "field required",
        ),
        (500, b'{"errors":[{"code":1,"message":"inner"}]}', ServerError, "inner"),
        (503, b"upstream connect error", OverloadedError, "upstream connect error"),
        (500, b"", ServerError, "no message"),
        (502, b"<html><title>502</title></html>", ServerError, "502"),
    ],
)
def test_every_known_shape_of_error_is_read(
    status: int, body: bytes, kind: type[ApiError], words: str
) -> None:
    found = error(status, body, ("x-request-id", "r1"))
    assert type(found) is kind
    assert words in str(found)
    assert (found.status, found.request_id) == (status, "r1")


def test_what_the_provider_behind_a_router_said_is_told_and_classified() -> None:
    body = (
        b'{"error":{"code":400,"message":"Provider returned error","metadata":'
        b'{"raw":"maximum context length is 8192 tokens"}}}'
    )
    found = error(400, body)
    assert isinstance(found, ContextLengthError)
    assert "8192" in str(found)


@settings(deadline=None, max_examples=100)
@given(st.integers(400, 599), st.binary(max_size=200))
def test_any_body_gives_an_error(status: int, body: bytes) -> None:
    assert error(status, body).status == status
