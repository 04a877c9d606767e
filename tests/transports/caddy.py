"""Caddy on a free port of loopback, with a certificate of the test's own, before a server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import pycurl
import pytest
import trustme
from tests.ports import free_port

PROTOCOLS = "h1 h2 h3"


def installed() -> None:
    """Skips where there is no Caddy."""
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed (apt-get install caddy)")


class Caddy:
    """Started when it is entered. `upstream` is the address of a server that speaks HTTP/1.1.

    `announced` is an `alt-svc` of the test's own; with HTTP/3 among its protocols Caddy announces
    itself. A port that is `taken` swallows what is sent to it over UDP.
    """

    def __init__(
        self,
        folder: Path,
        upstream: str,
        *,
        protocols: str = PROTOCOLS,
        announced: bool = False,
        taken: bool = False,
    ) -> None:
        installed()
        self._folder = folder
        self._upstream = upstream.removeprefix("http://")
        self._protocols = protocols
        self._announced = announced
        self._hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM) if taken else None
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.ca_file = str(folder / "ca.pem")

    def __enter__(self) -> Self:
        _certify(self._folder)
        if self._hole is not None:
            self._hole.bind(("127.0.0.1", self.port))
        (self._folder / "Caddyfile").write_text(self._configuration())
        own = {name: str(self._folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        with (self._folder / "caddy.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"],
                cwd=self._folder,
                env={**os.environ, **own},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            self._await()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        if self._hole is not None:
            self._hole.close()

    def _await(self) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                time.sleep(0.02)
            else:
                return self._greet_over_quic()
        raise RuntimeError(f"caddy did not start: {self.log()}")

    def _greet_over_quic(self) -> None:
        """The first handshake is slow enough to lose the race against TCP. No request is sent."""
        if "h3" not in self._protocols:
            return
        easy = pycurl.Curl()
        easy.setopt(pycurl.URL, self.url)
        easy.setopt(pycurl.CAINFO, self.ca_file)
        easy.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_3ONLY)
        easy.setopt(pycurl.PREREQFUNCTION, lambda *_: pycurl.PREREQFUNC_ABORT)
        with suppress(pycurl.error):
            easy.perform()
        easy.close()

    def log(self) -> str:
        return (self._folder / "caddy.log").read_text()

    def _configuration(self) -> str:
        announcing = f"""header Alt-Svc `h3=":{self.port}"; ma=3600`""" if self._announced else ""
        return f"""{{
            admin off
            auto_https off
            servers {{
                protocols {self._protocols}
            }}
        }}
        {self.url} {{
            bind 127.0.0.1
            tls cert.pem key.pem
            {announcing}
            reverse_proxy {self._upstream} {{
                flush_interval -1
            }}
        }}
        """


def _certify(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    own = authority.issue_cert("127.0.0.1", "localhost")
    own.private_key_pem.write_to_path(str(folder / "key.pem"))
    (folder / "cert.pem").write_bytes(b"".join(part.bytes() for part in own.cert_chain_pems))
