"""Tries one address on its own handle, and takes the times of each step from libcurl.

It sends what the transport would send, by the same options, and never a credential.
"""

from __future__ import annotations

import re

import pycurl

from fairlead.errors import ConnectError
from fairlead.ports import Timeouts
from fairlead.transports.curl.errors import creating
from fairlead.transports.curl.loader import Loader
from fairlead.transports.curl.request import host_of, origin_of
from fairlead.transports.curl.usable import check_settings
from fairlead.types.http import HttpRequest, HttpSettings
from fairlead.types.pings import PingTry

_VERSIONS = {
    pycurl.CURL_HTTP_VERSION_1_0: "1.0",
    pycurl.CURL_HTTP_VERSION_1_1: "1.1",
    pycurl.CURL_HTTP_VERSION_2_0: "2",
    pycurl.CURL_HTTP_VERSION_3: "3",
}
_TLS_VERSION = re.compile(rb"(?:SSL|TLS) connection using (\S+)")
_SESSION = b"reusing session"
_CERTIFICATE = b"handshake, Certificate (11)"
_MOST = 1 << 20
_MICRO = 1e-6


class Probe:
    """One address, tried as often as asked. Must be closed."""

    def __init__(self, url: str, settings: HttpSettings, timeouts: Timeouts) -> None:
        check_settings(settings)
        self._url = url
        self._told: list[bytes] = []
        self._received = 0
        with creating():
            self._easy = easy = pycurl.Curl()
        try:
            Loader(easy, settings).load(HttpRequest("GET", url), timeouts, origin_of(url))
            easy.setopt(pycurl.TIMEOUT_MS, max(1, round(timeouts.first_event * 1000)))
            easy.setopt(pycurl.DNS_CACHE_TIMEOUT, 0)
            easy.setopt(pycurl.WRITEFUNCTION, self._on_body)
            easy.setopt(pycurl.DEBUGFUNCTION, self._on_news)
            easy.setopt(pycurl.VERBOSE, 1)
        except BaseException:
            easy.close()
            raise

    def close(self) -> None:
        self._easy.close()

    def attempt(self, *, fresh: bool) -> PingTry:
        """Ask once, on a new connection or on the one that stands. Raises `ConnectError`."""
        self._told.clear()
        self._received = 0
        self._easy.setopt(pycurl.FRESH_CONNECT, int(fresh))
        try:
            self._easy.perform()
        except pycurl.error as error:
            # A body that is longer than anybody wants to wait for was cut on purpose.
            if error.args[0] != pycurl.E_WRITE_ERROR or self._received <= _MOST:
                host = host_of(self._url)
                raise ConnectError(
                    f"no answer from {host}: {error.args[1] or 'the connection failed'} "
                    f"(curl {error.args[0]})"
                ) from None
        return self._timed()

    def _timed(self) -> PingTry:
        info = self._easy.getinfo
        version = _VERSIONS.get(info(pycurl.INFO_HTTP_VERSION), "")
        reused = info(pycurl.NUM_CONNECTS) == 0
        dns, connected, secured, ready, answered, total = (
            info(name) * _MICRO
            for name in (
                pycurl.NAMELOOKUP_TIME_T,
                pycurl.CONNECT_TIME_T,
                pycurl.APPCONNECT_TIME_T,
                pycurl.PRETRANSFER_TIME_T,
                pycurl.STARTTRANSFER_TIME_T,
                pycurl.TOTAL_TIME_T,
            )
        )
        quic, new = version == "3", not reused
        told = b"".join(self._told)
        return PingTry(
            status=info(pycurl.RESPONSE_CODE),
            http_version=version,
            remote=_place(info(pycurl.PRIMARY_IP), info(pycurl.PRIMARY_PORT)),
            reused=reused,
            server=max(0.0, answered - ready),
            total=total,
            dns=dns if new else None,
            connect=max(0.0, connected - dns) if new and not quic else None,
            tls=max(0.0, secured - connected) if new and secured and not quic else None,
            quic=max(0.0, secured - dns) if new and quic else None,
            tls_version=_tls_version(told),
            resumed=_SESSION in told and _CERTIFICATE not in told,
        )

    def _on_body(self, data: bytes) -> int | None:
        self._received += len(data)
        return None if self._received <= _MOST else -1

    def _on_news(self, kind: int, text: bytes) -> None:
        if kind == pycurl.INFOTYPE_TEXT:
            self._told.append(text)


def _place(remote: str, port: int) -> str:
    return f"[{remote}]:{port}" if ":" in remote else f"{remote}:{port}"


def _tls_version(told: bytes) -> str | None:
    found = _TLS_VERSION.search(told)
    return None if found is None else found[1].decode("latin-1").removeprefix("TLSv")
