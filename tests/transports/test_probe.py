"""The probe: which steps a connection takes, over plain HTTP and over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest
import trustme
from tests.transports.caddy import Caddy
from tests.transports.racing import races

from fairlead.errors import ConnectError
from fairlead.ports import Timeouts
from fairlead.testing.server import ScriptedServer, respond
from fairlead.transports.curl.probe import Probe
from fairlead.types.http import HttpSettings
from fairlead.types.pings import Ping, PingTry


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[ScriptedServer, HttpSettings]]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    with ScriptedServer(respond(200, body=b"Hi"), tls=context) as server:
        yield server, HttpSettings(ca_file=str(path))


def test_a_new_connection_takes_every_step_and_one_that_stands_only_the_last(secure) -> None:
    server, settings = secure
    with closing(Probe(server.url, settings, Timeouts())) as probe:
        first, second = probe.attempt(fresh=True), probe.attempt(fresh=False)

    assert (first.status, first.http_version, first.reused) == (200, "1.1", False)
    assert first.dns is not None
    assert first.connect is not None
    assert first.tls is not None
    assert first.tls > 0
    assert first.quic is None
    assert first.tls_version == "1.3"
    assert first.dns + first.connect + first.tls + first.server <= first.total + 0.001
    assert (second.reused, second.dns, second.connect, second.tls) == (True, None, None, None)
    assert server.connections == 1


def test_the_second_new_connection_resumes_the_session_of_the_first(secure) -> None:
    server, settings = secure
    with closing(Probe(server.url, settings, Timeouts())) as probe:
        tries = [probe.attempt(fresh=True) for _ in range(3)]

    assert [item.resumed for item in tries] == [False, True, True]
    assert server.connections == 3


def test_a_certificate_that_is_not_trusted_is_no_answer(secure) -> None:
    server, _ = secure
    with closing(Probe(server.url, HttpSettings(), Timeouts())) as probe:
        with pytest.raises(ConnectError, match=r"no answer from 127\.0\.0\.1:\d+: SSL cert"):
            probe.attempt(fresh=True)

    assert server.requests == []


@pytest.mark.parametrize(("wanted", "version"), [("auto", "2"), ("http3", "3")])
@races
def test_the_version_that_was_agreed_on_decides_which_steps_there_are(
    tmp_path: Path, wanted: Literal["auto", "http3"], version: str
) -> None:
    with ScriptedServer(respond(401)) as upstream, Caddy(tmp_path, upstream.url) as caddy:
        settings = HttpSettings(http_version=wanted, ca_file=caddy.ca_file)
        with closing(Probe(caddy.url, settings, Timeouts())) as probe:
            first, second = probe.attempt(fresh=True), probe.attempt(fresh=True)
            third = probe.attempt(fresh=False)

    for found in (first, second):
        assert (found.status, found.http_version, found.reused) == (401, version, False)
        assert (found.quic is None, found.tls is None) == (version == "2", version == "3")
        assert found.tls_version == "1.3"
    assert (first.resumed, second.resumed) == (False, True)
    assert (third.http_version, third.reused, third.quic) == (version, True, None)


def test_percentiles_are_values_that_were_measured() -> None:
    tries = [
        PingTry(200, "3", "", reused=False, server=n, total=n, quic=n / 2) for n in range(1, 11)
    ]
    times = {item.phase: item for item in Ping("a", "b", tuple(tries)).times(reused=False)}

    assert list(times) == ["quic", "server", "total"]
    assert (times["server"].p50, times["server"].p90, times["server"].most) == (5, 9, 10)
    assert Ping("a", "b", tuple(tries)).times(reused=True) == ()
