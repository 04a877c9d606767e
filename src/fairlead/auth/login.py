"""A login: the tokens that a service gave for a person, and the port of the place that keeps them.

Times are seconds since 1970.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from fairlead.auth.secret import Secret

_EARLY_SECONDS = 300.0
_EARLY_SHARE = 0.1
_MARGIN_SECONDS = 10.0
"""A token that ends within this time is not sent any more: it would be on its way too long."""


class Login(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`access` is sent with requests, `refresh` buys the next one. No `expires_at`: it lasts.

    The client is kept beside them, since a refresh token is of use to its own client only. `host`
    is set for a service that can stand on several.
    """

    service: str
    access: Secret
    obtained_at: float
    refresh: Secret | None = None
    expires_at: float | None = None
    scope: str = ""
    account: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    host: str = ""

    def usable(self, wall: float) -> bool:
        """Whether the access token may still be sent."""
        return self.expires_at is None or wall < self.expires_at - _MARGIN_SECONDS

    def due_at(self, jitter: float) -> float | None:
        """When to renew early: five minutes or a tenth of its life before it ends.

        A life that is short is renewed in its second half. `jitter`, from 0 to 1, spreads the
        renewals of many processes over the minute before. None where nothing can be renewed.
        """
        if self.expires_at is None or self.refresh is None:
            return None
        life = max(0.0, self.expires_at - self.obtained_at)
        lead = max(_EARLY_SECONDS, life * _EARLY_SHARE) + 60.0 * jitter
        return self.expires_at - min(lead, life / 2)


class LoginLock(Protocol):
    """Held by one renewal at a time among all threads and processes. It ends with its holder."""

    def acquire(self) -> None:
        """Wait for it; may block. Raises `ConfigError` when it takes too long."""
        ...

    def release(self) -> None:
        """Give it up; harmless where it is not held, and final. Never blocks."""
        ...


class LoginStore(Protocol):
    """Keeps logins by name. All but `stamp` may block."""

    def stamp(self, name: str) -> object:
        """Something that changes when the login does; None where there is none. Quick."""
        ...

    def read(self, name: str) -> Login | None:
        """Raises `ConfigError` where it cannot be read, or where others can read it too."""
        ...

    def write(self, name: str, login: Login) -> None:
        """Keep `login` in place of what there is. Raises `ConfigError`."""
        ...

    def lock(self, name: str) -> LoginLock: ...
