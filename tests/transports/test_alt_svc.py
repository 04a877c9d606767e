"""What an origin announces, what is believed of it, and for how long."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.transports.curl.alt_svc import LONGEST_AGE, LONGEST_REST, MOST, REST, AltSvc

ORIGIN = "https://api.example.com"
OFFER = 'h3=":443"; ma=3600'


@pytest.fixture
def known() -> AltSvc:
    made = AltSvc()
    made.learn(ORIGIN, OFFER, 0)
    return made


@pytest.mark.parametrize(
    ("origin", "said", "seconds"),
    [
        (ORIGIN, OFFER, 3600),
        (ORIGIN, 'h3=":443"', 86_400),
        (ORIGIN, 'h3-29=":443"; ma=9, h3=":443"; ma=60; persist=1', 60),
        (ORIGIN, 'h2="x:443"; ma=9 , h3=":443"; ma="60"', 60),
        (ORIGIN, f'h3="{ORIGIN[8:]}:443"; ma=60', 60),
        (ORIGIN, f'h3=":443"; ma={10**11}', LONGEST_AGE),
        (f"{ORIGIN}:8443", 'h3=":8443"; ma=60', 60),
        ("https://[::1]:8443", 'h3=":8443"; ma=60', 60),
        ("https://[::1]", 'h3=":443"; ma=60', 60),
    ],
)
def test_an_origin_that_offers_itself_is_believed_for_as_long_as_it_says(
    origin: str, said: str, seconds: float
) -> None:
    known = AltSvc()
    known.learn(origin, said, 1000.0)

    assert known.offers(origin, 1000.0)
    assert known.offers(origin, 1000.0 + seconds - 1)
    assert not known.offers(origin, 1000.0 + seconds)


@pytest.mark.parametrize(
    "said",
    [
        "clear",
        'h3=":444"',
        'h3="elsewhere.example:443"',
        'h3="api.example.com.evil.example:443"',
        'h3=":443"; ma=0',
        'h2=":443"',
        'h3-29=":443"',
        "h3=:443",
        "",
        '"',
        'h3="',
    ],
)
def test_another_place_or_nothing_is_not_followed(known: AltSvc, said: str) -> None:
    fresh = AltSvc()
    fresh.learn(ORIGIN, said, 0)
    known.learn(ORIGIN, said, 0)

    assert not fresh.offers(ORIGIN, 1)
    assert not known.offers(ORIGIN, 1)


@given(st.text(max_size=60), st.sampled_from([ORIGIN, "https://[::1]:1", "x", ""]))
def test_any_announcement_is_read_or_ignored(said: str, origin: str) -> None:
    known = AltSvc()
    known.learn(origin, said, 0)
    known.offers(origin, 1)


def test_a_failure_is_remembered_through_new_announcements_and_longer_each_time(
    known: AltSvc,
) -> None:
    now = 0.0
    for turn in range(3):
        known.failed(ORIGIN, now)
        known.failed(ORIGIN, now + 1)  # of another request of the same moment
        known.learn(ORIGIN, OFFER, now + 1)
        assert not known.offers(ORIGIN, now + REST * 2**turn - 1)
        now += REST * 2**turn
        known.learn(ORIGIN, OFFER, now)
        assert known.offers(ORIGIN, now)


def test_a_success_ends_the_growth(known: AltSvc) -> None:
    for _ in range(40):
        known.failed(ORIGIN, 0)
    known.worked(ORIGIN)
    known.failed(ORIGIN, REST)
    known.learn(ORIGIN, OFFER, REST)

    assert known.offers(ORIGIN, 2 * REST)


def test_the_rest_has_a_bound() -> None:
    known, now = AltSvc(), 0.0
    for _ in range(30):
        known.learn(ORIGIN, OFFER, now)
        known.failed(ORIGIN, now)
        now += LONGEST_REST
    known.learn(ORIGIN, OFFER, now)

    assert known.offers(ORIGIN, now)


def test_few_origins_are_remembered() -> None:
    known = AltSvc()
    for number in range(MOST + 10):
        known.learn(f"https://{number}.example", OFFER, 0)

    assert not known.offers("https://9.example", 1)
    assert known.offers("https://10.example", 1)


def test_origins_that_announce_nothing_take_no_room(known: AltSvc) -> None:
    for number in range(MOST + 10):
        known.learn(f"https://{number}.example", "clear", 0)

    assert known.offers(ORIGIN, 1)


def test_another_network_makes_all_forgotten(known: AltSvc) -> None:
    known.failed(ORIGIN, 0)
    for local in ("192.168.1.5", "fd00::5", "192.168.1.5", "fd00::5"):
        known.left_from(ORIGIN, local)
    known.learn(ORIGIN, OFFER, 1)
    assert not known.offers(ORIGIN, 2)

    known.left_from(ORIGIN, "10.0.0.7")
    known.learn(ORIGIN, OFFER, 1)
    assert known.offers(ORIGIN, 2)


def test_the_head_of_an_answer_says_whether_http3_worked(known: AltSvc) -> None:
    over_tcp = b"HTTP/2 200 \r\nAlt-Svc: " + OFFER.encode() + b"\r\n\r\n"
    known.answered(ORIGIN, over_tcp, 0, tried=False)
    assert known.offers(ORIGIN, 1)

    known.answered(ORIGIN, b"HTTP/3 200 \r\n\r\n", 1, tried=True)
    assert known.offers(ORIGIN, 1)

    known.answered(ORIGIN, over_tcp, 1, tried=True)
    assert not known.offers(ORIGIN, 1)
