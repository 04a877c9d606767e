"""Runs the renewals of credentials: one at a time for each, apart from the requests they serve.

Whatever goes wrong in a flow comes out as a fresh error without traceback, since the flow's frames
hold secrets.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from fairlead.errors import (
    ConfigError,
    DeadlineExceeded,
    FairleadError,
    PoolTimeout,
    ReadTimeout,
    ResponseTooLarge,
    TransportError,
)
from fairlead.policies.backoff import backoff_for
from fairlead.ports import Blocking, FlowResponse, Timeouts
from fairlead.types.http import HttpRequest

if TYPE_CHECKING:
    from fairlead.ports import Authorizer, Flow, HttpResponse, Renewal, Runtime, Transport

E_ = TypeVar("E_", bound=FairleadError)

_REQUEST_SECONDS = 10.0
_FAILURE_SECONDS = 5.0
"""How long a failure is believed before the server is asked again."""
_EARLY_SECONDS = 3.0
_EARLY_WAIT = 1.0
"""An early renewal may take the first, and a call waits for it as long as the second."""
_TRIES = 3
_LARGEST = 1 << 20
_FAR = Timeouts(connect=5.0, pool=5.0)
_NEAR = Timeouts(connect=1.0, pool=5.0)
"""For plain http, which goes to this machine or its own link: a silent one is not there."""


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
        raise _fresh(failure)

    async def _early(self, renewal: Renewal, deadline: float) -> None:
        """What is held is still good: nobody waits for another's renewal, and no failure counts."""
        key, now = renewal.key, self._runtime.now()
        if key in self._under_way or now - self._early_failures.get(key, -1e9) < _FAILURE_SECONDS:
            return
        self._under_way.add(key)
        until = min(deadline, now + _EARLY_SECONDS)
        try:
            await self._runtime.once(
                key, lambda: self._run(renewal, until, 1), within=min(_EARLY_WAIT, until - now)
            )
        except FairleadError:
            self._early_failures[key] = self._runtime.now()
        except TimeoutError:
            pass  # it goes on without this call
        finally:
            self._under_way.discard(key)

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
            await self._follow(renewal.flow(), deadline)
        except FairleadError as error:
            return _fresh(error)
        except Exception as error:  # its traceback would show what the flow holds
            return ConfigError(f"a credential cannot be renewed ({type(error).__name__})")
        return None

    async def _follow(self, flow: Flow[None], deadline: float) -> None:
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._step(step, deadline)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration:
            return
        finally:
            flow.close()

    async def _step(self, step: HttpRequest | Blocking, deadline: float) -> Any:
        if isinstance(step, Blocking):
            return await self._runtime.blocking(step.run)
        until = min(self._runtime.now() + _REQUEST_SECONDS, deadline)
        # Read as it comes, so that the cap holds.
        request = HttpRequest(step.method, step.url, step.headers, step.body)
        timeouts = _NEAR if step.url.startswith("http:") else _FAR
        try:
            response = await self._transport.send(request, deadline=until, timeouts=timeouts)
            try:
                return FlowResponse(response.status, response.headers, await _body(response, until))
            finally:
                await response.aclose()
        except (ReadTimeout, PoolTimeout) as error:
            if self._runtime.now() >= deadline:
                raise DeadlineExceeded(
                    "the deadline passed while a credential was renewed"
                ) from None
            raise _named(error, step.url) from None
        except TransportError as error:
            raise _named(error, step.url) from None


async def _body(response: HttpResponse, until: float) -> bytes:
    body = bytearray()
    while data := await response.read(until):
        body += data
        if len(body) > _LARGEST:
            raise ResponseTooLarge(f"a token's answer is longer than {_LARGEST:,} bytes")
    return bytes(body)


def _named(error: TransportError, url: str) -> TransportError:
    """The same failure, saying whose it is: this was not the provider."""
    found = _fresh(error)
    host = url.split("/")[2]
    found.args = (f"no new credential from {host}: {error.args[0] if error.args else error}",)
    return found


def _fresh(error: E_) -> E_:
    """The same error without traceback, cause and receipt: every caller gets its own."""
    found = type(error).__new__(type(error), *error.args)
    vars(found).update(vars(error))
    vars(found).pop("__notes__", None)
    found.receipt = None
    return found
