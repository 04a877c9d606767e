"""Under which key a call's answer is kept: everything that the answer depends on, and for whom.

Two calls have one key only if they send the same bytes to the same places for the same people with
the same credentials. The key is a hash under a secret of this process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.engine.budgets import AMBIENT
from fairlead.policies.cache import Caching, Places, digest

if TYPE_CHECKING:
    from fairlead.auth.secret import Secret
    from fairlead.engine.call import Call
    from fairlead.ports import Authorizer

_MOST = 256
_encode = msgspec.json.Encoder(order="deterministic").encode


class Scope:
    """Who asks whom: all places, and the credentials in use there."""

    __slots__ = ("_secrets", "digest", "places")

    def __init__(self, places: Places, secrets: list[tuple[Secret, ...]], salt: bytes) -> None:
        self.places = places
        self._secrets = secrets
        parts: list[bytes] = []
        for (target, _), own in zip(places, secrets, strict=True):
            parts += (_encode(target), str(len(own)).encode())
            parts += (secret.reveal().encode() for secret in own)
        self.digest = digest(parts, salt)

    def stands(self, wall: float) -> bool:
        """Whether the same credentials are still in use."""
        return _secrets_at(self.places, wall) == self._secrets

    def is_of(self, places: Places, secrets: list[tuple[Secret, ...]]) -> bool:
        """Whether these are the very same places, and the same secrets."""
        if len(places) != len(self.places):
            return False
        for (target, credential), (other, others_own) in zip(places, self.places, strict=True):
            if target is not other or credential is not others_own:
                return False
        return secrets == self._secrets


class Scopes:
    """Those that have asked lately. Safe to share between threads."""

    __slots__ = ("_known", "_salt")

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self._known: dict[int, Scope] = {}
        """By the identity of the first place, which the scope keeps alive."""

    def of(self, caching: Caching, wall: float) -> Scope | None:
        """None where a credential is not known yet."""
        places = caching.places
        secrets = _secrets_at(places, wall)
        if secrets is None:
            return None
        scope = self._known.get(id(places[0][0]))
        if scope is None or not scope.is_of(places, secrets):
            scope = Scope(places, secrets, self._salt)
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[id(places[0][0])] = scope
        return scope


def key_of(call: Call[Any, Any], caching: Caching, scope: Scope, salt: bytes) -> bytes | None:
    """None where the request is not held in memory, or cannot be written down.

    The request is in it in neutral words too, whose reader may need more of it than is sent.
    """
    codec, request = call.codec, call.codec.request()
    body, asked = request.body, codec.asked
    if not isinstance(body, bytes):
        return None
    headers = [(name.lower(), value) for name, value in request.headers]
    ambient = AMBIENT.get()
    budgets = [named.name for named in ambient] if ambient else ()
    kinds = type(asked).__name__, type(getattr(asked, "options", None)).__name__
    about = call.operation, call.stream, kinds, caching.route, budgets
    try:
        said = _encode((request.url, headers, about, asked, codec.warnings, codec.dropped))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    return digest((scope.digest, body, said), salt)


def _secrets_at(places: Places, wall: float) -> list[tuple[Secret, ...]] | None:
    found = []
    for _, credential in places:
        secrets = _secrets(credential, wall)
        if secrets is None:
            return None
        found.append(secrets)
    return found


def _secrets(credential: Authorizer | None, wall: float) -> tuple[Secret, ...] | None:
    """What tells one who asks from another; None where it must be fetched first."""
    if credential is None:
        return ()
    found = getattr(credential, "in_use", None)
    secrets: tuple[Secret, ...] | None = None if found is None else found(wall)
    return secrets
