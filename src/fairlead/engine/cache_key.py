"""Under which key a call's answer is kept: everything that the answer depends on, and for whom.

Two calls have one key only if they send the same bytes to the same places for the same people with
the same credentials. The key is a hash under a secret of this process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.policies.cache import Places, digest, keyed

if TYPE_CHECKING:
    from fairlead.auth.secret import Secret
    from fairlead.engine.call import Call
    from fairlead.types.routes import Route

InUse = Callable[[float], "tuple[Secret, ...] | None"]
"""What a credential goes out with at an instant; None where that must be fetched first."""
_Held = tuple[InUse, "tuple[Secret, ...]"]

_MOST = 256
_encode = msgspec.json.Encoder(order="deterministic").encode


class Scope:
    """Who asks whom: all places, and the credentials in use there."""

    __slots__ = ("_held", "digest", "places", "salt")

    def __init__(self, places: Places, held: list[_Held], salt: bytes) -> None:
        """`held` are those of the places that have a credential."""
        self.places = places
        self.salt = salt
        self._held = held
        parts: list[bytes] = []
        for target, credential in places:
            parts += (_encode(target), b"no key" if credential is None else b"keys")
        for _, secrets in held:
            parts.append(str(len(secrets)).encode())
            parts += (secret.reveal().encode() for secret in secrets)
        self.digest = digest(parts, salt)

    def stands(self, wall: float) -> bool:
        """Whether the same credentials are still in use."""
        for in_use, secrets in self._held:  # noqa: SIM110  # this is the way of every call
            if in_use(wall) != secrets:
                return False
        return True


class Scopes:
    """Those that have asked lately. Safe to share between threads."""

    __slots__ = ("_known", "_salt")

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self._known: dict[int, Scope] = {}
        """By the identity of the first place, which the scope keeps alive."""

    def of(self, places: Places, wall: float) -> Scope | None:
        """None where a credential is not known yet."""
        scope = self._known.get(id(places[0][0]))
        if scope is not None and scope.places == places and scope.stands(wall):
            return scope
        held = _held_at(places, wall)
        return None if held is None else self._new(Scope(places, held, self._salt))

    def _new(self, scope: Scope) -> Scope:
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[id(scope.places[0][0])] = scope
        return scope


def key_of(call: Call[Any, Any], route: Route | None, scope: Scope) -> bytes | None:
    """None where the request is not held in memory, or cannot be written down.

    The request is in it in neutral words too, whose reader may need more of it than is sent.
    """
    codec, request = call.codec, call.codec.request()
    body, asked = request.body, codec.asked
    if not isinstance(body, bytes):
        return None
    said = (
        request.url,
        request.headers,
        call.operation,
        call.stream,
        route,
        [named.name for named in call.budgets] if call.budgets else (),
        type(asked).__name__,
        type(getattr(asked, "options", None)).__name__,
        asked,
        codec.warnings,
        codec.dropped,
    )
    try:
        written = _encode(said)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None
    # No two can be put together from other parts: the first is always as long, and the second is
    # a JSON array, which tells its own end.
    return keyed(scope.digest + written + body, scope.salt)


def _held_at(places: Places, wall: float) -> list[_Held] | None:
    """What tells one who asks from another; None where something must be fetched first."""
    held: list[_Held] = []
    for _, credential in places:
        if credential is None:
            continue
        in_use: InUse | None = getattr(credential, "in_use", None)
        secrets = None if in_use is None else in_use(wall)
        if in_use is None or secrets is None:
            return None
        held.append((in_use, secrets))
    return held
