"""TLS: own authorities, certificates of the client, the oldest version, and servers of one HTTP."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from tests.transports.colours import Colour, fetch

from fairlead.errors import ConnectError, InvalidRequest, ProtocolError, TransportError
from fairlead.ports import Transport
from fairlead.testing.server import ScriptedServer, respond
from fairlead.types.http import HttpSettings

HELLO = respond(body=b"hello")


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> Path:
    """A folder with what a client may need."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    own = authority.issue_cert("client@example.org")
    own.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    (tmp_path / "nonsense.pem").write_text("hello")
    return tmp_path


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(made)
    return made


@pytest.fixture
def asking_back(authority: trustme.CA, context: ssl.SSLContext) -> Iterator[ScriptedServer]:
    """A server that asks its clients for a certificate."""
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    with ScriptedServer(HELLO, tls=context) as server:
        yield server


def outcome(colour: Colour, server: ScriptedServer, settings: HttpSettings) -> object:
    """What comes back: a body, or the error."""

    async def scenario(transport: Transport) -> object:
        try:
            return (await fetch(transport, server.url))[1]
        except (TransportError, InvalidRequest) as error:
            return error

    return colour.run(scenario, settings)


@pytest.mark.parametrize("names", [("cert.pem", "key.pem"), ("both.pem", None)])
def test_a_client_may_show_a_certificate(
    colour: Colour, asking_back: ScriptedServer, files: Path, names: tuple[str, str | None]
) -> None:
    cert, key = names
    settings = HttpSettings(
        ca_file=str(files / "ca.pem"),
        client_cert=str(files / cert),
        client_key=str(files / key) if key else None,
    )

    assert outcome(colour, asking_back, settings) == b"hello"


def test_without_one_nothing_is_answered(
    colour: Colour, asking_back: ScriptedServer, files: Path
) -> None:
    found = outcome(colour, asking_back, HttpSettings(ca_file=str(files / "ca.pem")))

    assert isinstance(found, ConnectError | ProtocolError)
    assert asking_back.requests == []


@pytest.mark.parametrize("field", ["ca_file", "client_cert"])
def test_a_file_that_is_no_certificate_is_fatal_and_nothing_is_sent(
    colour: Colour, asking_back: ScriptedServer, files: Path, field: str
) -> None:
    usual = {"ca_file": str(files / "ca.pem"), field: str(files / "nonsense.pem")}

    found = outcome(colour, asking_back, HttpSettings(**usual))

    assert isinstance(found, ConnectError | InvalidRequest)
    assert not found.retryable
    assert "certificate" in str(found)
    assert asking_back.requests == []


@pytest.mark.parametrize(("least", "well"), [("1.2", True), ("1.3", False)])
def test_an_older_version_than_the_least_is_refused(
    colour: Colour, context: ssl.SSLContext, files: Path, least: str, well: bool
) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with ScriptedServer(HELLO, tls=context) as server:
        settings = HttpSettings(ca_file=str(files / "ca.pem"), min_tls=least)
        found = outcome(colour, server, settings)

    assert found == b"hello" if well else isinstance(found, ConnectError)
    assert len(server.requests) == well


@pytest.mark.parametrize("wanted", ["auto", "http1", "http2", "http3"])
def test_a_server_of_http1_alone_is_spoken_to_whatever_is_asked_for_first(
    colour: Colour, context: ssl.SSLContext, files: Path, wanted: str
) -> None:
    with ScriptedServer(HELLO, tls=context) as server:
        settings = HttpSettings(http_version=wanted, ca_file=str(files / "ca.pem"))
        assert outcome(colour, server, settings) == b"hello"


class _Plain(socketserver.BaseRequestHandler):
    """Answers a greeting of TLS as servers of plain HTTP do."""

    def handle(self) -> None:
        self.request.recv(1024)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def test_https_to_a_plain_server_is_told_what_to_write(colour: Colour) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConnectError, match="where plain HTTP is spoken, use http://"):
            await fetch(transport, f"https://127.0.0.1:{server.server_address[1]}/")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Plain) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            colour.run(scenario)
        finally:
            server.shutdown()
