"""Settings that no connection could be made with are found out before anything is sent."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from tests.transports.colours import Colour, send

from fairlead.errors import ConfigError
from fairlead.ports import Transport
from fairlead.testing.server import ScriptedServer
from fairlead.transports.curl.usable import check_settings
from fairlead.types.http import HttpSettings

SECRET = "hunter2"


@pytest.mark.parametrize(
    "proxy",
    [
        "proxy:3128",
        "http://proxy.example",
        "HTTPS://proxy.example:443/",
        "socks4a://proxy:1080",
        "socks5h://ann:word@proxy:1080",
        "http://[::1]:3128",
    ],
)
def test_a_proxy_may_be_written_in_these_ways(proxy: str) -> None:
    check_settings(HttpSettings(proxy=proxy))


@pytest.mark.parametrize(
    ("proxy", "word"),
    [
        ("ftp://proxy", "ftp:// is no kind of proxy"),
        ("", "http://host:port"),
        (f"http://ann:{SECRET}@", "http://host:port"),
        (f"http://ann:{SECRET}@proxy/path", "http://host:port"),
        (f"http://ann {SECRET}@proxy", "http://host:port"),
    ],
)
def test_a_proxy_that_cannot_be_one_is_refused_without_telling_it(proxy: str, word: str) -> None:
    with pytest.raises(ConfigError, match=word) as caught:
        check_settings(HttpSettings(proxy=proxy))

    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("field", ["ca_file", "client_cert", "client_key"])
def test_a_file_that_cannot_be_read_is_named_before_a_connection_is_made(
    colour: Colour, tmp_path: Path, field: str
) -> None:
    present = tmp_path / "present.pem"
    present.write_text("x")
    files = {"client_cert": str(present), field: str(tmp_path / "absent.pem")}

    async def scenario(transport: Transport) -> None:
        for _ in range(2):
            with pytest.raises(ConfigError, match=rf"http\.{field}: .*absent.* cannot be read"):
                await send(transport, "https://127.0.0.1:9")

    colour.run(scenario, HttpSettings(**files, max_connections=1))


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        (HttpSettings(client_key="x"), "client_cert"),
        (HttpSettings(proxy="http://proxy", unix_socket="/x"), "exclude each other"),
        (HttpSettings(ca_file="a\0b"), "no path"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: HttpSettings, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        check_settings(settings)


def test_no_frame_of_the_refusal_holds_the_proxys_password() -> None:
    with pytest.raises(ConfigError) as caught:
        check_settings(HttpSettings(proxy=f"nonsense://ann:{SECRET}@proxy"))
    frames = traceback.StackSummary.extract(
        traceback.walk_tb(caught.value.__traceback__), capture_locals=True
    )
    assert SECRET not in str([one.locals for one in frames if "test_usable" not in one.filename])


@pytest.mark.parametrize("agent", ["a\r\nHost: evil.example", "a\0", "caf\u00e9"])
def test_a_user_agent_cannot_hold_other_headers(colour: Colour, agent: str) -> None:
    async def scenario(transport: Transport) -> None:
        with pytest.raises(ConfigError, match=r"http\.user_agent"):
            await send(transport, server.url)

    with ScriptedServer() as server:
        colour.run(scenario, HttpSettings(user_agent=agent))
        assert server.requests == []
