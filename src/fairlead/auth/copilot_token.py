"""GitHub Copilot's short-lived token: what GitHub answers to the exchange, and what that permits.

The API is not documented; the shape is that of the editors' own clients.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from fairlead.auth.login_providers import github_api
from fairlead.auth.origin import Origin, origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.token_answer import number_of, refused
from fairlead.errors import ConfigError, DecodeError, MissingCredentials, PermissionDeniedError
from fairlead.ports import FlowResponse
from fairlead.types.http import HttpRequest

COPILOT_DOMAIN = "githubcopilot.com"
PROXY_ORIGIN = origin_of("https://copilot-proxy.githubusercontent.com")
"""Where code completion is asked for, before an account's own place for it is known."""

_TITLE = "GitHub Copilot"
_LOGIN = "fairlead login github-copilot"
_EARLY_SECONDS = 120.0
_DIRECT_SECONDS = 1800.0
_EXCHANGEABLE = ("gho_", "ghu_")
"""How tokens of OAuth apps and of GitHub apps begin; Copilot takes no other."""


class CopilotToken(Struct, frozen=True):
    """What requests carry, and where they go. `github` is the token that it was exchanged for."""

    token: Secret
    github: Secret
    expires_at: float
    refresh_at: float
    api: Origin | None = None
    proxy: Origin | None = None


class _Body(Struct, frozen=True):
    token: object = None
    expires_at: object = None
    refresh_in: object = None
    endpoints: object = None

    def __repr__(self) -> str:
        return "_Body(***)"


def exchange_request(github: Secret, host: str) -> HttpRequest:
    """The exchange of a GitHub token, asked of the API of `host`."""
    headers = (("accept", "application/json"), ("authorization", f"token {github.reveal()}"))
    return HttpRequest("GET", f"{github_api(host)}/copilot_internal/v2/token", headers)


def is_copilot_token(secret: Secret) -> bool:
    """Whether this is such a token already, in the form `tid=...;exp=...`."""
    value = secret.reveal()
    return value.startswith("tid=") and ";exp=" in value


def copilot_token(
    response: FlowResponse, github: Secret, wall: float, domains: tuple[str, ...]
) -> CopilotToken:
    """The token of an answer; its endpoints must be https and below one of `domains`.

    Raises `MissingCredentials`, `PermissionDeniedError`, `ConfigError`, `DecodeError` or the error
    of a server that failed.
    """
    if response.status == 404 and github.reveal().startswith(_EXCHANGEABLE):
        # An OAuth app of the user's own may not exchange, but its token is taken as it is.
        return CopilotToken(github, github, wall + _DIRECT_SECONDS, wall + _DIRECT_SECONDS)
    if response.status != 200:
        raise _failure(response.status)
    body = _body_of(response)
    token = None if body is None else _secret(body.token)
    if body is None or token is None:
        raise DecodeError(f"{_TITLE} answered the exchange with something else than a token")
    expires, refresh = _times(body, wall)
    places = body.endpoints if isinstance(body.endpoints, dict) else {}
    api, proxy = _place(places.get("api"), domains), _place(places.get("proxy"), domains)
    return CopilotToken(token, github, expires, refresh, api, proxy)


def _failure(status: int) -> Exception:
    if status == 401:
        return MissingCredentials(f"{_TITLE}: GitHub does not accept the token; run {_LOGIN}")
    if status in (403, 404):
        return PermissionDeniedError(
            "this account has no Copilot, or the token is a personal access token, which Copilot "
            f"does not take; run {_LOGIN}",
            status=status,
            target=_TITLE,
        )
    return refused(status, _TITLE)


def _body_of(response: FlowResponse) -> _Body | None:
    try:
        return msgspec.json.decode(response.body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _secret(value: object) -> Secret | None:
    try:
        return Secret(value) if isinstance(value, str) else None
    except ConfigError:
        return None


def _times(body: _Body, wall: float) -> tuple[float, float]:
    """When it ends and when to renew it. A clock that differs from GitHub's is lived with."""
    soon, ends = number_of(body.refresh_in), number_of(body.expires_at)
    if ends is not None and ends > wall:
        early = ends - _EARLY_SECONDS
        return ends, min(early, early if soon is None else wall + soon)
    life = soon if soon is not None else _DIRECT_SECONDS
    return wall + life + _EARLY_SECONDS, wall + life


def _place(url: object, domains: tuple[str, ...]) -> Origin | None:
    """An endpoint that was told. Raises `ConfigError` for one that must not learn the token."""
    if not isinstance(url, str) or not url:
        return None
    try:
        origin = origin_of(url)
    except ConfigError:
        origin = None
    if origin is not None and _permitted(origin, domains):
        return origin
    raise ConfigError(
        f"{_TITLE} names an address outside of {' and '.join(domains)}, which is not given the "
        "token; set base_url in [providers.github_copilot] where you trust it"
    )


def _permitted(origin: Origin, domains: tuple[str, ...]) -> bool:
    if origin == PROXY_ORIGIN:
        return True
    if origin.loopback:
        return str(origin) in domains
    below = any(origin.host == name or origin.host.endswith(f".{name}") for name in domains)
    return origin.scheme == "https" and below
