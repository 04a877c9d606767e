"""Secrets that are granted for a time: held, renewed before they end, fetched again when refused.

Instants are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import random as _random
from typing import Generic, TypeVar

from msgspec import Struct

from fairlead.auth.secret import Secret
from fairlead.ports import Flow, Renewal

V_ = TypeVar("V_")

_EARLY_SECONDS = 300.0
_EARLY_SHARE = 0.1
_SPREAD = 60.0
MARGIN = 10.0
"""What ends within this time is not sent any more: it would be on its way too long."""
_NOTHING = 60.0
"""Seconds before a place that held nothing is looked at again."""


class Lease(Struct, Generic[V_], frozen=True):
    """`value` is good until `expires`. One that lasts is looked at again after `again` seconds."""

    value: V_
    expires: float = inf
    again: float = inf


Grant = Callable[[float], Flow[Lease[V_] | None]]
"""Fetches a lease; is given the time. None where there is nothing after all."""


class Leased(Generic[V_]):
    """One place that grants secrets.

    `named` says whether settings or environment name the place: then its failures are errors.
    None says that it may be there, such as a machine's own server, and has to be asked.
    """

    __slots__ = (
        "_expires",
        "_grant",
        "_named",
        "_nothing_until",
        "_obtained",
        "_random",
        "_refused",
        "_renew_at",
        "_value",
        "name",
    )

    def __init__(
        self,
        name: str,
        grant: Grant[V_],
        *,
        named: Callable[[], bool | None],
        random: Callable[[], float] = _random,
    ) -> None:
        self.name = name
        self._grant = grant
        self._named = named
        self._random = random
        self._value: V_ | None = None
        self._obtained = self._expires = self._renew_at = 0.0
        self._nothing_until = 0.0
        self._refused = False

    @property
    def value(self) -> V_ | None:
        """What is held; None before the first renewal."""
        return self._value

    @property
    def present(self) -> bool:
        """Whether there is something, as far as can be told without asking for it."""
        return self._value is not None or self._named() is True

    def renewal(self, wall: float) -> Renewal | None:
        """What must run before `value` is of use; None where it is, or where nothing is to be."""
        # A clock that was set back must not make what is held look newer than what is sent.
        self._obtained = min(self._obtained, wall)
        if self._value is not None and wall < self._renew_at and not self._refused:
            return None
        if self._named() is False or (self._value is None and wall < self._nothing_until):
            return None
        required = self._value is None or self._refused or wall >= self._expires
        return Renewal(f"{self.name} {id(self):x}", lambda: self._renewing(wall), required)

    def rejected(self, wall: float) -> bool:
        """A server refused what was sent at `wall`: whether another attempt may fare better.

        What was obtained after that is not what was refused. What has no end is read again for the
        next call, but would be the same for this one.
        """
        if self._value is None:
            return False
        if self._obtained <= wall:
            self._refused = True
        return self._expires < inf

    def _renewing(self, wall: float) -> Flow[None]:
        lease = yield from self._grant(wall)
        if lease is None:
            self._value = None
            self._nothing_until = wall + _NOTHING
            return
        life = max(0.0, lease.expires - wall)
        self._expires = lease.expires - min(MARGIN, life / 10)
        self._renew_at = wall + min(lease.again, early(life, self._random()))
        self._obtained = wall
        self._value = lease.value
        self._refused = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name})"


class TokenSource(Leased[Secret]):
    """A place that grants tokens: one source of a `RenewedCredential`."""

    __slots__ = ()

    def read(self) -> Secret | None:
        """The token that is held; never blocks."""
        return self._value


def early(life: float, jitter: float) -> float:
    """Seconds after which a secret of this life is renewed: five minutes or a tenth of it before
    its end, a short one in its second half.

    `jitter`, from 0 to 1, spreads the renewals of many processes over the minute before.
    """
    if life == inf:
        return inf
    lead = max(_EARLY_SECONDS, life * _EARLY_SHARE) + _SPREAD * jitter
    return life - min(lead, life / 2)
