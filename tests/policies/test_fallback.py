"""Which failures are worth another target."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fairlead import errors
from fairlead.policies.fallback import rest_after, turn
from fairlead.types.messages import Message


def said(kind: type[errors.ApiError], status: int, hint: float | None = None) -> errors.ApiError:
    error = kind("no", status=status, target="a/m")
    error.retry_after = hint
    return error


ONWARD = [
    said(errors.RateLimitError, 429),
    said(errors.QuotaExceededError, 429),
    said(errors.OverloadedError, 529),
    said(errors.ServerError, 500),
    said(errors.AuthenticationError, 401),
    said(errors.PermissionDeniedError, 403),
    said(errors.NotFoundError, 404),
    said(errors.ContextLengthError, 400),
    errors.ConnectError("refused"),
    errors.ConnectError("certificate", fatal=True),
    errors.ReadTimeout("silent"),
    errors.DecodeError("nonsense"),
    errors.StreamInterrupted("cut", partial=Message("assistant", ())),
    errors.MissingCredentials("no key"),
    errors.UnsupportedFeature("tools", "a/m"),
    errors.LimitExceeded("full", target="a/m"),
    errors.BreakerOpen("open", target="a/m"),
    errors.BudgetExceeded("a cheaper target may fit", account="team", limit=Decimal(5)),
]
STAY = [
    said(errors.BadRequestError, 400),
    said(errors.ContentFilterError, 400),
    errors.InvalidRequest("wrong"),
    errors.DeadlineExceeded("late"),
    errors.ResponseTooLarge("huge"),
    errors.StoreError("down"),
    errors.UnknownBudget("no such budget"),
]


@pytest.mark.parametrize("error", ONWARD, ids=lambda e: type(e).__name__)
def test_trouble_of_one_target_leads_to_another(error) -> None:
    assert turn(error, "error").onward


@pytest.mark.parametrize("error", STAY, ids=lambda e: type(e).__name__)
def test_the_callers_own_mistakes_and_the_end_of_the_time_do_not(error) -> None:
    assert not turn(error, "error").onward


def test_filtered_content_is_put_to_others_only_where_that_is_asked_for() -> None:
    assert turn(said(errors.ContentFilterError, 400), "next").onward


def test_only_a_prompt_that_is_too_long_needs_a_larger_window() -> None:
    assert turn(said(errors.ContextLengthError, 400), "error").larger
    assert not any(turn(e, "error").larger for e in ONWARD if "Context" not in e.error_type)


def test_a_spent_quota_rests_for_an_hour_or_longer_and_a_limit_for_what_was_said() -> None:
    assert rest_after(said(errors.QuotaExceededError, 429, 5.0)) == 3600.0
    assert rest_after(said(errors.QuotaExceededError, 429, 7200.0)) == 7200.0
    assert rest_after(said(errors.RateLimitError, 429, 12.0)) == 12.0
    assert rest_after(said(errors.RateLimitError, 429)) == 60.0
    assert rest_after(said(errors.OverloadedError, 529, 3.0)) == 3.0
    assert rest_after(said(errors.AuthenticationError, 401)) == 60.0


def test_what_may_pass_at_once_imposes_no_rest() -> None:
    assert rest_after(said(errors.OverloadedError, 529)) == 0.0
    assert rest_after(said(errors.ServerError, 500)) == 0.0
    assert rest_after(errors.ConnectError("refused")) == 0.0
