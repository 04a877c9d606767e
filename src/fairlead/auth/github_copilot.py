"""GitHub Copilot's credential: a GitHub token, exchanged for a short-lived one and an address."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from fairlead.auth.api_key import BEARER, HeaderForm
from fairlead.auth.copilot_token import (
    COPILOT_DOMAIN,
    PROXY_ORIGIN,
    CopilotToken,
    copilot_token,
    exchange_request,
    is_copilot_token,
)
from fairlead.auth.flow import send
from fairlead.auth.login import LoginStore
from fairlead.auth.login_providers import GITHUB_HOST, login_service
from fairlead.auth.login_source import LoginSource
from fairlead.auth.origin import Origin, origin_of
from fairlead.auth.renewed_key import RenewedCredential
from fairlead.auth.secret import Secret
from fairlead.auth.sources import KeySource
from fairlead.errors import ApiError, AuthenticationError, InvalidRequest, MissingCredentials
from fairlead.ports import Flow, Renewal
from fairlead.types.http import HttpRequest

_MISSING = "github_copilot: nobody is signed in; run fairlead login github-copilot"


class CopilotCredential(RenewedCredential):
    """The sources hold GitHub tokens; requests carry Copilot's, to the place that came with it.

    Made by `copilot_credential`.
    """

    __slots__ = ("_host", "_login", "_moves", "_refused", "_token")

    def __init__(
        self,
        origin: Origin,
        sources: tuple[tuple[KeySource, HeaderForm], ...],
        *,
        login: LoginSource | None,
        missing: str,
        host: str,
        discover: bool,
    ) -> None:
        super().__init__(origin, sources, form=BEARER, missing=missing)
        self._login = login
        self._host = host
        self._moves = discover
        self._token: CopilotToken | None = None
        self._refused: Secret | None = None

    @property
    def proxy_origin(self) -> Origin:
        """Where code completion is asked for, as far as is known now."""
        known = self._token.proxy if self._token is not None else None
        return known or PROXY_ORIGIN

    def renewal(self, wall: float) -> Renewal | None:
        """The exchange, and before it whatever the GitHub token itself needs."""
        upstream = super().renewal(wall)
        if upstream is not None and upstream.required:
            return Renewal(self._flight(), lambda: self._exchange(upstream, wall))
        github = self._github()
        if github is None or is_copilot_token(github):
            return upstream
        token = self._token
        if token is None or not self._sendable(token, github, wall):
            return Renewal(self._flight(), lambda: self._exchange(None, wall))
        if wall >= token.refresh_at:
            return Renewal(self._flight(), lambda: self._exchange(None, wall), required=False)
        return upstream

    def authorize(self, request: HttpRequest, wall: float = 0.0) -> HttpRequest:
        """`request` with the token, moved to the account's own place. Raises like `Credential`."""
        place = self._place_of(request.url)
        github = self._github()
        token = self._token
        if github is not None and not is_copilot_token(github):
            if token is None or not self._sendable(token, github, wall):
                raise MissingCredentials("GitHub Copilot: there is no token yet; ask once more")
            secret = token.token
        elif github is not None:
            secret = github
        else:
            raise MissingCredentials(self._missing)
        if any(name.lower() == BEARER.name for name, _ in request.headers):
            raise InvalidRequest(f"the header {BEARER.name} is the credential's; leave it out")
        self._remember(secret)
        headers = (*request.headers, (BEARER.name, BEARER.prefix + secret.reveal()))
        return replace(request, url=place, headers=headers)

    def rejected(self, error: ApiError, wall: float) -> bool:
        """A token that was refused is exchanged for anew, once."""
        token = self._token
        if not isinstance(error, AuthenticationError) or token is None:
            return super().rejected(error, wall)
        self._token = None
        if token.token == token.github:
            return super().rejected(error, wall)
        again = token.github != self._refused
        self._refused = token.github
        return again

    def _exchange(self, upstream: Renewal | None, wall: float) -> Flow[None]:
        if upstream is not None:
            yield from upstream.flow()
        github = self._github()
        if github is None or is_copilot_token(github):
            return
        host = self._host_of(github)
        domains = (COPILOT_DOMAIN,) if host == GITHUB_HOST else (COPILOT_DOMAIN, host)
        response = yield from send(exchange_request(github, host))
        self._token = copilot_token(response, github, wall, domains)

    def _host_of(self, github: Secret) -> str:
        """Who gave the GitHub token: a login knows, for others the settings say it."""
        login = None if self._login is None else self._login.held
        return login.host if login is not None and login.access == github else self._host

    def _github(self) -> Secret | None:
        found = self._current()
        return None if found is None else found[1]

    def _sendable(self, token: CopilotToken, github: Secret, wall: float) -> bool:
        return wall < token.expires_at and token.github == github

    def _flight(self) -> str:
        return f"copilot {self.origin} {id(self)}"

    def _place_of(self, url: str) -> str:
        """`url` at the origin that the token came with; only this provider's own are moved."""
        own = origin_of(url)
        token = self._token
        if own == PROXY_ORIGIN and self.origin != own:
            return _moved(url, token.proxy if token is not None else None)
        self._check_origin(url)
        return _moved(url, token.api if token is not None and self._moves else None)

    def _remember(self, secret: Secret) -> None:
        """For `redact`."""
        if not self._sent or self._sent[0] != secret:
            self._sent = (secret, *self._sent[:3])


def copilot_credential(
    origin: Origin,
    store: LoginStore | None,
    *,
    sources: Sequence[KeySource] = (),
    after: Sequence[KeySource] = (),
    missing: str = "",
    host: str = GITHUB_HOST,
    discover: bool = True,
) -> CopilotCredential:
    """The first GitHub token of `sources`, else the login, else one of `after`, for `origin`.

    `host` is GitHub's where the user's settings name another; only then are addresses below it
    believed. `store` keeps the login; None where `origin` is a stranger's. Without `discover`
    requests stay at `origin`: the user has chosen it.
    """
    login = None if store is None else LoginSource(login_service("github-copilot", host), store)
    own = () if login is None else (login,)
    return CopilotCredential(
        origin,
        tuple((source, BEARER) for source in (*sources, *own, *after)),
        login=login,
        missing=missing or _MISSING,
        host=host,
        discover=discover,
    )


def _moved(url: str, place: Origin | None) -> str:
    return url if place is None else str(place) + url.removeprefix(str(origin_of(url)))
