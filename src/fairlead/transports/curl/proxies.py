"""Through which proxy connections go, and what never goes through one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pycurl

if TYPE_CHECKING:
    from fairlead.types.http import HttpSettings

_HERE = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10,fd00:ec2::/32"
"""This machine, and where clouds keep the servers of a machine's credentials."""


def configure_proxy(easy: pycurl.Curl, settings: HttpSettings) -> None:
    """The proxy of the settings or, if they trust it, of the environment; else none.

    A proxy is always asked for a line to the server and never for what lies there: then the
    request with its credential is not its to read.
    """
    if settings.proxy is None and not settings.trust_env:
        easy.setopt(pycurl.PROXY, "")
        return
    if settings.proxy is not None:
        easy.setopt(pycurl.PROXY, settings.proxy)
    easy.setopt(pycurl.HTTPPROXYTUNNEL, 1)
    easy.setopt(pycurl.HEADEROPT, pycurl.HEADER_SEPARATE)
    easy.setopt(pycurl.NOPROXY, unproxied(settings))
    if settings.trust_env or (settings.proxy or "").lower().startswith("https:"):
        easy.setopt(pycurl.PROXY_CAINFO, trusted(settings))
        easy.setopt(pycurl.PROXY_SSL_VERIFYPEER, 1)
        easy.setopt(pycurl.PROXY_SSL_VERIFYHOST, 2)


def unproxied(settings: HttpSettings) -> str:
    """What runs here, and a machine's own credentials; then what the user leaves out."""
    given = ""
    if settings.proxy is None:
        given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return given if given.strip() == "*" else ",".join(filter(None, (_HERE, given)))


def trusted(settings: HttpSettings) -> str:
    """The file of trusted certificates; certifi is asked only once a connection needs it."""
    if settings.ca_file is not None:
        return settings.ca_file
    import certifi

    return certifi.where()
