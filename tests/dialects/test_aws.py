"""AWS's errors: a status with a header, a body with `__type`, or a frame of a stream."""

from __future__ import annotations

import json

import pytest

from fairlead.dialects.aws import aws_error, frame_error
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from fairlead.types.http import Headers
from fairlead.types.targets import Target

AIM = Target("bedrock", "m", "chat", "bedrock_converse", "https://b/")


@pytest.mark.parametrize(
    ("status", "name", "expected", "retried"),
    [
        (400, "ValidationException", BadRequestError, False),
        (400, "ServiceQuotaExceededException", QuotaExceededError, False),
        (403, "AccessDeniedException", PermissionDeniedError, False),
        (403, "UnrecognizedClientException", AuthenticationError, False),
        (403, "ExpiredTokenException", AuthenticationError, False),
        (403, "MissingAuthenticationTokenException", AuthenticationError, False),
        (404, "ResourceNotFoundException", NotFoundError, False),
        (408, "ModelTimeoutException", ServerError, True),
        (424, "ModelErrorException", ServerError, True),
        (429, "ThrottlingException", RateLimitError, True),
        (429, "ModelNotReadyException", RateLimitError, True),
        (500, "InternalServerException", ServerError, True),
    ],
)
def test_the_header_names_the_error(
    status: int, name: str, expected: type[ApiError], retried: bool
) -> None:
    headers = Headers([("x-amzn-ErrorType", f"{name}:http://internal.amazon.com/coral/x/")])
    error = aws_error(b'{"message":"no"}', AIM, status=status, headers=headers)
    assert type(error) is expected
    assert (error.kind, error.status, error.retryable) == (name, status, retried)


def test_the_body_may_name_it_and_shout() -> None:
    body = b'{"__type":"com.amazon.coral#AccessDeniedException","Message":"not you"}'
    error = aws_error(body, AIM, status=403, headers=Headers([]))
    assert type(error) is PermissionDeniedError
    assert "not you" in str(error)


@pytest.mark.parametrize(
    "message",
    [
        "Input is too long for requested model.",
        "input length and `max_tokens` exceed context limit: 198000 + 8192 > 200000",
        "The model returned the following errors: prompt is too long: 9 tokens > 5 maximum",
    ],
)
def test_a_prompt_that_is_too_long_is_a_context_error(message: str) -> None:
    body = json.dumps({"message": message}).encode()
    assert type(aws_error(body, AIM, status=400)) is ContextLengthError


def test_an_event_is_no_error() -> None:
    assert frame_error(({":message-type": "event", ":event-type": "chunk"}, b"{}"), AIM) is None
    assert frame_error(({}, b"{}"), AIM) is None


def test_an_exception_frame_is_the_error_that_it_names() -> None:
    headers = {":message-type": "exception", ":exception-type": "throttlingException"}
    error = frame_error((headers, b'{"message":"slow down"}'), AIM)
    assert type(error) is RateLimitError


def test_an_error_frame_has_a_code_and_no_body() -> None:
    headers = {":message-type": "error", ":error-code": "ThrottlingException"}
    assert type(frame_error((headers, b""), AIM)) is RateLimitError
