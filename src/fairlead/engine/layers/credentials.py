"""Renews a call's credential before it is used, and tries again where another secret may help.

Every such attempt is its own in the receipt. Only what was refused before the commit comes here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fairlead.engine.tokens import Tokens
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    ConfigError,
    FairleadError,
    PermissionDeniedError,
)
from fairlead.types.receipts import Attempt, Timings

if TYPE_CHECKING:
    from fairlead.engine.call import Call, Handler
    from fairlead.engine.reply import Reply
    from fairlead.ports import Authorizer, Runtime

E_ = TypeVar("E_")
R_ = TypeVar("R_")

_LOGIN = "login "
_MOST_KEYS = 8
"""Of a larger pool no more are tried in a row: it is the provider that has trouble then."""


def credentials(inner: Handler[E_, R_], *, tokens: Tokens, runtime: Runtime) -> Handler[E_, R_]:
    """One secret is replaced once a call; of several, each gets its turn."""

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        if call.credential is None:
            return await inner(call)
        left = 1 if call.chooser is None else min(call.chooser.size, _MOST_KEYS)
        while True:
            wall = runtime.wall()
            credential = _chosen(call, wall)
            if credential.renewal(wall) is not None:
                await _renewed(call, credential)
                wall = runtime.wall()
            try:
                return await inner(call)
            except ApiError as error:
                when = wall if call.chooser is None else runtime.wall()
                again = credential.rejected(error, when)
                if not again or left == 0 or runtime.now() >= call.deadline:
                    _advise(error, credential)
                    raise
            left -= 1
            call.replays += 1
            call.next_wait = 0.0

    def _chosen(call: Call[E_, R_], wall: float) -> Authorizer:
        if call.chooser is not None:
            call.credential = call.chooser.chosen(wall)
        assert call.credential is not None, "a call without a credential does not come here"
        return call.credential

    async def _renewed(call: Call[E_, R_], credential: Authorizer) -> None:
        started = runtime.now()
        try:
            await tokens.renew(credential, call.deadline)
        except ConfigError:
            raise  # there is no credential: as little of an attempt as a missing key
        except FairleadError as error:
            timings = Timings(total=runtime.now() - started)
            said = f"{error.error_type}: {error}"
            ended = Attempt(call.target, error=said, wait=call.next_wait, timings=timings)
            call.record(ended, error)
            raise

    return handle


def no_credentials(inner: Handler[E_, R_]) -> Handler[E_, R_]:
    """In the place of `credentials` where nothing leaves, as with a tape: none is read or sent."""

    async def handle(call: Call[E_, R_]) -> Reply[E_, R_]:
        call.credential = call.chooser = None
        return await inner(call)

    return handle


def _advise(error: ApiError, credential: Authorizer) -> None:
    """Say where the credential that was refused came from, as it is the caller's to replace."""
    name = credential.key_name
    if error.remedy is not None or name is None:
        return
    if isinstance(error, AuthenticationError):
        again = f"run fairlead {name} again" if name.startswith(_LOGIN) else "correct or renew it"
        error.remedy = f"the credential is that of {name}: {again}"
    elif isinstance(error, PermissionDeniedError):
        error.remedy = f"the credential is that of {name}: let it do this, or use another"
