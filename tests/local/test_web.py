from __future__ import annotations

import socket
import ssl
import urllib.error
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.ports import free_port

from fairlead.errors import LocalModelError
from fairlead.local.index_settings import IndexSettings
from fairlead.local.web import READ_ERRORS, Web, reason, with_password_of, without_password

if TYPE_CHECKING:
    from tests.local.conftest import FakeIndex, Page

SETTINGS = IndexSettings(timeout=2.0)


def read(url: str, settings: IndexSettings = SETTINGS) -> bytes:
    response = Web(settings).open(url)
    try:
        return response.read(1 << 20)
    finally:
        response.close()


def with_user(index: FakeIndex, path: str) -> str:
    return index.origin.replace("://", "://me:canary%21@") + path


def test_a_user_and_password_go_in_a_header_and_not_in_the_address(
    index: FakeIndex, page: type[Page]
) -> None:
    index.pages["/here"] = page(b"yes")
    assert read(with_user(index, "/here")) == b"yes"
    path, headers = index.asked[0]
    assert path == "/here"
    assert headers["Authorization"] == "Basic bWU6Y2FuYXJ5IQ=="
    assert "canary" not in headers["Host"]


def test_a_password_does_not_follow_a_redirect(index: FakeIndex, page: type[Page]) -> None:
    elsewhere = index.origin.replace("127.0.0.1", "localhost") + "/there"
    index.pages["/here"] = page(status=302, headers=(("Location", elsewhere),))
    index.pages["/there"] = page(b"moved")
    assert read(with_user(index, "/here")) == b"moved"
    assert "Authorization" in index.asked[0][1]
    assert "Authorization" not in index.asked[1][1]


def test_a_proxy_is_asked_in_the_place_of_the_host(index: FakeIndex, page: type[Page]) -> None:
    index.pages["http://nowhere.invalid/here"] = page(b"through")
    settings = IndexSettings(proxy=index.origin, timeout=2.0)
    assert read("http://nowhere.invalid/here", settings) == b"through"


@pytest.mark.parametrize(
    ("url", "source", "expected"),
    [
        ("https://a.test/w", "https://u:p@a.test/simple/", "https://u:p@a.test/w"),
        ("https://b.test/w", "https://u:p@a.test/simple/", "https://b.test/w"),
        ("http://a.test/w", "https://u:p@a.test/simple/", "http://a.test/w"),
        ("https://a.test:8443/w", "https://u:p@a.test/simple/", "https://a.test:8443/w"),
        ("https://a.test/w", "https://a.test/simple/", "https://a.test/w"),
    ],
)
def test_a_link_gets_the_password_of_its_own_origin_only(
    url: str, source: str, expected: str
) -> None:
    assert with_password_of(url, source) == expected
    assert "p@" not in without_password(expected)


def test_reasons_are_a_few_words_without_an_address(index: FakeIndex) -> None:
    with pytest.raises(READ_ERRORS) as missing:
        read(f"{index.origin}/missing")
    assert isinstance(missing.value, urllib.error.HTTPError)
    assert reason(missing.value) == "HTTP 404"
    with pytest.raises(READ_ERRORS) as refused:
        read(f"http://127.0.0.1:{free_port()}/")
    assert reason(refused.value) == "Connection refused"
    assert reason(TimeoutError()) == "no answer in time"
    assert reason(ssl.SSLError(1, "handshake failed")) == "TLS: handshake failed"
    assert reason(ValueError("http://u:canary@x")) == "it makes no sense"


def test_a_server_that_stays_silent_is_given_up(index: FakeIndex) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(READ_ERRORS) as caught:
            read(url, IndexSettings(timeout=0.2))
    assert reason(caught.value) == "no answer in time"


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    with pytest.raises(LocalModelError, match=f"cannot read the certificates in {missing}"):
        Web(IndexSettings(certificates=(missing,)))
