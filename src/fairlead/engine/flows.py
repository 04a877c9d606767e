"""Runs a `Flow` to its end: sends its requests, does its blocking steps, gives it the answers.

Its requests carry the credential that the flow itself put in, and no other. Redirects are not
followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fairlead.errors import ResponseTooLarge
from fairlead.ports import Blocking, Flow, FlowResponse, Timeouts

if TYPE_CHECKING:
    from fairlead.ports import HttpResponse, Runtime, Transport
    from fairlead.types.http import HttpRequest

T_ = TypeVar("T_")

STEP_SECONDS = 10.0
_MOST_BYTES = 1 << 20


async def run_flow(flow: Flow[T_], *, transport: Transport, runtime: Runtime) -> T_:
    """What the flow returns. Raises what it raises, and what its steps raise and it lets pass.

    Each request has 10 s in all. However this ends, the flow is closed.
    """
    try:
        step = next(flow)
        while True:
            try:
                answer = await _done(step, transport, runtime)
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(answer)
    except StopIteration as end:
        result: T_ = end.value
        return result
    finally:
        flow.close()


async def _done(step: HttpRequest | Blocking, transport: Transport, runtime: Runtime) -> object:
    if isinstance(step, Blocking):
        return await runtime.blocking(step.run)
    deadline = runtime.now() + STEP_SECONDS
    response = await transport.send(step, deadline=deadline, timeouts=Timeouts())
    try:
        body = await _body(response, deadline)
    finally:
        await response.aclose()
    return FlowResponse(response.status, response.headers, body)


async def _body(response: HttpResponse, deadline: float) -> bytes:
    body = bytearray()
    while data := await response.read(deadline):
        body += data
        if len(body) > _MOST_BYTES:
            del body, data
            raise ResponseTooLarge("an answer to a sign-in is longer than 1 MiB; try again later")
    return bytes(body)
