"""The device flow (RFC 8628): a short code for a person to type, and polling for tokens."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from fairlead.auth.authorization_code import OAuthClient
from fairlead.auth.flow import blocking, send
from fairlead.auth.login_providers import LoginService
from fairlead.auth.origin import origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.token_answer import (
    Grant,
    form_request,
    grant_of,
    number_of,
    refusal_of,
    refused,
)
from fairlead.errors import ConfigError, DecodeError, MissingCredentials
from fairlead.ports import Flow, FlowResponse
from fairlead.types.http import HttpRequest

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_USUAL_INTERVAL = 5.0
_SLOWER_SECONDS = 5.0
_LONGEST_INTERVAL = 60.0
_LONGEST_SECONDS = 1800.0
_PATIENCE = 3
"""Failures of the server in a row that polling lives with."""


class DeviceCode(Struct, frozen=True):
    """What a person needs (`user_code`, `url`), and what polling needs; durations in seconds."""

    user_code: str
    url: str
    device_code: Secret
    interval: float
    lifetime: float


class _Body(Struct, frozen=True):
    device_code: object = None
    user_code: object = None
    verification_uri: object = None
    interval: object = None
    expires_in: object = None

    def __repr__(self) -> str:
        return "_Body(***)"


def ask(service: LoginService, client: OAuthClient) -> Flow[DeviceCode]:
    """A fresh code. Raises `ConfigError` for a client that may not, `DecodeError` for nonsense."""
    fields = [("client_id", client.id), ("scope", " ".join(service.scopes))]
    response = yield from send(form_request(service.device_url, fields))
    if (code := refusal_of(response)) is not None:
        hint = (
            "tick Enable Device Flow for it" if code == "device_flow_disabled" else "check its id"
        )
        raise ConfigError(
            f"{service.title} does not let this OAuth client sign in ({code}); {hint}"
        )
    if response.status in (400, 401, 404, 422):
        raise ConfigError(
            f"{service.title} does not know this OAuth client (HTTP {response.status}); "
            f"{service.client_help}"
        )
    if response.status != 200:
        raise refused(response.status, service.title)
    found = _device_code(response.body)
    if found is None:
        raise DecodeError(f"{service.title} answered with something else than a code; try again")
    return found


def poll(
    service: LoginService,
    client: OAuthClient,
    device: DeviceCode,
    wait: Callable[[float], float],
) -> Flow[Grant]:
    """The tokens, once the person has typed the code. `wait` sleeps and returns what time it is.

    Raises `MissingCredentials` where the code has expired or the person said no.
    """
    interval, failures = device.interval, 0
    start = yield from blocking(lambda: wait(0.0))
    command = f"fairlead login {service.name}"
    while True:
        pause = interval
        now = yield from blocking(lambda: wait(pause))  # noqa: B023  # run before the next turn
        if now - start > device.lifetime:
            raise MissingCredentials(f"{service.title}: the code has expired; run {command} again")
        response = yield from send(_poll_request(service, client, device))
        code = refusal_of(response)
        if code == "slow_down":
            interval = min(interval + _SLOWER_SECONDS, _LONGEST_INTERVAL)
        elif code == "expired_token":
            raise MissingCredentials(f"{service.title}: the code has expired; run {command} again")
        elif code == "access_denied":
            raise MissingCredentials(f"{service.title}: access was denied; run {command} to retry")
        elif code is None and _failed(response) and failures < _PATIENCE:
            failures += 1
            continue
        elif code != "authorization_pending":
            return grant_of(response, service.title, command)
        failures = 0


def _failed(response: FlowResponse) -> bool:
    return response.status >= 500 or response.status == 429


def _poll_request(service: LoginService, client: OAuthClient, device: DeviceCode) -> HttpRequest:
    fields = [
        ("client_id", client.id),
        ("device_code", device.device_code.reveal()),
        ("grant_type", _GRANT),
    ]
    if client.secret is not None:
        fields.append(("client_secret", client.secret.reveal()))
    return form_request(service.token_url, fields)


def _device_code(data: bytes) -> DeviceCode | None:
    try:
        body = msgspec.json.decode(data, type=_Body)
        secret = Secret(body.device_code) if isinstance(body.device_code, str) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ConfigError):
        return None
    user, url = body.user_code, body.verification_uri
    if secret is None or not isinstance(user, str) or not isinstance(url, str):
        return None
    if not (0 < len(user) <= 40 and user.isascii() and user.isprintable() and _is_safe(url)):
        return None
    interval = _number(body.interval, _USUAL_INTERVAL, _LONGEST_INTERVAL)
    lifetime = _number(body.expires_in, _LONGEST_SECONDS, _LONGEST_SECONDS)
    return DeviceCode(user, url, secret, interval, lifetime)


def _is_safe(url: str) -> bool:
    """Whether a person may be sent there: https, or this machine."""
    try:
        return not origin_of(url).insecure
    except ConfigError:
        return False


def _number(value: object, usual: float, most: float) -> float:
    number = None if isinstance(value, bool) else number_of(value)
    return usual if number is None else min(number, most)
