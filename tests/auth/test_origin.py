"""Origins are read strictly: an address that two parsers could read differently is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.auth.origin import Origin, origin_of, require_secure
from fairlead.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.openai.com/v1", Origin("https", "api.openai.com", 443)),
        ("HTTPS://API.OpenAI.com:443", Origin("https", "api.openai.com", 443)),
        ("https://api.openai.com:8443/", Origin("https", "api.openai.com", 8443)),
        ("http://127.0.0.1:11434/v1", Origin("http", "127.0.0.1", 11434)),
        ("http://[::1]:80/x", Origin("http", "::1", 80)),
    ],
)
def test_scheme_host_and_port_are_read(url: str, origin: Origin) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com",
        "ftp://api.openai.com",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@api.openai.com",
        "https://api.openai.com@evil.example",
        "https://api.openai.com\\@evil.example",
        "https://api.openai.com%2eevil.example",
        "https://api.openai.com:0",
        "https://api.openai.com:99999",
        "https://api.openai.com:443x",
        "https://[::1",
        "https://api.openai.com/a b",
        "https://api.openai.com/\n",
        "https://äpi.example",
    ],
)
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        origin_of(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "x.localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_plain_http_is_allowed_to_this_machine(host: str) -> None:
    require_secure(origin_of(f"http://{host}:1234"), allow_insecure_http=False)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", "127.evil.example"]
)
def test_plain_http_to_another_machine_needs_leave(host: str) -> None:
    origin = origin_of(f"http://{host}/v1")
    with pytest.raises(ConfigError, match="allow_insecure_http"):
        require_secure(origin, allow_insecure_http=False)
    require_secure(origin, allow_insecure_http=True)


@pytest.mark.parametrize("url", ["https://a.example", "http://[::1]:8080", "https://a.example:444"])
def test_an_origin_is_written_as_it_is_read(url: str) -> None:
    assert str(origin_of(url)) == url


@given(st.text())
def test_any_text_is_an_origin_or_a_config_error(url: str) -> None:
    try:
        origin = origin_of(url)
    except ConfigError:
        return
    assert origin_of(str(origin)) == origin
