"""The key that a login gives: read from its store, renewed early, by one process at a time."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

from msgspec.structs import replace

from fairlead.auth.flow import blocking, send
from fairlead.auth.login import Login, LoginStore
from fairlead.auth.login_providers import LoginService, login_service
from fairlead.auth.secret import Secret
from fairlead.auth.token_answer import form_request, grant_of
from fairlead.errors import MissingCredentials
from fairlead.ports import Blocking, Flow, Renewal
from fairlead.types.http import HttpRequest

_PATIENCE = 5.0
Step = Generator[HttpRequest | Blocking, Any, Login]


class LoginSource:
    """A `RenewedSource` for the login to `service` that `store` keeps under the service's name."""

    __slots__ = ("_dead", "_held", "_jitter", "_refused", "_service", "_stamp", "_store", "name")

    def __init__(self, service: LoginService, store: LoginStore) -> None:
        self.name = f"login {service.name}"
        self._service = service
        self._store = store
        self._held: Login | None = None
        self._stamp: object = None
        self._refused: Secret | None = None
        self._dead: Secret | None = None
        self._jitter = random.random()

    @property
    def present(self) -> bool:
        """Whether somebody has signed in."""
        return self._store.stamp(self._service.name) is not None

    @property
    def held(self) -> Login | None:
        """The login as it was last read."""
        return self._held

    def read(self) -> Secret | None:
        return None if self._held is None else self._held.access

    def renewal(self, wall: float) -> Renewal | None:
        """A reading of the store where it has changed, and new tokens where they are due."""
        stamp = self._store.stamp(self._service.name)
        if stamp is None:
            self._held = None
            return None
        login = self._held
        known = login is not None and stamp == self._stamp
        if known and login is not None and self._good(login, wall):
            return None
        required = not known or login is None or not self._sendable(login, wall)
        return Renewal(self.name, lambda: self._renewing(wall), required)

    def rejected(self, wall: float) -> bool:
        """The token was refused: whether another can be bought, or was stored meanwhile.

        Right after a renewal, the refused token was most likely the one before.
        """
        if self._held is None:
            return False
        if 0 <= wall - self._held.obtained_at < _PATIENCE and self._refused is not None:
            return self._refused != self._held.access
        self._refused = self._held.access
        changed = self._store.stamp(self._service.name) != self._stamp
        return changed or self._held.refresh is not None

    def _renewing(self, wall: float) -> Flow[None]:
        found = yield from blocking(self._load)
        if found is None or self._good(found, wall):
            return
        lock = self._store.lock(self._service.name)
        try:
            yield from blocking(lock.acquire)
            # Another process may have been faster; a refresh token is often good for one use only.
            found = yield from blocking(self._load)
            if found is not None and not self._good(found, wall):
                yield from self._refresh(found, wall)
        finally:
            lock.release()

    def _load(self) -> Login | None:
        # The stamp first: a change between the two is then seen next time.
        self._stamp = self._store.stamp(self._service.name)
        self._held = self._store.read(self._service.name)
        return self._held

    def _refresh(self, login: Login, wall: float) -> Step:
        """New tokens, kept. Raises `MissingCredentials` where only a person can help."""
        command = f"fairlead login {self._service.name}"
        if login.refresh is None or login.refresh == self._dead:
            raise MissingCredentials(
                f"{self._service.title}: the login has ended or is refused; run {command}"
            )
        response = yield from send(refresh_request(self.service_of(login), login))
        try:
            grant = grant_of(response, self._service.title, command)
        except MissingCredentials:
            self._dead = login.refresh
            raise
        new = replace(
            login,
            access=grant.access,
            refresh=grant.refresh or login.refresh,
            obtained_at=wall,
            expires_at=None if grant.lifetime is None else wall + grant.lifetime,
        )
        self._held = new  # first of all: it is good even where it cannot be kept
        yield from blocking(lambda: self._store.write(self._service.name, new))
        self._stamp = self._store.stamp(self._service.name)
        return new

    def service_of(self, login: Login) -> LoginService:
        """The service at the host that gave the login, and that alone learns its tokens."""
        if login.host == self._service.host:
            return self._service
        return login_service(self._service.name, login.host)

    def _sendable(self, login: Login, wall: float) -> bool:
        return login.usable(wall) and login.access != self._refused

    def _good(self, login: Login, wall: float) -> bool:
        """Whether the login needs nothing now."""
        due = login.due_at(self._jitter)
        return self._sendable(login, wall) and (due is None or wall < due)

    def __repr__(self) -> str:
        return f"LoginSource({self._service.name})"


def refresh_request(service: LoginService, login: Login) -> HttpRequest:
    """The request for new tokens. Only for a login with a refresh token."""
    assert login.refresh is not None
    fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", login.refresh.reveal()),
        ("client_id", login.client_id),
    ]
    if login.client_secret is not None:
        fields.append(("client_secret", login.client_secret.reveal()))
    return form_request(service.token_url, fields)
