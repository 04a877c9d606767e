"""Whether a failed attempt is followed by another, and after how long. Reads no clock.

The table decides what a kind of failure permits; then come, in this order, the number of attempts,
the server's hint and the deadline, and the target's budget, which is asked last so that a refused
retry costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from fairlead.errors import (
    ApiError,
    ConfigError,
    FairleadError,
    QuotaExceededError,
    RefusedError,
    RetryClass,
    StreamInterrupted,
    TransportError,
)
from fairlead.policies.backoff import (
    FLOOR,
    LONGEST_HINT,
    Backoff,
    Profile,
    backoff_for,
    wait_after_hint,
)
from fairlead.policies.retry_budget import RetryBudget


class Rule(Struct, frozen=True):
    """What an error permits before the commit.

    `by` says who decides whether it is retried: the error's `retry_class` alone, the provider's
    `x-should-retry` first, or nobody. `ambiguous` says whether the provider may have done the work
    all the same: then the retry is one of few, and costs double.
    """

    by: Literal["class", "provider", "nobody"]
    ambiguous: Literal["no", "if_sent", "yes"] = "no"


RULES: tuple[tuple[type[FairleadError], Rule], ...] = (
    # Waiting brings no money, whatever the header says.
    (QuotaExceededError, Rule("nobody")),
    # What we refuse ourselves is not asked for again: the caller may, or another target take it.
    (RefusedError, Rule("nobody")),
    # 409 and the other refusals of class "never" are retried only where the provider says so.
    (ApiError, Rule("provider")),
    (TransportError, Rule("class", ambiguous="if_sent")),
    # The answer had been begun for us, even if no event of it came.
    (StreamInterrupted, Rule("class", ambiguous="yes")),
    (FairleadError, Rule("class")),
)
"""The first row whose type fits decides."""

LEAST_ATTEMPT = 1.0
AMBIGUOUS_COST = 2

StopReason = Literal[
    "committed",
    "not_retryable",
    "told_not_to",
    "attempts_spent",
    "possibly_billed",
    "hint_too_long",
    "deadline",
    "budget_spent",
]


class RetryPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`max_retries` counts retries: there is one attempt more.

    `max_ambiguous_retries` bounds those that may be billed twice; 0 for an operation that must not
    be repeated.
    """

    max_retries: int = 3
    profile: Profile = "interactive"
    max_ambiguous_retries: int = 1

    def __post_init__(self) -> None:
        if self.max_retries < 0 or self.max_ambiguous_retries < 0:
            raise ConfigError("a number of retries must be 0 or more; 0 turns retries off")


class Retry(Struct, frozen=True):
    """Try again after `wait` seconds. The failed attempt may be billed if `possibly_billed`."""

    wait: float
    possibly_billed: bool = False


class Stop(Struct, frozen=True):
    """Do not try again. The failed attempt may be billed if `possibly_billed`."""

    reason: StopReason
    possibly_billed: bool = False


Decision = Retry | Stop


def decide(
    error: FairleadError,
    *,
    policy: RetryPolicy,
    attempt: int,
    remaining: float,
    committed: bool,
    budget: RetryBudget,
    now: float,
    random: Callable[[], float],
    ambiguous_before: int = 0,
) -> Decision:
    """What follows `error`.

    `attempt` counts the attempts made, the failed one included (1 after the first); `remaining`
    are the seconds to the call's deadline; `now` is an instant of the budget's clock; `random`
    draws from [0, 1). `ambiguous_before` counts this call's earlier attempts whose decision was
    `possibly_billed`.
    """
    rule = _rule(error)
    ambiguous = _ambiguous(error, rule)
    reason: StopReason | None = "committed" if committed else _refusal(error, rule)
    if reason is None and attempt > policy.max_retries:
        reason = "attempts_spent"
    if reason is None and ambiguous and ambiguous_before >= policy.max_ambiguous_retries:
        reason = "possibly_billed"
    if reason is not None:
        return Stop(reason, ambiguous)
    wait = _wait(error, policy.profile, attempt - 1, remaining - LEAST_ATTEMPT, random)
    if not isinstance(wait, float):
        return Stop(wait, ambiguous)
    if not budget.try_withdraw(now, AMBIGUOUS_COST if ambiguous else 1):
        return Stop("budget_spent", ambiguous)
    return Retry(wait, ambiguous)


def may_pass(error: FairleadError) -> bool:
    """Whether `error` permits another attempt at the same target at all."""
    return _refusal(error, _rule(error)) is None


def _rule(error: FairleadError) -> Rule:
    return next(rule for kind, rule in RULES if isinstance(error, kind))


def _ambiguous(error: FairleadError, rule: Rule) -> bool:
    if rule.ambiguous == "if_sent":
        return isinstance(error, TransportError) and error.sent
    return rule.ambiguous == "yes"


def _told(error: FairleadError, rule: Rule) -> bool | None:
    """What the provider says of a retry, where it has a say."""
    return error.should_retry if rule.by == "provider" and isinstance(error, ApiError) else None


def _refusal(error: FairleadError, rule: Rule) -> StopReason | None:
    told = _told(error, rule)
    if told is False:
        return "told_not_to"
    if rule.by == "nobody" or (error.retry_class == "never" and told is None):
        return "not_retryable"
    return None


def _wait(
    error: FairleadError, profile: Profile, retry: int, room: float, random: Callable[[], float]
) -> float | StopReason:
    """Seconds to wait so that `room` is kept, or why there is no such wait.

    The dice decide when a retry comes, never whether: a wait that would not fit is shortened, but
    never below the server's hint.
    """
    hint = error.retry_after if isinstance(error, ApiError) else None
    if hint is not None and hint > LONGEST_HINT:
        return "hint_too_long"
    if room < FLOOR:
        return "deadline"
    # A hint of 0 says nothing of when; the own wait keeps the callers apart.
    if hint is None or not hint > 0:
        return _backoff(error.retry_class, profile).wait(retry, room=room, random=random)
    return wait_after_hint(hint, room=room, random=random) if hint <= room else "deadline"


def _backoff(kind: RetryClass, profile: Profile) -> Backoff:
    # A refusal that the provider itself says to retry is taken for a passing one.
    return backoff_for("transient" if kind == "never" else kind, profile)
