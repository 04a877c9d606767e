"""Faults of connections and of streams over them, one by one, in both colours.

The names begin with rows of the project's fault matrix.
"""

from __future__ import annotations

import datetime
import gc
import ssl
import threading
import warnings

import psutil
import pytest
import trustme
from tests.ports import free_port
from tests.timing import prompt
from tests.transports.colours import EVENTS, Colour, fetch, send, until

from fairlead.errors import (
    ConnectError,
    ConnectTimeout,
    PoolTimeout,
    ProtocolError,
    ReadTimeout,
)
from fairlead.ports import Timeouts, Transport
from fairlead.testing.server import (
    Close,
    Pause,
    Receive,
    Received,
    Reset,
    ScriptedServer,
    Step,
    respond,
    stream,
)
from fairlead.types.http import HttpSettings

HELLO = respond(body=b"hello")
LATE = (ReadTimeout, ConnectTimeout)
"""A machine that stands still for a moment may have no connection by then."""

_YESTERDAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.mark.fault("C1", "nothing was sent: sent again up to 3 times, then `ConnectError`")
def test_c1_a_refused_connection_is_unsent(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConnectError) as caught:
            await send(transport, f"http://127.0.0.1:{free_port()}/path?secret=1")
        assert (caught.value.retry_class, caught.value.sent) == ("unsent", False)
        assert "127.0.0.1" in str(caught.value)
        assert "secret" not in str(caught.value)

    colour.run(scenario)


@pytest.mark.fault("C4", "nothing was sent: `ConnectError`, sent again")
def test_c1_a_name_that_does_not_exist_is_unsent(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConnectError) as caught:
            await send(transport, "https://does-not-exist.invalid/")
        assert caught.value.retry_class == "unsent"

    colour.run(scenario)


@pytest.mark.fault("C3", "`ProtocolError` that says whether the request may have been read")
def test_c3_a_reset_after_accept_is_ambiguous(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError) as caught:
            await send(transport, server.url)
        assert caught.value.sent

    with ScriptedServer([Reset()]) as server:
        colour.run(scenario)
    assert len(server.requests) == 1


@pytest.mark.fault(
    "C7", "`ConnectTimeout` after 5 s, at the deadline if that is earlier; sent again"
)
def test_c7_a_handshake_that_stalls_is_a_connect_timeout(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        url = server.url.replace("http:", "https:")
        for watch in prompt(1.0, least=0.19):
            with watch, pytest.raises(ConnectTimeout) as caught:
                await send(transport, url, timeouts=Timeouts(connect=0.2))
            assert caught.value.retry_class == "unsent"
        for watch in prompt(0.6, least=0.09):
            with watch, pytest.raises(ConnectTimeout):
                await send(transport, url, within=0.1)

    with ScriptedServer(greeting=[Pause(30)]) as server:
        colour.run(scenario)


@pytest.mark.parametrize("fault", ["unknown authority", "another host", "expired"])
@pytest.mark.fault("C8", "`ConnectError` that says so, once; not one byte of the request is sent")
def test_c8_a_bad_certificate_is_fatal_and_nothing_is_sent(
    colour: Colour, authority: trustme.CA, ca_file: str, fault: str
) -> None:
    leaf = {
        "unknown authority": lambda: trustme.CA().issue_cert("127.0.0.1"),
        "another host": lambda: authority.issue_cert("other.example"),
        "expired": lambda: authority.issue_cert("127.0.0.1", not_after=_YESTERDAY),
    }[fault]()

    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConnectError, match="certificate") as caught:
            await send(transport, server.url, headers=(("X-Api-Key", "hunter2"),))
        assert (caught.value.retry_class, caught.value.sent) == ("never", False)

    with ScriptedServer(HELLO, tls=server_context(leaf)) as server:
        colour.run(scenario, HttpSettings(ca_file=ca_file))
    assert (server.requests, server.bytes_received) == ([], 0)


@pytest.mark.fault("C8")
def test_c8_a_good_certificate_is_accepted(
    colour: Colour, authority: trustme.CA, ca_file: str
) -> None:
    async def scenario(transport: Transport) -> None:
        first, body = await fetch(transport, server.url)
        second, _ = await fetch(transport, server.url)
        assert body == b"hello"
        assert (first.facts.reused, second.facts.reused) == (False, True)

    context = server_context(authority.issue_cert("127.0.0.1"))
    with ScriptedServer(HELLO, tls=context) as server:
        colour.run(scenario, HttpSettings(ca_file=ca_file))


@pytest.mark.fault("C9", "`ConnectError`; nothing under TLS 1.2")
def test_c9_an_old_tls_version_is_refused(
    colour: Colour, authority: trustme.CA, ca_file: str
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")

    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConnectError, match="TLS"):
            await send(transport, server.url)

    with ScriptedServer(HELLO, tls=context) as server:
        colour.run(scenario, HttpSettings(ca_file=ca_file))
    assert server.requests == []


