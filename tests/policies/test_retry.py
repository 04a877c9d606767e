"""What follows a failure: the table row by row, then what holds for every failure there is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from statistics import mean, pvariance

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.dialects.classify import classify
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    BreakerOpen,
    ConfigError,
    ConnectError,
    ConnectTimeout,
    ContentFilterError,
    ContextLengthError,
    DeadlineExceeded,
    DecodeError,
    FairleadError,
    InvalidRequest,
    LimitExceeded,
    MalformedToolArguments,
    MissingCredentials,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    PoolTimeout,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    ReadTimeout,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
)
from fairlead.policies.backoff import THROTTLE, TRANSIENT, UNSENT, Backoff
from fairlead.policies.hints import retry_after
from fairlead.policies.retry import Decision, Retry, RetryPolicy, Stop, decide, may_pass
from fairlead.policies.retry_budget import RetryBudget
from fairlead.types.http import Headers
from fairlead.types.messages import Message

PLENTY = 600.0


def api(
    kind: type[ApiError],
    status: int = 400,
    *,
    after: float | None = None,
    should_retry: bool | None = None,
) -> ApiError:
    error = kind("no", status=status, target="acme/one")
    error.retry_after = after
    error.should_retry = should_retry
    return error


def outcome(
    error: FairleadError,
    *,
    policy: RetryPolicy | None = None,
    attempt: int = 1,
    remaining: float = PLENTY,
    committed: bool = False,
    budget: RetryBudget | None = None,
    now: float = 0.0,
    random: Callable[[], float] = lambda: 0.5,
    ambiguous_before: int = 0,
) -> Decision:
    return decide(
        error,
        policy=policy or RetryPolicy(),
        attempt=attempt,
        remaining=remaining,
        committed=committed,
        budget=budget or RetryBudget(),
        now=now,
        random=random,
        ambiguous_before=ambiguous_before,
    )


UNSENT_FAILURES = [ConnectError("refused"), ConnectTimeout("5 s")]
TRANSIENT_FAILURES = [
    api(ServerError, 500),
    ProtocolError("reset", sent=False),
    ReadTimeout("no headers", phase="idle", sent=False),
]
THROTTLES = [api(RateLimitError, 429), api(OverloadedError, 529)]
AMBIGUOUS_FAILURES = [
    ProtocolError("closed without an answer", sent=True),
    ReadTimeout("silent", phase="first_event"),
    ReadTimeout("stalled", phase="idle"),
    ReadTimeout("pings only", phase="progress"),
    StreamInterrupted("ended before its first event", partial=Message("assistant", ())),
]
FINAL_FAILURES = [
    ConnectError("certificate has expired", fatal=True),
    PoolTimeout("no connection slot"),
    api(BadRequestError),
    api(BadRequestError, 409),
    api(ContextLengthError),
    api(ContentFilterError),
    api(AuthenticationError, 401),
    api(PermissionDeniedError, 403),
    api(NotFoundError, 404),
    api(QuotaExceededError, 429),
    api(QuotaExceededError, 429, after=2.0),
    api(QuotaExceededError, 429, should_retry=True),
    DecodeError("not JSON"),
    ResponseTooLarge("line"),
    MalformedToolArguments("add", "{", "cut"),
    MissingCredentials("no key"),
    InvalidRequest("no messages"),
    DeadlineExceeded("600 s"),
    LimitExceeded("no room", target="a/m", retry_after=2.0),
    BreakerOpen("left alone", target="a/m", retry_after=2.0),
]
RETRYABLE_FAILURES = UNSENT_FAILURES + TRANSIENT_FAILURES + THROTTLES + AMBIGUOUS_FAILURES
ALL_FAILURES = RETRYABLE_FAILURES + FINAL_FAILURES


@pytest.mark.parametrize("attempt", [1, 2, 3])
@pytest.mark.parametrize(
    ("failures", "backoff"),
    [(UNSENT_FAILURES, UNSENT), (TRANSIENT_FAILURES, TRANSIENT), (THROTTLES, THROTTLE)],
)
def test_each_class_waits_in_its_own_way(
    failures: list[FairleadError], backoff: Backoff, attempt: int
) -> None:
    for error in failures:
        longest = outcome(error, attempt=attempt, random=lambda: 1.0)
        assert longest == Retry(backoff.ceiling(attempt - 1)), error


@pytest.mark.parametrize("error", FINAL_FAILURES, ids=repr)
def test_what_waiting_cannot_mend_gets_one_attempt(error: FairleadError) -> None:
    assert outcome(error) == Stop("not_retryable")


def test_what_we_refuse_for_now_may_be_asked_for_later_by_the_caller_alone() -> None:
    for error in (LimitExceeded("full", target="a/m"), BreakerOpen("open", target="a/m")):
        assert error.retryable
        assert error.retry_class == "throttle"
        assert not may_pass(error)
    assert not DeadlineExceeded("late").retryable


@pytest.mark.parametrize("error", ALL_FAILURES, ids=repr)
@pytest.mark.invariant("I3")
def test_nothing_is_tried_again_after_the_commit(error: FairleadError) -> None:
    decision = outcome(error, committed=True)
    assert isinstance(decision, Stop)
    assert decision.reason == "committed"


def test_the_provider_cannot_ask_for_a_retry_after_the_commit() -> None:
    error = api(ServerError, 500, after=1.0, should_retry=True)
    assert outcome(error, committed=True) == Stop("committed")


@pytest.mark.parametrize("error", AMBIGUOUS_FAILURES, ids=repr)
def test_a_failure_that_may_be_billed_is_retried_once_at_double_cost(error: FairleadError) -> None:
    budget = RetryBudget()
    decision = outcome(error, budget=budget)
    assert isinstance(decision, Retry)
    assert decision.possibly_billed
    assert budget.available(0.0) == 8
    again = outcome(error, attempt=2, budget=budget, ambiguous_before=1)
    assert again == Stop("possibly_billed", possibly_billed=True)
    assert budget.available(0.0) == 8


def test_an_ambiguous_failure_does_not_use_up_the_plain_retries() -> None:
    assert isinstance(outcome(api(ServerError, 500), attempt=2, ambiguous_before=1), Retry)


def test_an_operation_that_must_not_be_repeated_is_not() -> None:
    once = RetryPolicy(max_ambiguous_retries=0)
    assert outcome(AMBIGUOUS_FAILURES[0], policy=once) == Stop("possibly_billed", True)
    assert isinstance(outcome(UNSENT_FAILURES[0], policy=once), Retry)


@pytest.mark.parametrize("error", [*UNSENT_FAILURES, *TRANSIENT_FAILURES, *THROTTLES], ids=repr)
def test_a_plain_failure_is_not_billed_and_costs_one(error: FairleadError) -> None:
    budget = RetryBudget()
    decision = outcome(error, budget=budget)
    assert isinstance(decision, Retry)
    assert not decision.possibly_billed
    assert budget.available(0.0) == 9


@pytest.mark.parametrize("kind", [BadRequestError, AuthenticationError, ServerError])
def test_the_provider_may_ask_for_a_retry(kind: type[ApiError]) -> None:
    decision = outcome(api(kind, 409, should_retry=True), random=lambda: 1.0)
    assert decision == Retry(TRANSIENT.ceiling(0))


@pytest.mark.parametrize("kind", [ServerError, RateLimitError, OverloadedError])
def test_the_provider_may_forbid_a_retry(kind: type[ApiError]) -> None:
    assert outcome(api(kind, 500, after=1.0, should_retry=False)) == Stop("told_not_to")


def test_the_number_of_retries_is_bounded() -> None:
    error = api(ServerError, 500)
    assert isinstance(outcome(error, attempt=3), Retry)
    assert outcome(error, attempt=4) == Stop("attempts_spent")
    assert outcome(error, policy=RetryPolicy(max_retries=0)) == Stop("attempts_spent")


def test_a_negative_number_of_retries_is_refused() -> None:
    with pytest.raises(ConfigError, match="0 or more"):
        RetryPolicy(max_retries=-1)
    with pytest.raises(ConfigError, match="0 or more"):
        RetryPolicy(max_ambiguous_retries=-1)


def test_an_empty_budget_refuses_at_once() -> None:
    budget = RetryBudget(floor=1)
    assert outcome(AMBIGUOUS_FAILURES[0], budget=budget) == Stop("budget_spent", True)
    assert isinstance(outcome(api(ServerError, 500), budget=budget), Retry)
    assert outcome(api(ServerError, 500), budget=budget) == Stop("budget_spent")


@pytest.mark.parametrize(
    "refused",
    [
        lambda budget: outcome(FINAL_FAILURES[0], budget=budget),
        lambda budget: outcome(api(ServerError, 500), budget=budget, committed=True),
        lambda budget: outcome(api(ServerError, 500), budget=budget, attempt=4),
        lambda budget: outcome(api(ServerError, 500), budget=budget, remaining=0.9),
        lambda budget: outcome(api(RateLimitError, 429, after=3600.0), budget=budget),
        lambda budget: outcome(AMBIGUOUS_FAILURES[0], budget=budget, ambiguous_before=1),
    ],
)
def test_a_retry_that_is_refused_costs_nothing(refused: Callable[[RetryBudget], Decision]) -> None:
    budget = RetryBudget()
    assert isinstance(refused(budget), Stop)
    assert budget.available(0.0) == 10


def test_an_attempt_of_less_than_a_second_is_not_begun() -> None:
    error = api(ServerError, 500)
    assert outcome(error, remaining=1.0) == Stop("deadline")
    assert outcome(error, remaining=-5.0) == Stop("deadline")
    decision = outcome(error, attempt=3, remaining=1.5, random=lambda: 1.0)
    assert decision == Retry(0.5)


def test_a_hint_is_honoured_up_to_two_minutes_and_the_deadline() -> None:
    assert isinstance(outcome(api(RateLimitError, 429, after=120.0)), Retry)
    assert outcome(api(RateLimitError, 429, after=120.5)) == Stop("hint_too_long")
    assert outcome(api(RateLimitError, 429, after=9.5), remaining=10.0) == Stop("deadline")
    assert isinstance(outcome(api(RateLimitError, 429, after=9.0), remaining=10.0), Retry)


@pytest.mark.parametrize("after", [None, 0.0, -1.0, float("nan")])
def test_a_hint_that_says_nothing_leaves_the_own_backoff(after: float | None) -> None:
    decision = outcome(api(RateLimitError, 429, after=after), random=lambda: 1.0)
    assert decision == Retry(THROTTLE.ceiling(0))


def test_an_endless_hint_ends_the_call() -> None:
    assert outcome(api(RateLimitError, 429, after=float("inf"))) == Stop("hint_too_long")


def test_the_batch_profile_waits_out_a_storm() -> None:
    decision = outcome(
        api(OverloadedError, 529), policy=RetryPolicy(profile="batch"), random=lambda: 1.0
    )
    assert decision == Retry(10.0)


@pytest.mark.parametrize("value", ["3600", "Sun, 06 Nov 1994 08:49:37 GMT", "NaN", "-1", "1e308"])
@pytest.mark.fault("P2", "too long: the error at once; nonsense: the own backoff")
def test_a_strange_retry_after_ends_the_call_or_leaves_the_own_backoff(value: str) -> None:
    headers = Headers([("retry-after", value)])
    error = classify("slow down", status=429, target="acme/one", headers=headers)
    error.retry_after = retry_after(headers, "", now=1.8e9)
    decision = outcome(error, random=lambda: 1.0)
    assert decision == (Stop("hint_too_long") if value == "3600" else Retry(1.0))


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (429, "insufficient_quota", "You exceeded your current quota"),
        (429, "credit_balance_exhausted", ""),
        (429, "billing_hard_limit_reached", ""),
        (429, "enforced_spend_limit_reached", ""),
        (400, None, "You have reached your specified API usage limits. You will regain access on"),
        (402, None, "Payment required"),
    ],
)
@pytest.mark.fault("P3", "`QuotaExceededError`, one attempt")
def test_used_up_money_means_exactly_one_attempt(
    status: int, code: str | None, message: str
) -> None:
    error = classify(message, status=status, code=code, target="acme/one")
    error.retry_after = 1.0
    assert outcome(error) == Stop("not_retryable")


FAILURES = st.one_of(
    st.sampled_from(ALL_FAILURES),
    st.builds(
        api,
        st.sampled_from([ServerError, RateLimitError, OverloadedError, BadRequestError]),
        st.sampled_from([409, 429, 500, 503]),
        after=st.one_of(st.none(), st.floats(), st.floats(0, 150)),
        should_retry=st.sampled_from([None, None, None, True, False]),
    ),
)
POLICIES = st.builds(
    RetryPolicy,
    max_retries=st.integers(0, 5),
    profile=st.sampled_from(["interactive", "batch"]),
    max_ambiguous_retries=st.integers(0, 2),
)


@settings(max_examples=300)
@given(POLICIES, st.lists(FAILURES, min_size=10, max_size=10), st.floats(-1, 700), st.randoms())
def test_a_call_keeps_every_bound(
    policy: RetryPolicy, failures: list[FairleadError], deadline: float, random: Random
) -> None:
    budget = RetryBudget()
    now, ambiguous, attempt = 0.0, 0, 0
    for error in failures:
        attempt += 1
        decision = outcome(
            error,
            policy=policy,
            attempt=attempt,
            remaining=deadline - now,
            budget=budget,
            now=now,
            random=random.random,
            ambiguous_before=ambiguous,
        )
        if isinstance(decision, Stop):
            break
        hint = error.retry_after if isinstance(error, ApiError) else None
        assert 0.01 <= decision.wait <= 300
        assert not (hint and hint > decision.wait)
        now += decision.wait
        ambiguous += decision.possibly_billed
        assert now + 1 <= deadline + 1e-9
    assert attempt <= 1 + policy.max_retries
    assert ambiguous <= policy.max_ambiguous_retries


@given(FAILURES, st.integers(1, 5), st.floats(0, 150))
def test_the_dice_decide_when_and_never_whether(
    error: FairleadError, attempt: int, remaining: float
) -> None:
    kinds = {
        type(outcome(error, attempt=attempt, remaining=remaining, random=lambda drawn=drawn: drawn))
        for drawn in (0.0, 0.5, 1.0 - 2**-53)
    }
    assert len(kinds) == 1


def storm(callers: int, seed: int) -> list[float]:
    """When the retries of calls that all begin at once come, if every attempt is refused."""
    budget, random = RetryBudget(), Random(seed)
    for _ in range(callers):
        budget.deposit(0.0)
    waiting = [(0.0, 1)] * callers
    retries: list[float] = []
    while waiting:
        now, attempt = waiting.pop(0)
        decision = outcome(
            api(OverloadedError, 529),
            attempt=attempt,
            remaining=600 - now,
            budget=budget,
            now=now,
            random=random.random,
        )
        if isinstance(decision, Retry):
            retries.append(now + decision.wait)
            waiting.append((now + decision.wait, attempt + 1))
            waiting.sort()
    return retries


@pytest.mark.parametrize("seed", range(20))
def test_a_storm_of_refusals_is_hardly_amplified(seed: int) -> None:
    assert len(storm(200, seed)) <= 0.2 * 200 + 10


@pytest.mark.parametrize("seed", range(5))
def test_the_retries_of_a_storm_come_without_bursts(seed: int) -> None:
    first = [at for at in storm(2000, seed) if at <= 1.0]
    bins = [sum(1 for at in first if int(at * 10) == tenth) for tenth in range(10)]
    assert pvariance(bins) / mean(bins) < 2, bins


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(0, 90), st.sampled_from(RETRYABLE_FAILURES), st.integers(0, 4)),
        min_size=1,
        max_size=80,
    ),
    st.randoms(),
)
def test_many_calls_together_keep_to_the_budget(
    calls: list[tuple[float, FairleadError, int]], random: Random
) -> None:
    budget = RetryBudget()
    requests: list[float] = []
    retries: list[float] = []
    pending = [(at, 1, index) for index, (at, _, _) in enumerate(calls)]
    while pending:
        pending.sort()
        now, attempt, index = pending.pop(0)
        if attempt == 1:
            budget.deposit(now)
            requests.append(now)
        if attempt > calls[index][2]:
            continue
        decision = outcome(
            calls[index][1], attempt=attempt, budget=budget, now=now, random=random.random
        )
        if isinstance(decision, Retry):
            retries.append(now)
            pending.append((now + decision.wait, attempt + 1, index))
    for now in retries:
        in_window = sum(1 for at in retries if now - 60 < at <= now)
        assert in_window <= 0.2 * sum(1 for at in requests if now - 60 < at <= now) + 10
