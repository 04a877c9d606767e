"""What a token endpoint answers: a grant, a refusal with its code, or nonsense.

No error shows anything of a body, because any of them may hold a token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NoReturn
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from fairlead.auth.secret import Secret
from fairlead.errors import (
    ApiError,
    ConfigError,
    DecodeError,
    MissingCredentials,
    RateLimitError,
    ServerError,
)
from fairlead.ports import FlowResponse
from fairlead.types.http import HttpRequest

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_LONGEST_LIFE = 10 * 365 * 86400.0


class Grant(Struct, frozen=True):
    """Tokens as they were given. `lifetime` is in seconds, None where it was not told."""

    access: Secret
    refresh: Secret | None = None
    lifetime: float | None = None
    scope: str = ""
    account: str = ""


class _Body(Struct, frozen=True):
    """The fields of interest, read one by one: services disagree about types."""

    access_token: object = None
    refresh_token: object = None
    expires_in: object = None
    token_type: object = None
    scope: object = None
    id_token: object = None
    key: object = None
    user_id: object = None
    error: object = None

    def __repr__(self) -> str:
        return "_Body(***)"


def form_request(url: str, fields: Iterable[tuple[str, str]]) -> HttpRequest:
    """A POST of form fields that asks for JSON."""
    headers = (
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
    )
    return HttpRequest("POST", url, headers, urlencode(list(fields)).encode())


def refusal_of(response: FlowResponse) -> str | None:
    """The OAuth error code of an answer, whatever its status; None where it has none."""
    body = _body_of(response)
    error = None if body is None else body.error
    return error if isinstance(error, str) and _CODE.fullmatch(error) else None


def grant_of(response: FlowResponse, title: str, login: str) -> Grant:
    """The grant of an answer. `login` is the command that signs in again.

    Raises `MissingCredentials` for a code or token that is not accepted any more, `ConfigError` for
    another refusal, `ApiError` for a failure of the server, `DecodeError` for nonsense.
    """
    refused = refusal_of(response)
    if response.status != 200 or refused is not None:
        _refuse(response.status, refused, title, login)
    body = _body_of(response)
    grant = None if body is None else _grant(body)
    if grant is None:
        del body
        raise DecodeError(f"{title} answered the login with something else than a token; try again")
    return grant


def refused(status: int, title: str) -> ApiError:
    """The error for an answer that is no refusal of the login: the server has failed."""
    kind = RateLimitError if status == 429 else ServerError
    return kind("the sign-in server did not answer as it should", status=status, target=title)


def _refuse(status: int, code: str | None, title: str, login: str) -> NoReturn:
    if code == "invalid_grant":
        raise MissingCredentials(
            f"{title}: the login has expired, was revoked or was used already; run {login}"
        )
    if code in ("invalid_client", "unauthorized_client", "incorrect_client_credentials"):
        raise ConfigError(f"{title} does not accept the OAuth client ({code}); check its id")
    if code is not None:
        raise ConfigError(f"{title} refused the login ({code}); run {login}")
    if 400 <= status < 500 and status != 429:
        raise MissingCredentials(f"{title} refused the login (HTTP {status}); run {login}")
    raise refused(status, title)


def _body_of(response: FlowResponse) -> _Body | None:
    try:
        return msgspec.json.decode(response.body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _grant(body: _Body) -> Grant | None:
    access = _secret(body.access_token) or _secret(body.key)
    kind = body.token_type
    if access is None or (isinstance(kind, str) and kind.lower() != "bearer"):
        return None
    return Grant(
        access,
        _secret(body.refresh_token),
        _seconds(body.expires_in),
        body.scope if isinstance(body.scope, str) else "",
        _account(body),
    )


def _secret(value: object) -> Secret | None:
    try:
        return Secret(value) if isinstance(value, str) else None
    except ConfigError:
        return None


def number_of(value: object) -> float | None:
    """A number above zero; some services write it as text."""
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return None
    return number if number > 0 else None


def _seconds(value: object) -> float | None:
    """A lifetime."""
    seconds = number_of(value)
    return None if seconds is None else min(seconds, _LONGEST_LIFE)


def _account(body: _Body) -> str:
    """Who has signed in, as far as the answer tells: it came straight from the service."""
    if isinstance(body.user_id, str):
        return body.user_id[:100]
    if not isinstance(body.id_token, str):
        return ""
    from base64 import urlsafe_b64decode

    try:
        claims = msgspec.json.decode(urlsafe_b64decode(body.id_token.split(".")[1] + "=="))
    except (ValueError, IndexError, RecursionError):
        return ""
    email = claims.get("email") if isinstance(claims, dict) else None
    return email[:100] if isinstance(email, str) else ""