def dies_when_reused(request: Received) -> list[Step]:
    """The first request of a connection is answered, the second finds it closing."""
    if request.connection in served:
        return [Close()]
    served.add(request.connection)
    return HELLO


served: set[int] = set()


@pytest.fixture(autouse=True)
def _nothing_served() -> None:
    served.clear()


@pytest.mark.fault("C10", "one replay on a fresh connection that counts as no retry")
def test_c10_a_stale_connection_costs_one_replay_that_nobody_sees(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url)
        response, body = await fetch(transport, server.url, body=b"second")
        assert body == b"hello"
        assert not response.facts.reused

    with ScriptedServer(dies_when_reused) as server:
        colour.run(scenario)
    assert [request.body for request in server.requests] == [b"{}", b"second", b"second"]
    assert [request.connection for request in server.requests] == [1, 1, 2]


@pytest.mark.fault("C10")
def test_c10_an_idle_connection_that_was_closed_is_noticed_before_sending(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url)
        assert until(lambda: server.open_connections == 0)
        _, body = await fetch(transport, server.url)
        assert body == b"hello"

    with ScriptedServer([*HELLO, Close()], HELLO) as server:
        colour.run(scenario)
    assert len(server.requests) == 2


@pytest.mark.fault("C10")
def test_c10_a_replay_that_dies_too_is_not_sent_again(colour: Colour) -> None:
    def answer(request: Received) -> list[Step]:
        return HELLO if len(server.requests) == 1 else [Close()]

    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url)
        with pytest.raises(ProtocolError) as caught:
            await send(transport, server.url)
        assert caught.value.sent

    with ScriptedServer(answer) as server:
        colour.run(scenario)
    assert len(server.requests) == 3


@pytest.mark.fault("C11", "`ProtocolError`; repeated once at most, marked as possibly billed")
def test_c11_a_fresh_connection_that_closes_without_a_word_is_ambiguous(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError) as caught:
            await send(transport, server.url)
        assert caught.value.sent
        assert caught.value.retry_class == "transient"

    with ScriptedServer([Close()]) as server:
        colour.run(scenario)
    assert len(server.requests) == 1


@pytest.mark.fault("C11")
def test_c11_a_connection_that_dies_after_the_first_line_is_not_replayed(colour: Colour) -> None:
    def answer(request: Received) -> list[Step]:
        return HELLO if len(server.requests) == 1 else [b"HTTP/1.1 200 OK\r\n", Close()]

    async def scenario(transport: Transport) -> None:
        await fetch(transport, server.url)
        with pytest.raises(ProtocolError):
            await send(transport, server.url)

    with ScriptedServer(answer) as server:
        colour.run(scenario)
    assert len(server.requests) == 2


@pytest.mark.fault("C12", "`ProtocolError`, not sent in full; a refusal that came early is read")
def test_c12_a_reset_amid_the_request_body_leaves_it_unsent(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ProtocolError) as caught:
            await send(transport, server.url, body=bytes(64 << 20))
        assert not caught.value.sent

    with ScriptedServer(greeting=[Receive(100_000), Reset()]) as server:
        colour.run(scenario)
    assert server.connections == 1


