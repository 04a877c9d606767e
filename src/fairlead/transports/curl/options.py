"""Which options of libcurl are set, and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pycurl

from fairlead import __version__

if TYPE_CHECKING:
    from fairlead.transports.curl.upload import Upload
    from fairlead.types.http import HttpSettings

_UPLOAD_BUFFER = 16 << 10
_KEEPALIVE_SECONDS = 60
_LINK = "169.254.0.0/16,fe80::/10,fd00:ec2::/32"
"""Where clouds keep the servers of a machine's credentials."""


def configure(easy: pycurl.Curl, settings: HttpSettings) -> None:
    """What never changes while the handle lives. Redirects, cookies and .netrc are off by default,
    but a default is not a promise."""
    easy.setopt(pycurl.NOSIGNAL, 1)
    easy.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    easy.setopt(pycurl.FOLLOWLOCATION, 0)
    easy.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
    easy.setopt(pycurl.PATH_AS_IS, 1)
    set_compression(easy, True)
    easy.setopt(pycurl.TCP_NODELAY, 1)
    easy.setopt(pycurl.TCP_KEEPALIVE, 1)
    easy.setopt(pycurl.TCP_KEEPIDLE, _KEEPALIVE_SECONDS)
    easy.setopt(pycurl.TCP_KEEPINTVL, _KEEPALIVE_SECONDS)
    # libcurl keeps this buffer as long as an exchange lasts: 64 KiB of every idle stream by default
    easy.setopt(pycurl.UPLOAD_BUFFERSIZE, _UPLOAD_BUFFER)
    easy.setopt(pycurl.MAXAGE_CONN, max(1, round(settings.max_idle)))
    easy.setopt(pycurl.MAXLIFETIME_CONN, max(1, round(settings.max_age)))
    easy.setopt(pycurl.USERAGENT, settings.user_agent or f"fairlead/{__version__}")
    if settings.proxy is not None:
        easy.setopt(pycurl.PROXY, settings.proxy)
    elif not settings.trust_env:
        easy.setopt(pycurl.PROXY, "")
    if settings.proxy is not None or settings.trust_env:
        easy.setopt(pycurl.NOPROXY, unproxied(settings))
    if settings.unix_socket is not None:
        easy.setopt(pycurl.UNIX_SOCKET_PATH, settings.unix_socket)


def unproxied(settings: HttpSettings) -> str:
    """A proxy must not be asked for a machine's own credentials; then what the user leaves out."""
    given = ""
    if settings.proxy is None:
        given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return given if given.strip() == "*" else ",".join(filter(None, (_LINK, given)))


def configure_tls(easy: pycurl.Curl, settings: HttpSettings) -> None:
    """Certificates are always verified; certifi is asked only once a connection needs it."""
    ca_file = settings.ca_file
    if ca_file is None:
        import certifi

        ca_file = certifi.where()
    easy.setopt(pycurl.CAINFO, ca_file)
    easy.setopt(pycurl.SSL_VERIFYPEER, 1)
    easy.setopt(pycurl.SSL_VERIFYHOST, 2)
    least = pycurl.SSLVERSION_TLSv1_3 if settings.min_tls == "1.3" else pycurl.SSLVERSION_TLSv1_2
    easy.setopt(pycurl.SSLVERSION, least)
    if settings.client_cert is not None:
        easy.setopt(pycurl.SSLCERT, settings.client_cert)
    if settings.client_key is not None:
        easy.setopt(pycurl.SSLKEY, settings.client_key)


def set_version(easy: pycurl.Curl, settings: HttpSettings, *, secure: bool) -> None:
    """The version to ask for. With ALPN, later requests wait to see whether they can share."""
    version = pycurl.CURL_HTTP_VERSION_1_1
    if settings.http_version == "http2":
        version = pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
    elif settings.http_version == "auto" and secure:
        version = pycurl.CURL_HTTP_VERSION_2TLS
    easy.setopt(pycurl.HTTP_VERSION, version)
    easy.setopt(pycurl.PIPEWAIT, int(version != pycurl.CURL_HTTP_VERSION_1_1))


def set_compression(easy: pycurl.Curl, wanted: bool) -> None:
    """Ask for compressed bodies and unpack them, or neither."""
    if wanted:
        easy.setopt(pycurl.ACCEPT_ENCODING, "gzip, br")
    else:
        easy.unsetopt(pycurl.ACCEPT_ENCODING)


def set_method(easy: pycurl.Curl, method: str, has_body: bool) -> None:
    easy.unsetopt(pycurl.CUSTOMREQUEST)
    if has_body or method == "POST":
        easy.setopt(pycurl.POST, 1)
        easy.setopt(pycurl.POSTFIELDS, b"")
    else:
        easy.setopt(pycurl.HTTPGET, 1)
    if method == "HEAD":
        easy.setopt(pycurl.NOBODY, 1)
    elif method not in ("GET", "POST") or (has_body and method == "GET"):
        easy.setopt(pycurl.CUSTOMREQUEST, method)


def set_upload(easy: pycurl.Curl, method: str, upload: Upload, size: int) -> None:
    """Read the body while it is sent, in place of a body that is held.

    pycurl cannot take POSTFIELDS back, so the transfer is what libcurl calls an upload.
    """
    easy.setopt(pycurl.UPLOAD, 1)
    easy.setopt(pycurl.CUSTOMREQUEST, method)
    easy.setopt(pycurl.INFILESIZE_LARGE, size)
    easy.setopt(pycurl.READFUNCTION, upload.read)
    easy.setopt(pycurl.SEEKFUNCTION, upload.seek)


def clear_upload(easy: pycurl.Curl) -> None:
    """Let go of the body; the next request sets its method anew."""
    easy.setopt(pycurl.UPLOAD, 0)
    easy.setopt(pycurl.READFUNCTION, _no_data)
    easy.setopt(pycurl.SEEKFUNCTION, _no_seek)


def _no_data(_size: int) -> bytes:
    return b""


def _no_seek(_offset: int, _origin: int) -> int:
    return pycurl.SEEKFUNC_CANTSEEK  # type: ignore[no-any-return]
