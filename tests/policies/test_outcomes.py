"""Which ends of an attempt speak against its target."""

from __future__ import annotations

import asyncio

import pytest

from fairlead import errors
from fairlead.policies.outcomes import hint_of, outcome, throttled
from fairlead.types.messages import Message


def api(kind: type[errors.ApiError], status: int) -> errors.ApiError:
    return kind("said no", status=status, target="a/b")


def cut(cause: BaseException | None) -> errors.StreamInterrupted:
    error = errors.StreamInterrupted("the stream was cut", partial=Message("assistant", ()))
    error.__cause__ = cause
    return error


def nonsense(kind: str) -> errors.DecodeError:
    error = errors.DecodeError("not JSON")
    error.retry_class = kind
    return error


FAILURES = [
    api(errors.ServerError, 500),
    api(errors.OverloadedError, 529),
    errors.ConnectError("refused"),
    errors.ConnectTimeout("too slow"),
    errors.ReadTimeout("silent"),
    errors.ProtocolError("reset", sent=True),
    nonsense("transient"),
    cut(None),
    cut(errors.ReadTimeout("silent")),
    cut(api(errors.OverloadedError, 529)),
]
SUCCESSES = [
    None,
    api(errors.BadRequestError, 400),
    api(errors.ContextLengthError, 400),
    api(errors.ContentFilterError, 400),
    api(errors.NotFoundError, 404),
]
NEUTRAL = [
    api(errors.AuthenticationError, 401),
    api(errors.PermissionDeniedError, 403),
    api(errors.RateLimitError, 429),
    api(errors.QuotaExceededError, 429),
    errors.ConnectError("bad certificate", fatal=True),
    errors.PoolTimeout("all taken"),
    errors.LimitExceeded("full", target="a/b"),
    errors.MissingCredentials("no key"),
    errors.ResponseTooLarge("too long"),
    errors.DeadlineExceeded("5 s"),
    cut(errors.ResponseTooLarge("too long")),
    asyncio.CancelledError(),
    KeyboardInterrupt(),
    ValueError("a bug"),
]


@pytest.mark.parametrize("error", FAILURES, ids=repr)
def test_what_the_provider_or_the_line_does_wrong_is_a_failure(error) -> None:
    assert outcome(error, waited=0.1, patience=60) == "failure"


@pytest.mark.parametrize("error", SUCCESSES, ids=repr)
def test_an_answer_is_a_success_though_it_finds_the_request_wrong(error) -> None:
    assert outcome(error, waited=0.1, patience=60) == "success"


@pytest.mark.parametrize("error", NEUTRAL, ids=repr)
def test_keys_quota_our_own_refusals_and_cancellation_prove_nothing(error) -> None:
    assert outcome(error, waited=0.1, patience=60) == "neutral"


def test_a_deadline_counts_only_where_the_provider_had_time_enough() -> None:
    late = errors.DeadlineExceeded("600 s")
    assert outcome(late, waited=60, patience=60) == "failure"
    assert outcome(late, waited=59, patience=60) == "neutral"


def test_only_a_lack_of_room_is_throttling() -> None:
    assert throttled(api(errors.RateLimitError, 429)) is True
    assert throttled(api(errors.OverloadedError, 503)) is True
    assert throttled(cut(api(errors.OverloadedError, 529))) is True
    assert throttled(None) is False
    assert throttled(api(errors.ServerError, 500)) is None
    assert throttled(api(errors.QuotaExceededError, 429)) is None


def test_the_provider_that_has_no_room_says_for_how_long() -> None:
    error = api(errors.RateLimitError, 429)
    assert hint_of(error) is None
    error.retry_after = 7.0
    assert hint_of(error) == 7.0
    assert hint_of(ValueError()) is None