@pytest.mark.fault("C12")
def test_c12_an_early_refusal_is_read_though_the_body_was_not_sent(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        response, body = await fetch(transport, server.url, body=bytes(64 << 20))
        assert (response.status, body) == (413, b"too large")

    refusal = respond(413, body=b"too large")
    greeting = [Receive(100_000), *refusal, Pause(0.2), Close()]
    with ScriptedServer(greeting=greeting) as server:
        colour.run(scenario)


@pytest.mark.parametrize("headers", [(), EVENTS], ids=["plain", "events"])
@pytest.mark.fault("C15", "the same answer")
def test_c15_single_bytes_make_the_same_answer(
    colour: Colour, headers: tuple[tuple[str, str], ...]
) -> None:
    text = "data: naïve café ✓ 日本\n\n".encode()
    script = b"".join(
        step for step in stream([text, text[:9], text[9:]]) if isinstance(step, bytes)
    )
    slices: list[Step] = []
    for index in range(len(script)):
        slices += [script[index : index + 1], Pause(0.0002)]

    async def scenario(transport: Transport) -> None:
        response, body = await fetch(transport, server.url, headers=headers)
        assert body == text * 2
        assert body.decode() == text.decode() * 2
        assert next(iter(response.headers)) == ("Content-Type", "text/event-stream")

    with ScriptedServer(slices) as server:
        colour.run(scenario)


@pytest.mark.fault("C17", "`PoolTimeout` after 10 s, and the pool is usable again")
def test_c17_a_full_pool_says_so_and_recovers(colour: Colour) -> None:
    settings = HttpSettings(max_connections=2)

    async def scenario(transport: Transport) -> None:
        held = [await send(transport, server.url) for _ in range(2)]
        for watch in prompt(0.5, least=0.09):
            with watch, pytest.raises(PoolTimeout):
                await send(transport, server.url, timeouts=Timeouts(pool=0.1))
        with pytest.raises(PoolTimeout):
            await send(transport, server.url, within=0.05)
        for response in held:
            await response.aclose()
        again = [await send(transport, server.url) for _ in range(2)]
        for response in again:
            await response.aclose()

    with ScriptedServer([b"HTTP/1.1 200 OK\r\n\r\n", Pause(30)]) as server:
        colour.run(scenario, settings)
    assert server.connections == 4


@pytest.mark.fault("C17")
def test_c17_every_failure_gives_its_place_back(colour: Colour) -> None:
    settings = HttpSettings(max_connections=1)

    async def scenario(transport: Transport) -> None:
        for _ in range(2):
            with pytest.raises(ConnectError):
                await send(transport, f"http://127.0.0.1:{free_port()}/")
            with pytest.raises(ProtocolError):
                await send(transport, server.url + "/close")
            with pytest.raises(LATE):
                await send(transport, server.url + "/silent", within=0.05)
        await fetch(transport, server.url, timeouts=Timeouts(pool=0.1))

    def answer(request: Received) -> list[Step]:
        return {"/close": [Close()], "/silent": [Pause(30)]}.get(request.path, HELLO)

    with ScriptedServer(answer) as server:
        colour.run(scenario, settings)


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.fault("C18", "`ConnectError`, nothing sent; calls go on once there are some")
def test_c18_no_descriptors_left_is_unsent_and_passes(colour: Colour, warm: bool) -> None:
    resource = pytest.importorskip("resource")

    async def scenario(transport: Transport) -> None:
        if warm:
            await (await send(transport, server.url + "/open")).aclose()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with pytest.raises(ConnectError) as caught:
                await send(transport, server.url)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert (caught.value.retry_class, caught.value.sent) == ("unsent", False)
        _, body = await fetch(transport, server.url)
        assert body == b"hello"

    def answer(request: Received) -> list[Step]:
        return [b"HTTP/1.1 200 OK\r\n\r\n", Pause(9)] if request.path == "/open" else HELLO

    with ScriptedServer(answer) as server:
        colour.run(scenario)


@pytest.mark.fault("C20", "`ConnectError`, once; the proxy sees no key")
def test_c20_a_proxy_that_wants_a_password_is_fatal_and_sees_no_key(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        key = (("Authorization", "Bearer hunter2"),)
        with pytest.raises(ConnectError, match="proxy") as caught:
            await send(transport, "https://api.example.com/v1", headers=key)
        assert caught.value.retry_class == "never"

    refusal = respond(407, (("Proxy-Authenticate", 'Basic realm="x"'),), b"who are you?")
    with ScriptedServer([*refusal, Close()]) as proxy:
        colour.run(scenario, HttpSettings(proxy=proxy.url))
    assert [request.method for request in proxy.requests] == ["CONNECT"]
    assert "hunter2" not in repr(proxy.requests)


@pytest.mark.fault(
    "S15", "the connection is closed at once and the end told once; money is settled by what came"
)
def test_s15_a_forgotten_response_is_closed(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        response = await send(transport, server.url)
        assert server.open_connections == 1
        del response
        gc.collect()
        await colour.runtime.sleep(0.05)
        assert until(lambda: server.open_connections == 0)
        _, body = await fetch(transport, server.url)
        assert body == b"hello"

    with ScriptedServer([b"HTTP/1.1 200 OK\r\n\r\n", Pause(30)], HELLO) as server:
        colour.run(scenario, HttpSettings(max_connections=1))


@pytest.mark.invariant("I11")
def test_nothing_is_left_open_after_many_kinds_of_end(colour: Colour) -> None:
    process = psutil.Process()

    async def scenario(transport: Transport) -> None:
        for _ in range(20):
            await fetch(transport, server.url)
            held = await send(transport, server.url + "/stream")
            await held.aclose()
            with pytest.raises(ProtocolError):
                await send(transport, server.url + "/close")
            with pytest.raises(LATE):
                await send(transport, server.url + "/silent", within=0.005)

    def answer(request: Received) -> list[Step]:
        head = [b"HTTP/1.1 200 OK\r\n\r\n", Pause(30)]
        return {"/close": [Close()], "/silent": [Pause(30)], "/stream": head}.get(
            request.path, HELLO
        )

    with ScriptedServer(answer) as server:
        colour.run(scenario)
        gc.collect()
        threads, descriptors = threading.active_count(), process.num_fds()
        colour.run(scenario)
        gc.collect()
        assert until(lambda: threading.active_count() <= threads)
        assert until(lambda: process.num_fds() <= descriptors)
