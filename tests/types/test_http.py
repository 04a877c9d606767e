from __future__ import annotations

from fairlead.types.http import Headers, HttpRequest, HttpSettings


def test_header_names_are_case_insensitive_and_the_last_value_counts() -> None:
    headers = Headers([("X-A", "1"), ("x-a", "2"), ("Y", "3")])

    assert headers.get("x-a") == "2"
    assert headers.get_all("x-a") == ["1", "2"]
    assert headers.get("z") is None
    assert list(headers)[2] == ("Y", "3")


def test_secrets_hide_in_representations() -> None:
    pairs = [("Authorization", "Bearer canary"), ("X-Api-Key", "canary"), ("Set-Cookie", "canary")]
    proxy = HttpSettings(proxy="http://user:canary@proxy:3128")
    request = HttpRequest("POST", "https://a.example/v1", tuple(pairs), b"{}")

    assert "canary" not in repr(Headers(pairs)) + repr(proxy) + repr(request)
    assert "2 bytes" in repr(request)


def test_headers_that_nobody_here_knows_hide_theirs_too() -> None:
    pairs = [("Helicone-Auth", "canary"), ("X-Team-Token", "canary"), ("x_secret", "canary")]
    plain = ("x-ratelimit-remaining-tokens", "12")

    shown = repr(Headers([*pairs, plain]))

    assert "canary" not in shown
    assert "12" in shown
