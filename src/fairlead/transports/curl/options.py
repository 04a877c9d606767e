"""Which options of libcurl are set, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pycurl

from fairlead import __version__
from fairlead.transports.curl.proxies import configure_proxy, trusted

if TYPE_CHECKING:
    from fairlead.transports.curl.upload import Upload
    from fairlead.types.http import HttpSettings

_UPLOAD_BUFFER = 16 << 10
_KEEPALIVE_SECONDS = 60
_OVER_TCP = 0
_OVER_QUIC = pycurl.SSLOPT_REVOKE_BEST_EFFORT
"""libcurl shares connections among requests with the same TLS options. This one means nothing to
OpenSSL: it keeps the requests that are to go over HTTP/3 off connections that speak HTTP/2."""


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
    configure_proxy(easy, settings)
    if settings.unix_socket is not None:
        easy.setopt(pycurl.UNIX_SOCKET_PATH, settings.unix_socket)


def configure_tls(easy: pycurl.Curl, settings: HttpSettings) -> None:
    """Certificates are always verified."""
    easy.setopt(pycurl.CAINFO, trusted(settings))
    easy.setopt(pycurl.SSL_VERIFYPEER, 1)
    easy.setopt(pycurl.SSL_VERIFYHOST, 2)
    least = pycurl.SSLVERSION_TLSv1_3 if settings.min_tls == "1.3" else pycurl.SSLVERSION_TLSv1_2
    easy.setopt(pycurl.SSLVERSION, least)
    if settings.client_cert is not None:
        easy.setopt(pycurl.SSLCERT, settings.client_cert)
    if settings.client_key is not None:
        easy.setopt(pycurl.SSLKEY, settings.client_key)


def version_of(settings: HttpSettings, *, secure: bool, quic: bool) -> int:
    """The version to ask for; libcurl falls back to older ones by itself where it must.

    QUIC passes no proxy and no UNIX socket, and without TLS nothing can be agreed on: there HTTP/2
    is spoken where it was demanded, and HTTP/1.1 else. `quic`: the origin has announced HTTP/3.
    """
    wanted = settings.http_version
    if wanted == "http2" and not secure:
        return int(pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
    if wanted == "http1" or not secure:
        return int(pycurl.CURL_HTTP_VERSION_1_1)
    if may_use_quic(settings) and (wanted == "http3" or quic):
        return int(pycurl.CURL_HTTP_VERSION_3)
    return int(pycurl.CURL_HTTP_VERSION_2TLS)


def may_use_quic(settings: HttpSettings) -> bool:
    direct = settings.proxy is None and not settings.trust_env and settings.unix_socket is None
    return direct and settings.http_version in ("auto", "http3")


def set_version(easy: pycurl.Curl, version: int, *, early: bool) -> None:
    """With ALPN, later requests wait to see whether they can share a connection."""
    easy.setopt(pycurl.HTTP_VERSION, version)
    easy.setopt(pycurl.PIPEWAIT, int(version != pycurl.CURL_HTTP_VERSION_1_1))
    over_quic = version == pycurl.CURL_HTTP_VERSION_3
    tls = _OVER_QUIC if over_quic else _OVER_TCP
    easy.setopt(pycurl.SSL_OPTIONS, tls | pycurl.SSLOPT_EARLYDATA if early and over_quic else tls)


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
