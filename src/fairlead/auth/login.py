"""A login: the tokens that a service gave for a person, and the port of the place that keeps them.

Times are seconds since 1970.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from fairlead.auth.leased import MARGIN, early
from fairlead.auth.secret import Secret


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
        return self.expires_at is None or wall < self.expires_at - MARGIN

    def due_at(self, jitter: float) -> float | None:
        """When to renew it, which is `early`; None where nothing can be renewed."""
        if self.expires_at is None or self.refresh is None:
            return None
        life = max(0.0, self.expires_at - self.obtained_at)
        return self.expires_at - life + early(life, jitter)


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
