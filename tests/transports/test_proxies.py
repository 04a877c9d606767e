"""Which addresses a proxy is never asked for, and what a proxy sees of the others."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import trustme
from tests.transports.colours import Colour, fetch, send

from fairlead.errors import ConnectError
from fairlead.ports import Transport
from fairlead.testing.server import Close, ScriptedServer, respond
from fairlead.transports.curl.proxies import unproxied
from fairlead.types.http import HttpSettings

HERE = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10,fd00:ec2::/32"
NAME = "upstream.test"
KEY = (("Authorization", "Bearer hunter2"),)


class Tunnels:
    """An HTTP or SOCKS5 proxy that leads every name to one port here; it keeps what it was told."""

    def __init__(self, port: int, *, context: ssl.SSLContext | None = None, socks: bool) -> None:
        self.told = b""
        self._port = port
        self._context = context
        self._socks = socks
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = [self._listener]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                self._start(self._serve, raw)

    def _start(self, work: object, *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments))
        self._threads[-1].start()

    def _serve(self, raw: socket.socket) -> None:
        with suppress(OSError):
            line = self._context.wrap_socket(raw, server_side=True) if self._context else raw
            self._open.append(line)
            (self._greet_socks if self._socks else self._greet_http)(line)
            out = socket.create_connection(("127.0.0.1", self._port))
            self._open.append(out)
            self._start(self._pump, out, line)
            self._pump(line, out)

    def _greet_http(self, line: socket.socket) -> None:
        while b"\r\n\r\n" not in self.told:
            if not (data := line.recv(4096)):
                raise ConnectionError
            self.told += data
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    def _greet_socks(self, line: socket.socket) -> None:
        self.told += line.recv(4096)
        line.sendall(b"\x05\x00")
        self.told += line.recv(4096)
        line.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@contextmanager
def tunnels(server: ScriptedServer, **options: object) -> Iterator[Tunnels]:
    made = Tunnels(int(server.url.rpartition(":")[2]), **{"socks": False, **options})
    try:
        yield made
    finally:
        made.close()


def asking(url: str):
    async def scenario(transport: Transport) -> bytes:
        return (await fetch(transport, url, headers=KEY))[1]

    return scenario


@pytest.mark.parametrize(
    ("given", "left_out"),
    [(None, HERE), ("", HERE), ("example.com,.local", f"{HERE},example.com,.local"), ("*", "*")],
)
def test_what_runs_here_goes_through_no_proxy(monkeypatch, given, left_out) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    if given is not None:
        monkeypatch.setenv("no_proxy", given)

    assert unproxied(HttpSettings(trust_env=True)) == left_out


def test_the_environment_has_no_say_in_a_proxy_of_the_settings(monkeypatch) -> None:
    monkeypatch.setenv("no_proxy", "*")

    assert unproxied(HttpSettings(proxy="http://proxy.example")) == HERE


def test_a_server_on_this_machine_is_asked_directly(colour: Colour) -> None:
    with ScriptedServer(respond(body=b"here")) as server, ScriptedServer([Close()]) as proxy:
        settings = HttpSettings(proxy=proxy.url)
        assert colour.run(asking(server.url), settings) == b"here"
        assert colour.run(asking(server.url.replace("127.0.0.1", "localhost")), settings) == b"here"
        assert proxy.requests == []


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_gives_a_line_and_sees_no_request_at_its_own_end(
    colour: Colour, scheme: str
) -> None:
    with ScriptedServer(respond(body=b"through")) as server:
        with tunnels(server, socks=scheme != "http") as proxy:
            settings = HttpSettings(proxy=f"{scheme}://{proxy.address}", allow_insecure_http=True)
            assert colour.run(asking(f"http://{NAME}/path"), settings) == b"through"

    assert NAME.encode() in proxy.told
    assert b"hunter2" not in proxy.told
    assert b"/path" not in proxy.told
    assert dict(server.requests[0].headers)["authorization"] == "Bearer hunter2"


def test_the_line_to_a_proxy_may_be_encrypted_and_its_certificate_is_verified(
    colour: Colour, tmp_path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ScriptedServer(respond(body=b"through")) as server:
        with tunnels(server, context=context) as proxy:
            own = HttpSettings(
                proxy=f"https://{proxy.address}",
                ca_file=str(tmp_path / "ca.pem"),
                allow_insecure_http=True,
            )
            assert colour.run(asking(f"http://{NAME}/"), own) == b"through"
        with tunnels(server, context=context) as proxy:
            strange = HttpSettings(proxy=f"https://{proxy.address}", allow_insecure_http=True)
            with pytest.raises(ConnectError, match="certificate"):
                colour.run(asking(f"http://{NAME}/"), strange)
            assert proxy.told == b""


def test_the_proxy_of_the_environment_is_used_only_when_trusted(
    colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConnectError):
            await send(transport, f"https://{NAME}/", headers=KEY)

    with ScriptedServer([*respond(502), Close()]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        colour.run(scenario)
        assert proxy.requests == []
        colour.run(scenario, HttpSettings(trust_env=True))
        colour.run(scenario, HttpSettings(proxy=proxy.url))

    assert [request.method for request in proxy.requests] == ["CONNECT", "CONNECT"]
    assert "hunter2" not in repr(proxy.requests)


@pytest.mark.fault("C20")
def test_a_password_in_the_proxys_address_goes_to_the_proxy_alone(colour: Colour) -> None:
    with ScriptedServer(respond(body=b"through")) as server, tunnels(server) as proxy:
        settings = HttpSettings(proxy=f"http://ann:word@{proxy.address}", allow_insecure_http=True)
        assert colour.run(asking(f"http://{NAME}/"), settings) == b"through"

    assert b"Proxy-Authorization: Basic YW5uOndvcmQ=" in proxy.told
    assert "proxy-authorization" not in dict(server.requests[0].headers)


def test_a_proxy_that_is_not_there_is_what_the_error_names(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConnectError, match=f"{NAME}: the proxy refused it or is not there"):
            await send(transport, f"https://{NAME}/", headers=KEY)

    with socket.socket() as taken:  # bound, and listens to nobody
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for scheme in ("http", "socks5h"):
            colour.run(scenario, HttpSettings(proxy=f"{scheme}://{address}"))
