"""Which origins have announced HTTP/3, and at which of them it did not work (RFC 7838)."""

from __future__ import annotations

import re
from math import inf
from threading import Lock
from typing import TYPE_CHECKING

from fairlead.transports.curl.head import RawHeaders
from fairlead.transports.curl.options import may_use_quic
from fairlead.transports.curl.request import host_of

if TYPE_CHECKING:
    from fairlead.types.http import HttpSettings

MOST = 256
"""Origins that are remembered; the one that was heard of first is forgotten first."""
REST = 300.0
"""Seconds for which an origin is left alone after HTTP/3 has failed there; doubled each time."""
LONGEST_REST = 86_400.0
LONGEST_AGE = 30 * 86_400.0
_USUAL_AGE = 86_400.0

_OFFER = re.compile(r'(?:^|,)\s*h3="([^"]*)"([^,]*)')
_AGE = re.compile(r';\s*ma="?(\d{1,12})"?')


class _Origin:
    """What is known of one origin. `until` is when its announcement ends."""

    __slots__ = ("failures", "local", "rests_until", "said", "until")

    def __init__(self) -> None:
        self.said = ""
        self.until = -inf
        self.failures = 0
        self.rests_until = -inf
        self.local: dict[bool, str] = {}


class AltSvc:
    """Safe to share between threads. Instants are of any one clock that never goes back.

    An announcement counts only for the very host and port that made it: another one would have to
    be trusted with what is sent. A failure outlives new announcements, since a network that
    swallows QUIC lets them through all the same.
    """

    __slots__ = ("_lock", "_origins")

    def __init__(self) -> None:
        self._lock = Lock()
        self._origins: dict[str, _Origin] = {}

    def offers(self, origin: str, now: float) -> bool:
        """Whether HTTP/3 is to be tried first."""
        known = self._origins.get(origin)
        return known is not None and known.rests_until <= now < known.until

    def answered(self, origin: str, head: bytes, now: float, *, tried: bool) -> None:
        """The head of a response; `tried` says that HTTP/3 was to be the one."""
        if tried:
            if head.startswith(b"HTTP/3"):
                self.worked(origin)
            else:
                self.failed(origin, now)
        said = ",".join(RawHeaders(head).get_all("alt-svc"))
        if said and not self.knows(origin, said, now):
            self.learn(origin, said, now)

    def learn(self, origin: str, said: str, now: float) -> None:
        """The origin's `alt-svc` header, whatever it says."""
        with self._lock:
            known = self._origins.get(origin)
            age = 0.0 if said.strip() == "clear" else _age(origin, said)
            if known is None:
                if not age:
                    return
                known = self._new(origin)
            known.said = said
            known.until = now + age

    def knows(self, origin: str, said: str, now: float) -> bool:
        """Whether the origin said the same before, and it holds for some time yet."""
        known = self._origins.get(origin)
        return known is not None and known.said == said and now + _USUAL_AGE / 2 < known.until

    def failed(self, origin: str, now: float) -> None:
        """HTTP/3 was tried, and something else answered or nothing did."""
        with self._lock:
            known = self._origins.get(origin)
            if known is not None and known.rests_until <= now:
                known.rests_until = now + min(REST * 2**known.failures, LONGEST_REST)
                known.failures = min(known.failures + 1, 16)

    def worked(self, origin: str) -> None:
        """An answer came over HTTP/3."""
        known = self._origins.get(origin)
        if known is not None and known.failures:
            known.failures = 0

    def left_from(self, origin: str, local: str) -> None:
        """The address of this machine from which the origin was reached.

        Another one than before means another network, where nothing that was learned holds.
        """
        known = self._origins.get(origin)
        if known is None:
            return
        before = known.local.setdefault(":" in local, local)
        if before != local:
            self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._origins.clear()

    def _new(self, origin: str) -> _Origin:
        while len(self._origins) >= MOST:
            del self._origins[next(iter(self._origins))]
        made = self._origins[origin] = _Origin()
        return made


def alt_svc_for(settings: HttpSettings) -> AltSvc | None:
    """None where announcements are not to be followed, or could not be."""
    wanted = settings.alt_svc and settings.http_version == "auto"
    return AltSvc() if wanted and may_use_quic(settings) else None


def _age(origin: str, said: str) -> float:
    """Seconds for which the origin itself offers HTTP/3; 0 where it does not."""
    for where, parameters in _OFFER.findall(said):
        if where in _same_place(origin):
            given = _AGE.search(parameters)
            return min(float(given[1]), LONGEST_AGE) if given else _USUAL_AGE
    return 0.0


def _same_place(origin: str) -> tuple[str, str]:
    """The two spellings of an origin's own host and port in an announcement."""
    host, colon, port = host_of(origin).rpartition(":")
    if not colon or host.endswith(":") or "]" in port:
        host, port = host_of(origin), "443"
    return f":{port}", f"{host}:{port}"
