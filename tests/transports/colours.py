"""One scenario, run in both colours of the transport."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from fairlead.engine.runtime import AsyncRuntime, BlockingRuntime, drive
from fairlead.ports import HttpResponse, Limits, Timeouts, Transport
from fairlead.transports.curl import AsyncCurlTransport, BlockingCurlTransport
from fairlead.types.http import HttpRequest, HttpSettings

T = TypeVar("T")
SOON = 20.0
"""Seconds for what takes hardly any, as a machine may stand still; past them it never comes."""
EVENTS = (("Accept", "text/event-stream"),)


class Colour:
    """How a scenario is run. A scenario is a coroutine function that takes a transport."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.runtime = BlockingRuntime() if name == "blocking" else AsyncRuntime()

    def transport(
        self, settings: HttpSettings | None = None, limits: Limits | None = None
    ) -> AsyncCurlTransport | BlockingCurlTransport:
        kind = BlockingCurlTransport if self.name == "blocking" else AsyncCurlTransport
        return kind(settings, limits)

    def run(
        self,
        scenario: Callable[[Transport], Awaitable[T]],
        settings: HttpSettings | None = None,
        limits: Limits | None = None,
    ) -> T:
        async def whole() -> T:
            transport = self.transport(settings, limits)
            try:
                return await scenario(transport)
            finally:
                await transport.aclose()

        return self.drive(whole())

    def drive(self, coroutine: Coroutine[object, None, T]) -> T:
        if self.name == "blocking":
            return drive(coroutine)
        with asyncio.Runner() as runner:
            return runner.run(coroutine)


@pytest.fixture(params=["blocking", "asyncio"])
def colour(request: pytest.FixtureRequest) -> Colour:
    return Colour(request.param)


async def send(
    transport: Transport,
    url: str,
    *,
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes | None = b"{}",
    within: float = SOON,
    timeouts: Timeouts | None = None,
) -> HttpResponse:
    request = HttpRequest(method, url, headers, body)
    return await transport.send(
        request, deadline=time.monotonic() + within, timeouts=timeouts or Timeouts()
    )


async def read_all(response: HttpResponse, within: float = SOON) -> bytes:
    parts = []
    while data := await response.read(time.monotonic() + within):
        parts.append(data)
    return b"".join(parts)


async def fetch(transport: Transport, url: str, **options: object) -> tuple[HttpResponse, bytes]:
    """A response whose body was read to its end."""
    response = await send(transport, url, **options)
    try:
        return response, await read_all(response)
    finally:
        await response.aclose()


@contextmanager
def interrupted(*, after: float) -> Iterator[None]:
    """A block that ends by an interrupt, which comes so many seconds after its beginning."""
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        timer.start()
        yield
    timer.join()


def until(condition: Callable[[], bool], within: float = SOON) -> bool:
    """Whether `condition` comes true in time."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
