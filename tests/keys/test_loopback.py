"""The receiver of a redirect: one answer, for the right path, from the person's own browser."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from fairlead.keys.loopback import RedirectReceiver


@pytest.fixture
def receiver() -> Iterator[RedirectReceiver]:
    with RedirectReceiver("/callback") as opened:
        yield opened


def port(receiver: RedirectReceiver) -> int:
    return int(receiver.address.rpartition(":")[2])


def get(
    receiver: RedirectReceiver, path: str, *, method: str = "GET", host: str | None = None
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port(receiver), timeout=5)
    try:
        headers = {} if host is None else {"Host": host}
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()
    finally:
        connection.close()


def test_the_first_redirect_is_the_answer(receiver: RedirectReceiver) -> None:
    status, headers, page = get(receiver, "/callback?code=4%2Fcanary&state=s%20t")
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert headers["Content-Security-Policy"] == "default-src 'none'"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "canary" not in page
    assert "Server" not in headers
    assert receiver.wait(5) == {"code": "4/canary", "state": "s t"}


def test_it_listens_on_this_machine_alone_and_on_a_port_of_its_own() -> None:
    with RedirectReceiver("/callback") as one, RedirectReceiver("/callback") as other:
        assert one.address.startswith("http://127.0.0.1:")
        assert one.address != other.address


def test_a_second_redirect_is_not_listened_to(receiver: RedirectReceiver) -> None:
    get(receiver, "/callback?code=one")
    with suppress(OSError, http.client.HTTPException):
        assert get(receiver, "/callback?code=two")[0] != 200
    assert receiver.wait(5) == {"code": "one"}
    assert receiver.wait(0.1) is None


def test_nobody_listens_any_more_once_it_is_closed() -> None:
    with RedirectReceiver("/callback") as opened:
        get(opened, "/callback?code=one")
    with pytest.raises(ConnectionRefusedError):
        get(opened, "/callback?code=two")


@pytest.mark.parametrize(
    "path",
    [
        "/", "/favicon.ico", "/callback/?code=x", "/callbac?code=x",
        "/../callback?code=x", "/callback%3Fcode=x", "/callback?" + "&".join(["a=b"] * 60),
        "/callback?code=" + "x" * 9000,
    ],
)  # fmt: skip
def test_another_path_is_no_answer_and_does_no_harm(receiver: RedirectReceiver, path: str) -> None:
    status, _, page = get(receiver, path)
    assert status == 404
    assert "nothing here" in page
    get(receiver, "/callback?code=right")
    assert receiver.wait(5) == {"code": "right"}


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS"])
def test_another_method_is_no_answer(receiver: RedirectReceiver, method: str) -> None:
    assert get(receiver, "/callback?code=x", method=method)[0] == 404
    assert receiver.wait(0.1) is None


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1"])
def test_a_page_that_comes_by_another_name_is_no_answer(
    receiver: RedirectReceiver, host: str
) -> None:
    assert get(receiver, "/callback?code=x", host=host)[0] == 404
    assert receiver.wait(0.1) is None


def test_connections_that_say_nothing_keep_nobody_waiting(receiver: RedirectReceiver) -> None:
    silent = [socket.create_connection(("127.0.0.1", port(receiver))) for _ in range(5)]
    try:
        assert get(receiver, "/callback?code=right")[0] == 200
        assert receiver.wait(5) == {"code": "right"}
    finally:
        for connection in silent:
            connection.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02",
        b"GET\r\n\r\n",
        b"\r\n" * 9,
        b"GET " + b"x" * 70_000,
        b"GET /callback\r\n\r\n",
    ],
)
def test_nonsense_is_no_answer(receiver: RedirectReceiver, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port(receiver)), timeout=5) as connection:
        with suppress(OSError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)
    get(receiver, "/callback?code=right")
    assert receiver.wait(5) == {"code": "right"}


def test_when_nobody_comes_the_wait_ends_and_was_told_of() -> None:
    told: list[float] = []
    with RedirectReceiver("/callback") as opened:
        assert opened.wait(0.05, waiting=told.append) is None
    assert told
    assert all(0 < left <= 0.05 for left in told)
