"""Several keys of one provider: each attempt takes one that is not resting.

A key that was limited or whose quota is spent rests as a target would (`policies/fallback.py`);
one that was refused, until it is another. Instants are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from fairlead.auth.api_key import Credential
from fairlead.auth.secret import Secret
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    ConfigError,
    QuotaExceededError,
    RateLimitError,
)
from fairlead.policies.fallback import rest_after
from fairlead.ports import Renewal
from fairlead.types.http import HttpRequest

_LEAST_REST = 1.0

_Rank = tuple[int, float, int]


class Member:
    """One key of a pool: what authorises one attempt. Its own refusals let only itself rest."""

    __slots__ = ("_dropped", "_pool", "_refused", "credential", "limited_at", "rests_until", "used")

    def __init__(self, pool: Pool, credential: Credential) -> None:
        self._pool = pool
        self.credential = credential
        self.limited_at = 0.0
        self.rests_until = 0.0
        self.used = 0
        self._dropped = False
        self._refused: Secret | None = None

    @property
    def key_name(self) -> str | None:
        return self.credential.key_name

    @property
    def dropped(self) -> bool:
        """Whether the key was refused, and is still the same."""
        if self._dropped and self.credential.held != self._refused:
            self._dropped = False
        return self._dropped

    def renewal(self, wall: float) -> Renewal | None:
        return self.credential.renewal(wall)

    def authorize(self, request: HttpRequest, wall: float) -> HttpRequest:
        return self.credential.authorize(request, wall)

    def rejected(self, error: ApiError, wall: float) -> bool:
        """Whether this key, renewed, or another one is worth another attempt now."""
        if self.credential.rejected(error, wall):
            return True
        if isinstance(error, QuotaExceededError | RateLimitError):
            self._rest(max(rest_after(error), _LEAST_REST), wall)
        elif isinstance(error, AuthenticationError):
            self._refused = self.credential.held
            self._dropped = True
        else:
            return False
        return self._pool.has_free(wall)

    def redact(self, data: bytes) -> bytes:
        return self.credential.redact(data)

    def _rest(self, seconds: float, wall: float) -> None:
        self.limited_at = wall
        self.rests_until = max(self.rests_until, wall + seconds)

    def rank(self, wall: float) -> _Rank:
        """The order of choice: free ones, then who rests the shortest, then refused and absent."""
        if self.credential.key_name is None:
            return 3, 0.0, self.used
        if self.dropped:
            return 2, self.limited_at, self.used
        if wall < self.rests_until:
            return 1, self.rests_until, self.used
        return 0, self.limited_at, self.used

    def __repr__(self) -> str:
        return f"Member({self.key_name or 'no key'})"


class Pool:
    """Chooses the free key that was limited least recently, and among equals takes turns."""

    __slots__ = ("_lock", "_members", "_turn", "_wall")

    def __init__(self, credentials: Sequence[Credential]) -> None:
        if not credentials:
            raise ConfigError("a pool of keys needs at least one key")
        self._members = tuple(Member(self, credential) for credential in credentials)
        self._lock = Lock()
        self._turn = 0
        self._wall = 0.0

    @property
    def size(self) -> int:
        """How many keys there are."""
        return len(self._members)

    @property
    def key_name(self) -> str | None:
        """The name of the key that is next."""
        return min(self._members, key=lambda member: member.rank(self._wall)).key_name

    @property
    def source_names(self) -> tuple[str, ...]:
        return tuple(name for m in self._members for name in m.credential.source_names)

    @property
    def broken_source(self) -> str | None:
        """The first source whose key cannot be used, where no other key can."""
        if self.key_name is not None:
            return None
        broken = (member.credential.broken_source for member in self._members)
        return next((name for name in broken if name is not None), None)

    @property
    def required(self) -> bool:
        return any(member.credential.required for member in self._members)

    def pin(self, reason: str) -> None:
        for member in self._members:
            member.credential.pin(reason)

    def rotate(self, new: str | Secret) -> None:
        """Use `new`, and no other key, from the next request on. Raises `ConfigError`."""
        first = self._members[0]
        first.credential.rotate(new)
        first.rests_until = 0.0
        self._members = (first,)

    def chosen(self, wall: float) -> Member:
        """The key for the attempt that comes."""
        with self._lock:
            self._wall = wall
            self._turn += 1
            member = min(self._members, key=lambda member: member.rank(wall))
            member.used = self._turn
            return member

    def in_use(self, wall: float) -> tuple[Secret, ...] | None:
        """All keys: whoever may use one may use any."""
        found = [member.credential.in_use(wall) for member in self._members]
        known = [secrets for secrets in found if secrets is not None]
        return tuple(key for secrets in known for key in secrets) if known == found else None

    def has_free(self, wall: float) -> bool:
        """Whether some key does not rest."""
        return any(member.rank(wall)[0] == 0 for member in self._members)

    def renewal(self, wall: float) -> Renewal | None:
        return self.chosen(wall).renewal(wall)

    def authorize(self, request: HttpRequest, wall: float = 0.0) -> HttpRequest:
        return self.chosen(wall).authorize(request, wall)

    def rejected(self, error: ApiError, wall: float) -> bool:
        """Only a member knows which key was refused."""
        return False

    def redact(self, data: bytes) -> bytes:
        for member in self._members:
            data = member.redact(data)
        return data

    def __repr__(self) -> str:
        return f"Pool({', '.join(self.source_names)})"


def pool_of(credentials: Sequence[Credential]) -> Pool | Credential:
    """One credential for all of these; the only one as it is. Raises `ConfigError` for none."""
    return credentials[0] if len(credentials) == 1 else Pool(credentials)
