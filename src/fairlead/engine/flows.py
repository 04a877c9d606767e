"""Runs a `Flow` to its end: sends its requests, does its blocking steps, gives it the answers.

Its requests carry the credential that the flow itself put in, and no other. Redirects are not
followed.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, TypeVar

from fairlead.errors import (
    DeadlineExceeded,
    FairleadError,
    PoolTimeout,
    ReadTimeout,
    ResponseTooLarge,
    TransportError,
)
from fairlead.ports import Blocking, Flow, FlowResponse, Timeouts
from fairlead.types.http import HttpRequest

if TYPE_CHECKING:
    from fairlead.ports import HttpResponse, Runtime, Transport

E_ = TypeVar("E_", bound=FairleadError)
T_ = TypeVar("T_")

_REQUEST_SECONDS = 10.0
_MOST_BYTES = 1 << 20
_FAR = Timeouts(connect=5.0, pool=5.0)
_NEAR = Timeouts(connect=1.0, pool=5.0)
"""For plain http, which goes to this machine or its own link: a silent one is not there."""


async def run_flow(
    flow: Flow[T_], *, transport: Transport, runtime: Runtime, deadline: float = inf
) -> T_:
    """What the flow returns. Raises what it raises, and what its steps raise and it lets pass.

    Each request has 10 s in all, and none goes on past `deadline`. However this ends, the flow is
    closed.
    """
    try:
        step = next(flow)
        while True:
            try:
                answer = await _done(step, transport, runtime, deadline)
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(answer)
    except StopIteration as end:
        result: T_ = end.value
        return result
    finally:
        flow.close()


def fresh(error: E_) -> E_:
    """The same error without traceback, cause and receipt."""
    found = type(error).__new__(type(error), *error.args)
    vars(found).update(vars(error))
    vars(found).pop("__notes__", None)
    found.receipt = None
    return found


async def _done(
    step: HttpRequest | Blocking, transport: Transport, runtime: Runtime, deadline: float
) -> object:
    if isinstance(step, Blocking):
        return await runtime.blocking(step.run)
    try:
        return await _answer(step, transport, min(runtime.now() + _REQUEST_SECONDS, deadline))
    except (ReadTimeout, PoolTimeout) as error:
        if runtime.now() >= deadline:
            raise DeadlineExceeded("the deadline passed while a credential was renewed") from None
        raise _named(error, step.url) from None
    except TransportError as error:
        raise _named(error, step.url) from None


async def _answer(step: HttpRequest, transport: Transport, until: float) -> FlowResponse:
    # Read as it comes, so that the cap holds.
    request = HttpRequest(step.method, step.url, step.headers, step.body)
    timeouts = _NEAR if step.url.startswith("http:") else _FAR
    response = await transport.send(request, deadline=until, timeouts=timeouts)
    try:
        return FlowResponse(response.status, response.headers, await _body(response, until))
    finally:
        await response.aclose()


async def _body(response: HttpResponse, until: float) -> bytes:
    body = bytearray()
    while data := await response.read(until):
        body += data
        if len(body) > _MOST_BYTES:
            del body, data
            raise ResponseTooLarge("an answer to a sign-in is longer than 1 MiB; try again later")
    return bytes(body)


def _named(error: TransportError, url: str) -> TransportError:
    """The same failure, saying whose it is: this was not the provider."""
    found = fresh(error)
    host = url.split("/")[2]
    found.args = (f"no new credential from {host}: {error.args[0] if error.args else error}",)
    return found
