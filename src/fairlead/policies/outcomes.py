"""What the end of an attempt says about the health of its target.

Only the provider's own failures speak against it. Refusals of the caller's request show that it
answers; credentials, quota, limits, our own refusals and cancellation show nothing.
"""

from __future__ import annotations

from typing import Literal

from fairlead.errors import (
    ApiError,
    AuthenticationError,
    DeadlineExceeded,
    FairleadError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    RefusedError,
    StreamInterrupted,
)

Outcome = Literal["success", "failure", "neutral"]

_OF_THE_KEY = (AuthenticationError, PermissionDeniedError, RateLimitError, QuotaExceededError)


def outcome(error: BaseException | None, *, waited: float, patience: float) -> Outcome:
    """One sample of the breaker.

    A deadline that ended the attempt after `waited` seconds counts against the provider where that
    was at least `patience`: a hanging provider fails, an impatient caller does not make it fail.
    """
    error = cause_of(error)
    if error is None:
        return "success"
    if isinstance(error, DeadlineExceeded):
        return "failure" if waited >= patience else "neutral"
    if not isinstance(error, FairleadError) or isinstance(error, (RefusedError, *_OF_THE_KEY)):
        return "neutral"
    if error.retry_class != "never":
        return "failure"
    return "success" if isinstance(error, ApiError) else "neutral"


def throttled(error: BaseException | None) -> bool | None:
    """Whether the provider had no room for the request (429, 503, 529); None if nobody knows."""
    error = cause_of(error)
    if isinstance(error, RateLimitError | OverloadedError):
        return True
    return False if error is None else None


def hint_of(error: BaseException | None) -> float | None:
    """Seconds for which a provider without room said that it takes nothing, if it did."""
    return error.retry_after if isinstance(error, RateLimitError | OverloadedError) else None


def cause_of(error: BaseException | None) -> BaseException | None:
    """The error itself; of a stream that was cut, what cut it."""
    if isinstance(error, StreamInterrupted) and isinstance(error.__cause__, FairleadError):
        return error.__cause__
    return error
