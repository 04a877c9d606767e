"""Polling for a login: as slowly as the service wants, and not for ever."""

from __future__ import annotations

import pytest
from tests.auth.dialogue import Played, form, play, says, shown

from fairlead.auth.authorization_code import OAuthClient
from fairlead.auth.device_flow import DeviceCode, ask, poll
from fairlead.auth.login_providers import login_service
from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError, DecodeError, FairleadError, MissingCredentials, ServerError

GITHUB = login_service("github-copilot")
CLIENT = OAuthClient("Ov23canary-id")
CODE = {
    "device_code": "canary-device-code",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://github.com/login/device",
    "expires_in": 899,
    "interval": 5,
}
DEVICE = DeviceCode("W", "https://github.com/login/device", Secret("canary-device-code"), 5, 899)
PENDING = says({"error": "authorization_pending"})
SLOW = says({"error": "slow_down", "interval": 10})
DONE = says({"access_token": "gho_canary", "token_type": "bearer", "scope": "read:user"})


class Clock:
    """`waits` are the pauses so far; time passes only in them."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> float:
        self.now += seconds
        if seconds:
            self.waits.append(seconds)
        return self.now


def test_a_code_is_asked_for() -> None:
    played = Played()
    device = played.run(ask(GITHUB, CLIENT), says(CODE))
    assert (device.user_code, device.url) == ("WDJB-MJHT", "https://github.com/login/device")
    assert (device.interval, device.lifetime) == (5.0, 899.0)
    assert played.requests[0].url == "https://github.com/login/device/code"
    assert form(played.requests[0]) == {"client_id": CLIENT.id, "scope": "read:user"}
    assert ("accept", "application/json") in played.requests[0].headers
    assert "canary" not in repr(device)


@pytest.mark.parametrize(
    ("changes", "interval", "lifetime"),
    [
        ({"interval": None, "expires_in": None}, 5.0, 1800.0),
        ({"interval": 0, "expires_in": -1}, 5.0, 1800.0),
        ({"interval": 10**9, "expires_in": 10**9}, 60.0, 1800.0),
        ({"interval": "5", "expires_in": True}, 5.0, 1800.0),
        ({"interval": 10**400, "expires_in": -(10**400)}, 5.0, 1800.0),
    ],
)
def test_odd_numbers_of_the_service_are_lived_with(
    changes: dict[str, object], interval: float, lifetime: float
) -> None:
    device = play(ask(GITHUB, CLIENT), says(CODE | changes))
    assert (device.interval, device.lifetime) == (interval, lifetime)


@pytest.mark.parametrize(
    ("status", "body", "error", "says_so"),
    [
        (200, {"error": "device_flow_disabled"}, ConfigError, "tick Enable Device Flow"),
        (400, {"error": "unauthorized_client"}, ConfigError, "check its id"),
        (404, b"Not Found", ConfigError, "make an OAuth app"),
        (500, b"<html>", ServerError, "HTTP 500"),
        (200, b"<html>", DecodeError, "something else than a code"),
        (200, {}, DecodeError, "something else than a code"),
        (200, CODE | {"user_code": "\x1b]52;c;eA\x07"}, DecodeError, "something else"),
        (200, CODE | {"user_code": "W" * 100}, DecodeError, "something else"),
        (200, CODE | {"verification_uri": "http://evil.example"}, DecodeError, "something else"),
        (200, CODE | {"verification_uri": "javascript:alert(1)"}, DecodeError, "something else"),
    ],
)
def test_without_a_code_there_is_one_clear_error(
    status: int, body: object, error: type[FairleadError], says_so: str
) -> None:
    with pytest.raises(error, match=says_so):
        play(ask(GITHUB, CLIENT), says(body, status))


def test_polling_waits_before_every_request_and_longer_when_told() -> None:
    clock, played = Clock(), Played()
    grant = played.run(
        poll(GITHUB, CLIENT, DEVICE, clock), PENDING, SLOW, PENDING, SLOW, PENDING, DONE
    )
    assert grant.access.reveal() == "gho_canary"
    assert clock.waits == [5, 5, 10, 10, 15, 15]
    assert form(played.requests[-1]) == {
        "client_id": CLIENT.id,
        "device_code": "canary-device-code",
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
    }


def test_a_service_that_always_says_slower_is_asked_once_a_minute_at_last() -> None:
    clock = Clock()
    play(poll(GITHUB, CLIENT, DEVICE, clock), *[SLOW] * 14, DONE)
    assert max(clock.waits) == 60


def test_polling_ends_with_the_code_whatever_the_service_says() -> None:
    clock = Clock()
    answers = [PENDING] * 179
    with pytest.raises(MissingCredentials, match="expired; run fairlead login github-copilot"):
        play(poll(GITHUB, CLIENT, DEVICE, clock), *answers)
    assert clock.now - 100 == pytest.approx(900)


@pytest.mark.parametrize(
    ("code", "says_so"), [("expired_token", "has expired"), ("access_denied", "access was denied")]
)
def test_a_final_refusal_ends_it_at_once(code: str, says_so: str) -> None:
    with pytest.raises(MissingCredentials, match=says_so) as caught:
        play(poll(GITHUB, CLIENT, DEVICE, Clock()), PENDING, says({"error": code}))
    assert "canary-device" not in shown(caught.value)


def test_a_server_that_fails_for_a_moment_is_asked_again() -> None:
    oops = says(b"<html>", 502)
    grant = play(poll(GITHUB, CLIENT, DEVICE, Clock()), oops, oops, oops, PENDING, oops, DONE)
    assert grant.scope == "read:user"
    with pytest.raises(ServerError):
        play(poll(GITHUB, CLIENT, DEVICE, Clock()), oops, oops, oops, oops)


@pytest.mark.parametrize("body", [b"", b"<html>", {"access_token": 5}, {}])
def test_nonsense_while_polling_is_an_error_of_ours(body: object) -> None:
    with pytest.raises(DecodeError):
        play(poll(GITHUB, CLIENT, DEVICE, Clock()), says(body))
