"""Errors of operations that have no error shape of their own."""

from __future__ import annotations

import pytest
from tests.dialects.operating import target

from fairlead.dialects.refusals import no_answer, refusal
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    RateLimitError,
    ServerError,
)
from fairlead.types.http import Headers

AIM = target("embeddings", "openai")


@pytest.mark.parametrize(
    ("status", "body", "error", "message"),
    [
        (401, b'{"detail":"bad key"}', AuthenticationError, "bad key"),
        (429, b'{"error":{"message":"slow"}}', RateLimitError, "slow"),
        (400, b'{"message":"no such model"}', BadRequestError, "no such model"),
        (400, b'{"errors":[{"code":7,"message":"odd"}]}', BadRequestError, "odd"),
        (502, b"<html>bad gateway</html>", ServerError, "bad gateway"),
        (500, b"", ServerError, "no message"),
    ],
)
def test_a_status_gives_the_error_that_fits(
    status: int, body: bytes, error: type[ApiError], message: str
) -> None:
    found = refusal(status, Headers([("x-request-id", "r1")]), body, AIM)
    assert type(found) is error
    assert message in str(found)
    assert (found.status, found.target, found.request_id) == (status, "p/model-1", "r1")


def test_a_body_without_an_answer_tells_of_its_error_or_makes_no_sense() -> None:
    told = no_answer(b'{"error":{"message":"slow","code":"429"}}', AIM, "embeddings")
    assert type(told) is RateLimitError
    for body in (b"{}", b"[]", b'{"message":null}', b'{"object":"list"}'):
        nonsense = no_answer(body, AIM, "embeddings")
        assert type(nonsense) is DecodeError
        assert "no embeddings" in str(nonsense)
