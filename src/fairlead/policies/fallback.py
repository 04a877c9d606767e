"""Which failures of one target are worth another target, and for how long the first then rests.

Before the commit only. The caller's own mistakes would be the same everywhere.
"""

from __future__ import annotations

from msgspec import Struct

from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ConfigError,
    ContentFilterError,
    ContextLengthError,
    DeadlineExceeded,
    DecodeError,
    FairleadError,
    OverloadedError,
    QuotaExceededError,
    RateLimitError,
    RefusedError,
    ResponseTooLarge,
    StoreError,
    StreamInterrupted,
    TransportError,
    UnknownBudget,
    UnsupportedFeature,
)
from fairlead.types.routes import OnFilter


class Turn(Struct, frozen=True):
    """Whether a failure leads to another target. `larger`: only to one with a larger window."""

    onward: bool
    larger: bool = False


_STAY = Turn(False)
_GO = Turn(True)

TURNS: tuple[tuple[type[FairleadError], Turn], ...] = (
    (ContextLengthError, Turn(True, larger=True)),
    (BadRequestError, _STAY),
    (ApiError, _GO),
    (TransportError, _GO),
    (ResponseTooLarge, _STAY),
    (DecodeError, _GO),
    (StreamInterrupted, _GO),
    # The time is the whole call's and the store everybody's; what else we refuse, such as at a
    # limit, is one target's, and a budget may have room for a cheaper one.
    (DeadlineExceeded, _STAY),
    (StoreError, _STAY),
    (RefusedError, _GO),
    # No key, or one that cannot be read or renewed: trouble of one provider. A budget that nobody
    # set is missing everywhere.
    (UnknownBudget, _STAY),
    (ConfigError, _GO),
    (UnsupportedFeature, _GO),
    (FairleadError, _STAY),
)
"""The first row whose type fits decides."""

_RATE_REST = 60.0
_KEY_REST = 60.0
_QUOTA_REST = 3600.0


def turn(error: FairleadError, on_filter: OnFilter) -> Turn:
    """What `error` leads to."""
    if isinstance(error, ContentFilterError):
        return _GO if on_filter == "next" else _STAY
    return next(found for kind, found in TURNS if isinstance(error, kind))


def rest_after(error: FairleadError) -> float:
    """Seconds for which the target is better left alone; 0 for none.

    A quota that is spent is probed again after an hour, unless the provider says when it resets.
    """
    if not isinstance(error, ApiError):
        return 0.0
    hint = error.retry_after
    if isinstance(error, QuotaExceededError):
        return max(_QUOTA_REST, hint or 0.0)
    if isinstance(error, RateLimitError):
        return _RATE_REST if hint is None else hint
    if isinstance(error, AuthenticationError):
        return _KEY_REST
    return hint or 0.0 if isinstance(error, OverloadedError) else 0.0
