"""Runs the renewals of credentials: one at a time for each, apart from the requests they serve.

Whatever goes wrong in a flow comes out as a fresh error without traceback, since the flow's frames
hold secrets.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from fairlead.engine.flows import fresh, run_flow
from fairlead.errors import ConfigError, DeadlineExceeded, FairleadError
from fairlead.policies.backoff import backoff_for

if TYPE_CHECKING:
    from fairlead.ports import Authorizer, Renewal, Runtime, Transport

_FAILURE_SECONDS = 5.0
"""How long a failure is believed before the server is asked again."""
_EARLY_SECONDS = 3.0
_EARLY_WAIT = 1.0
"""An early renewal may take the first, and a call waits for it as long as the second."""
_TRIES = 3


class Tokens:
    """Renewals of all credentials of one client."""

    __slots__ = ("_early_failures", "_failures", "_random", "_runtime", "_transport", "_under_way")

    def __init__(
        self,
        transport: Transport,
        runtime: Runtime,
        *,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._runtime = runtime
        self._random = random
        self._early_failures: dict[str, float] = {}
        self._failures: dict[str, tuple[float, FairleadError]] = {}
        self._under_way: set[str] = set()

    async def renew(self, credential: Authorizer, deadline: float) -> None:
        """Run what must run before `credential` can be used; `deadline` is the call's.

        Raises what the flow raises where it has to succeed, `DeadlineExceeded` where there is no
        time for it.
        """
        runs: dict[str, int] = {}
        while (renewal := credential.renewal(self._runtime.wall())) is not None:
            run = runs[renewal.key] = runs.get(renewal.key, 0) + 1
            # Twice where another credential of the same key was served by the first run.
            if run > (2 if renewal.required else 1):
                return
            if renewal.required:
                await self._required(renewal, deadline)
            else:
                await self._early(renewal, deadline)

    async def _required(self, renewal: Renewal, deadline: float) -> None:
        failure = self._known(renewal.key)
        while failure is None:
            left = deadline - self._runtime.now()
            if left <= 0:
                raise DeadlineExceeded("the deadline passed while a credential was being renewed")
            try:
                await self._runtime.once(
                    renewal.key, lambda: self._run(renewal, deadline, _TRIES), within=left
                )
                return
            except (DeadlineExceeded, TimeoutError):
                continue  # perhaps another's deadline: that of the call that began the renewal
            except FairleadError as error:
                failure = error
        raise fresh(failure)

    async def _early(self, renewal: Renewal, deadline: float) -> None:
        """What is held is still good: nobody waits for another's renewal, and no failure counts."""
        key, now = renewal.key, self._runtime.now()
        if key in self._under_way or now - self._early_failures.get(key, -1e9) < _FAILURE_SECONDS:
            return
        until = min(deadline, now + _EARLY_SECONDS)
        with suppress(FairleadError, TimeoutError):  # it has failed, or goes on without this call
            await self._runtime.once(
                key, lambda: self._run_early(renewal, until), within=min(_EARLY_WAIT, until - now)
            )

    async def _run_early(self, renewal: Renewal, until: float) -> None:
        """It is under way until it ends, also where nobody waits for it any more."""
        self._under_way.add(renewal.key)
        try:
            await self._run(renewal, until, 1)
        except FairleadError:
            self._early_failures[renewal.key] = self._runtime.now()
            raise
        finally:
            self._under_way.discard(renewal.key)

    def _known(self, key: str) -> FairleadError | None:
        """A failure that is too young to try again."""
        found = self._failures.get(key)
        if found is None or self._runtime.now() - found[0] >= _FAILURE_SECONDS:
            return None
        return found[1]

    async def _run(self, renewal: Renewal, deadline: float, tries: int) -> None:
        backoff = backoff_for("transient", "interactive")
        failure: FairleadError | None = None
        for number in range(tries):
            if number:
                room = max(0.0, deadline - self._runtime.now())
                await self._runtime.sleep(backoff.wait(number - 1, room=room, random=self._random))
            failure = await self._attempt(renewal, deadline)
            if failure is None:
                self._failures.pop(renewal.key, None)
                return
            if not failure.retryable:
                break
        assert failure is not None, "there is at least one try"
        if not isinstance(failure, DeadlineExceeded):
            failure.retry_class = "never"  # it was tried again here
            self._failures[renewal.key] = (self._runtime.now(), failure)
        raise failure

    async def _attempt(self, renewal: Renewal, deadline: float) -> FairleadError | None:
        try:
            await run_flow(
                renewal.flow(),
                transport=self._transport,
                runtime=self._runtime,
                deadline=deadline,
            )
        except FairleadError as error:
            return fresh(error)
        except Exception as error:  # its traceback would show what the flow holds
            return ConfigError(f"a credential cannot be renewed ({type(error).__name__})")
        return None
