"""A flow is run to its end in both colours, and is closed however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from fairlead.auth.flow import blocking, send
from fairlead.engine.flows import run_flow
from fairlead.engine.runtime import AsyncRuntime, BlockingRuntime, drive
from fairlead.errors import ConnectError, ProtocolError, ReadTimeout, ResponseTooLarge
from fairlead.ports import Flow
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import Pause, Repeat, ScriptedServer, respond
from fairlead.transports.curl import AsyncCurlTransport, BlockingCurlTransport
from fairlead.types.http import HttpRequest

REQUEST = HttpRequest("GET", "https://auth.example/token")


def dialogue(closed: list[bool]) -> Flow[str]:
    try:
        first = yield from send(REQUEST)
        number = yield from blocking(lambda: 20 + 1)
        second = yield from send(REQUEST)
        return f"{first.status} {first.body!r} {number} {second.status}"
    finally:
        closed.append(True)


def run(flow: Flow[str], *answers: Answer | ConnectError) -> tuple[str, MemoryTransport]:
    runtime = FakeRuntime()
    transport = MemoryTransport(runtime, answers)
    try:
        return drive(run_flow(flow, transport=transport, runtime=runtime)), transport
    finally:
        assert transport.open == 0


def test_requests_and_blocking_steps_are_answered_in_turn() -> None:
    closed: list[bool] = []
    result, transport = run(dialogue(closed), Answer([b"a", b"b"]), Answer(status=503))
    assert result == "200 b'ab' 21 503"
    assert transport.requests == [REQUEST, REQUEST]
    assert closed == [True]


def test_a_line_that_fails_is_thrown_into_the_flow_which_may_go_on() -> None:
    def stubborn() -> Flow[str]:
        try:
            yield from send(REQUEST)
        except ConnectError:
            response = yield from send(REQUEST)
            return str(response.status)
        return "never"

    assert run(stubborn(), ConnectError("no"), Answer())[0] == "200"
    closed: list[bool] = []
    with pytest.raises(ConnectError):
        run(dialogue(closed), ConnectError("no"))
    assert closed == [True]


def test_a_server_has_ten_seconds_in_all() -> None:
    with pytest.raises(ReadTimeout):
        run(dialogue([]), Answer(delay=11))
    with pytest.raises(ReadTimeout):
        run(dialogue([]), Answer([b"a", Pause(6), b"b", Pause(6), b"c"]))


def test_a_body_that_breaks_off_or_never_ends_is_an_error() -> None:
    with pytest.raises(ProtocolError):
        run(dialogue([]), Answer([b"a", ProtocolError("cut")]))
    with pytest.raises(ResponseTooLarge):
        run(dialogue([]), Answer([b"x" * 65536] * 17))


def test_an_error_of_a_blocking_step_comes_out() -> None:
    def broken() -> Flow[str]:
        yield from blocking(lambda: {}["missing"])
        return "never"

    with pytest.raises(KeyError):
        run(broken())


def coloured(flow: Callable[[], Flow[str]], colour: str) -> str:
    if colour == "blocking":
        transport = BlockingCurlTransport()
        try:
            return drive(run_flow(flow(), transport=transport, runtime=BlockingRuntime()))
        finally:
            drive(transport.aclose())

    async def main() -> str:
        transport = AsyncCurlTransport()
        try:
            return await run_flow(flow(), transport=transport, runtime=AsyncRuntime())
        finally:
            await transport.aclose()

    return asyncio.run(main())


@pytest.mark.parametrize("colour", ["blocking", "async"])
def test_over_a_real_line_redirects_are_answers_and_endless_bodies_are_cut(colour: str) -> None:
    def asked() -> Flow[str]:
        response = yield from send(HttpRequest("GET", server.url + "/x"))
        return f"{response.status} {response.headers.get('location')}"

    away = respond(302, [("Location", "https://evil.example/")])
    endless = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", Repeat(b"x" * 65536)]
    with ScriptedServer(away, endless) as server:
        assert coloured(asked, colour) == "302 https://evil.example/"
        with pytest.raises(ResponseTooLarge):
            coloured(asked, colour)
    assert len(server.requests) == 2


def test_a_task_that_is_cancelled_closes_its_flow() -> None:
    closed: list[bool] = []

    def waiting() -> Flow[str]:
        try:
            yield from send(HttpRequest("GET", server.url))
            return "never"
        finally:
            closed.append(True)

    async def main() -> None:
        transport = AsyncCurlTransport()
        running = asyncio.ensure_future(
            run_flow(waiting(), transport=transport, runtime=AsyncRuntime())
        )
        done, _ = await asyncio.wait([running], timeout=0.1)
        assert not done
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await transport.aclose()

    with ScriptedServer([Pause(60)]) as server:
        asyncio.run(main())
    assert closed == [True]
