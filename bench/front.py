"""Caddy before the server of the benchmarks, off the client's core: HTTP/2 and 3 as they are met.

The class that starts it is the tests' own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pycurl
from msgspec import Struct
from tests.transports.caddy import Caddy

from bench.server import Server
from fairlead.types.http import HttpSettings

_ASKED = {
    "http1": pycurl.CURL_HTTP_VERSION_1_1,
    "http2": pycurl.CURL_HTTP_VERSION_2TLS,
    "http3": pycurl.CURL_HTTP_VERSION_3,
}


class Front(Struct, frozen=True):
    """Where it listens, and how both sides speak to it: `version` is a key of `_ASKED`."""

    url: str
    ca_file: str
    version: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def base_url(self, behind: str) -> str:
        """The address under which the server's own `behind` is reached."""
        return f"{self.url}/{behind.partition('://')[2].partition('/')[2]}"

    def settings(self) -> HttpSettings:
        """For fairlead. HTTP/2 is negotiated, as it is where nothing is set."""
        wanted = "auto" if self.version == "http2" else self.version
        return HttpSettings(http_version=wanted, alt_svc=False, ca_file=self.ca_file)

    def configure(self, easy: pycurl.Curl) -> None:
        """The same for a bare handle."""
        easy.setopt(pycurl.CAINFO, self.ca_file)
        easy.setopt(pycurl.HTTP_VERSION, _ASKED[self.version])
        easy.setopt(pycurl.PIPEWAIT, 1)


@contextmanager
def front(server: Server, version: str) -> Iterator[Front]:
    """Started anew each time."""
    with tempfile.TemporaryDirectory() as folder:
        caddy = Caddy(Path(folder), server.url("call").partition("/call")[0])
        with _off_this_core():
            caddy.__enter__()
        try:
            yield Front(caddy.url, caddy.ca_file, version)
        finally:
            caddy.__exit__()


@contextmanager
def _off_this_core() -> Iterator[None]:
    """What is started within keeps to the other cores, if there are any."""
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    own = os.sched_getaffinity(0)
    others = set(range(os.cpu_count() or 1)) - own
    if others:
        os.sched_setaffinity(0, others)
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)
