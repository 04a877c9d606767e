"""Errors of a transport as data and back, so that a tape fails as the line did."""

from __future__ import annotations

from fairlead.errors import (
    ConnectError,
    ConnectTimeout,
    FairleadError,
    PoolTimeout,
    ProtocolError,
    ReadTimeout,
    ResponseTooLarge,
    TransportError,
)
from fairlead.tapes.exchange import Failure

RECORDED = (TransportError, ResponseTooLarge)
"""What a transport raises because of the line, and not because of the request."""

STALL = "Stall"
"""A failure that is none yet: nothing more comes, until the reader has waited long enough."""
RESET = "Reset"
"""A connection that is broken off, where one can tell that from its end."""

_SIMPLE = {kind.__name__: kind for kind in (TransportError, ProtocolError, PoolTimeout)}


def failure_of(error: FairleadError) -> Failure:
    """`error`, one of `RECORDED`, as data."""
    sent = isinstance(error, TransportError) and error.sent
    fatal = isinstance(error, ConnectError) and error.retry_class == "never"
    phase = error.phase if isinstance(error, ReadTimeout) else "idle"
    return Failure(error.error_type, str(error), sent, phase, fatal)


def error_of(failure: Failure) -> FairleadError:
    """The error that `failure` was made of. One of an unknown name is a `ProtocolError`."""
    kind, message = failure.kind, failure.message
    if kind == ReadTimeout.__name__:
        return ReadTimeout(message, phase=failure.phase, sent=failure.sent)
    if kind == ConnectTimeout.__name__:
        return ConnectTimeout(message, fatal=failure.fatal)
    if kind == ConnectError.__name__:
        return ConnectError(message, fatal=failure.fatal)
    if kind == ResponseTooLarge.__name__:
        return ResponseTooLarge(message)
    return _SIMPLE.get(kind, ProtocolError)(message, sent=failure.sent)
