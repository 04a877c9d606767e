"""Reads on in an answer that nobody listens to any more, to the usage at its end, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fairlead.errors import DecodeError, TransportError

if TYPE_CHECKING:
    from fairlead.ports import Decoder, Drain, HttpResponse, Runtime


async def read_out(
    response: HttpResponse,
    decoder: Decoder[Any, Any],
    drain: Drain,
    runtime: Runtime,
    deadline: float,
) -> None:
    """Until the answer is complete, or a bound is reached, or it breaks; raises for none of it."""
    until = min(runtime.now() + drain.seconds, deadline)
    left = drain.bytes
    while left > 0 and not decoder.finished and decoder.failure is None and runtime.now() < until:
        try:
            data = await response.read(until)
        except (TransportError, DecodeError):
            return
        left -= len(data)
        if data:
            decoder.feed(data)
        else:
            decoder.close()
