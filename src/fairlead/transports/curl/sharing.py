"""Which origins take many exchanges on one connection, as far as is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pycurl

from fairlead.transports.curl.options import version_of

if TYPE_CHECKING:
    from fairlead.transports.curl.exchange import Exchange
    from fairlead.types.http import HttpSettings

MOST = 256
"""Origins that are remembered; beyond that all are learned anew."""


class Sharing:
    """An origin that may be asked for HTTP/2 or 3 is taken to speak it until it answers otherwise.

    Safe to share between threads: what one of them misses costs a connection and nothing else.
    """

    __slots__ = ("_plain", "_secure", "_single")

    def __init__(self, settings: HttpSettings) -> None:
        self._plain = _may_share(settings, secure=False)
        self._secure = _may_share(settings, secure=True)
        self._single: set[str] = set()

    def expects(self, origin: str) -> bool:
        """Whether exchanges with `origin` are to share a connection."""
        asked = self._secure if origin[:6].lower() == "https:" else self._plain
        return asked and origin not in self._single

    def answered(self, exchange: Exchange) -> None:
        """The head of a response has come."""
        if not exchange.facts.http_version.startswith("1"):
            return
        if len(self._single) >= MOST:
            self._single.clear()
        self._single.add(exchange.origin)

    def clear(self) -> None:
        """Forget what was learned."""
        self._single.clear()


def _may_share(settings: HttpSettings, *, secure: bool) -> bool:
    version = version_of(settings, secure=secure, quic=False)
    return version != int(pycurl.CURL_HTTP_VERSION_1_1)
