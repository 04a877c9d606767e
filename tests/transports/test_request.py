"""Requests are checked before libcurl sees them, and their secrets stay out of every message."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.errors import InvalidRequest
from fairlead.transports.curl.request import (
    check_url,
    header_lines,
    host_of,
    origin_of,
    wants_events,
)
from fairlead.types.http import HttpSettings


@pytest.mark.parametrize(
    ("url", "origin", "host"),
    [
        (
            "https://api.example.com/v1/chat?key=s3cret",
            "https://api.example.com",
            "api.example.com",
        ),
        ("https://h?key=s3cret", "https://h", "h"),
        ("https://h#s3cret", "https://h", "h"),
        ("http://[::1]:8000/x", "http://[::1]:8000", "[::1]:8000"),
        ("https://u:s3cret@h:1/x", "https://u:s3cret@h:1", "h:1"),
        ("nonsense", "", "the host"),
    ],
)
def test_of_a_url_only_the_host_may_be_shown(url: str, origin: str, host: str) -> None:
    assert origin_of(url) == origin
    assert host_of(url) == host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "localhost:80"])
def test_plain_http_may_go_to_this_machine(host: str) -> None:
    assert check_url(f"http://{host}/x", HttpSettings()) is False


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "169.254.170.2:80", "[fe80::1]", "[fd00:ec2::254]"]
)
def test_plain_http_may_go_to_the_servers_of_a_clouds_machine(host: str) -> None:
    assert check_url(f"http://{host}/x", HttpSettings()) is False


@pytest.mark.parametrize(
    "host",
    ["localhost.example.com", "128.0.0.1", "0.0.0.0", "[::2]", "a", "169.255.1.1", "[fd00::1]"],
)
def test_plain_http_goes_elsewhere_only_by_leave(host: str) -> None:
    with pytest.raises(InvalidRequest, match="allow_insecure_http"):
        check_url(f"http://{host}/x", HttpSettings())
    assert check_url(f"http://{host}/x", HttpSettings(allow_insecure_http=True)) is False


@given(st.text(max_size=40))
def test_any_url_is_read_or_refused(url: str) -> None:
    try:
        check_url("https://" + url, HttpSettings())
    except InvalidRequest:
        return
    assert url.isascii()
    assert url.isprintable()


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_header_makes_one_line_or_is_refused(name: str, value: str) -> None:
    try:
        lines = header_lines(((name, value),))
    except InvalidRequest:
        return
    assert not any(mark in line for line in lines for mark in (b"\r", b"\n", b"\0"))
    assert sum(line.startswith(name.encode()) for line in lines[1:2]) == 1


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ((), False),
        ((("Accept", "application/json"),), False),
        ((("ACCEPT", "application/json, text/event-stream"),), True),
        ((("X-Accept", "text/event-stream"),), False),
    ],
)
def test_an_event_stream_is_asked_for_by_the_accept_header(
    headers: tuple[tuple[str, str], ...], wanted: bool
) -> None:
    assert wants_events(headers) is wanted


def test_a_proxy_password_is_not_in_the_repr_of_the_settings() -> None:
    assert "hunter2" not in repr(HttpSettings(proxy="http://user:hunter2@proxy:3128"))
