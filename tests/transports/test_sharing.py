"""Which origins' exchanges share a connection."""

from __future__ import annotations

import pytest

from fairlead.transports.curl.exchange import Exchange
from fairlead.transports.curl.sharing import MOST, Sharing
from fairlead.types.http import HttpRequest, HttpSettings


def answered(origin: str, version: str) -> Exchange:
    exchange = Exchange(HttpRequest("GET", origin), origin, started=0.0, room=1)
    exchange.facts.http_version = version
    return exchange


@pytest.mark.parametrize(
    ("version", "origin", "shares"),
    [
        ("auto", "https://a", True),
        ("auto", "HTTPS://a", True),
        ("auto", "http://a", False),
        ("http1", "https://a", False),
        ("http2", "http://a", True),
        ("http3", "https://a", True),
    ],
)
def test_an_origin_that_is_asked_for_http2_or_3_is_taken_to_speak_it(
    version: str, origin: str, shares: bool
) -> None:
    assert Sharing(HttpSettings(http_version=version)).expects(origin) is shares


def test_an_origin_that_answers_in_http1_is_known_for_it_until_it_is_forgotten() -> None:
    sharing = Sharing(HttpSettings())
    for version in ("2", "3", "1.1"):
        sharing.answered(answered(f"https://speaks{version}", version))
    known = ("https://speaks2", "https://speaks3", "https://speaks1.1")
    assert [sharing.expects(origin) for origin in known] == [True, True, False]

    sharing.clear()
    assert all(map(sharing.expects, known))


def test_only_so_many_origins_are_remembered() -> None:
    sharing = Sharing(HttpSettings())
    origins = [f"https://{number}" for number in range(3 * MOST)]
    for origin in origins:
        sharing.answered(answered(origin, "1.1"))
        assert not sharing.expects(origin)

    assert sum(not sharing.expects(origin) for origin in origins) <= MOST
