"""Puts a request into an easy handle: only what differs from the last one is set again."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import pycurl

from fairlead.transports.curl import options
from fairlead.transports.curl.request import check_method, check_url, header_lines, wants_events
from fairlead.transports.curl.upload import Upload

if TYPE_CHECKING:
    from fairlead.ports import Timeouts
    from fairlead.transports.curl.alt_svc import AltSvc
    from fairlead.types.http import HttpRequest, HttpSettings

_LARGE_BODY = 64 << 10


class Loader:
    """Knows what one easy handle was last told. `streams`: the request asks for an event stream.

    `offered`: HTTP/3 is tried because the origin has announced it; `early`: with its first packet.
    `upload` is the body that is read while it is sent, where the request has such a one.
    """

    __slots__ = (
        "_alt_svc",
        "_body_is_large",
        "_connect_timeout",
        "_easy",
        "_headers",
        "_kind",
        "_secure",
        "_settings",
        "_tls",
        "_url",
        "_version",
        "early",
        "offered",
        "streams",
        "upload",
    )

    def __init__(
        self, easy: pycurl.Curl, settings: HttpSettings, alt_svc: AltSvc | None = None
    ) -> None:
        self._easy = easy
        self._settings = settings
        self._alt_svc = alt_svc
        self._version = 0
        self.early = False
        self.offered = False
        self._tls = False
        self._secure = False
        self._url = ""
        self.upload: Upload | None = None
        self._kind = ("", False)
        self._headers: tuple[tuple[str, str], ...] | None = None
        self._connect_timeout = 0.0
        self._body_is_large = False
        self.streams = False
        options.configure(easy, settings)

    def load(self, request: HttpRequest, timeouts: Timeouts, origin: str) -> None:
        """Set what differs from the last request. Raises `InvalidRequest`."""
        if request.url != self._url:
            self._load_url(request.url)
        if self._secure:
            self._offer(origin, request)
        if request.headers != self._headers:
            self._load_headers(request.headers)
        body = request.body
        kind = (request.method, body is not None)
        if kind != self._kind:
            check_method(request.method)
            options.set_method(self._easy, *kind)
            self._kind = kind
        if isinstance(body, bytes):
            self._easy.setopt(pycurl.POSTFIELDS, body)
            self._body_is_large = len(body) > _LARGE_BODY
        elif body is not None:
            self.upload = upload = Upload(body)
            options.set_upload(self._easy, request.method, upload, body.size)
        if timeouts.connect != self._connect_timeout:
            milliseconds = max(1, round(timeouts.connect * 1000))
            self._easy.setopt(pycurl.CONNECTTIMEOUT_MS, milliseconds)
            self._connect_timeout = timeouts.connect

    def _load_url(self, url: str) -> None:
        self._secure = secure = check_url(url, self._settings)
        if secure and not self._tls:
            options.configure_tls(self._easy, self._settings)
            self._tls = True
        if not secure:
            self.offered = False
            self._load_version(options.version_of(self._settings, secure=False, quic=False))
        self._easy.setopt(pycurl.URL, url)
        self._url = url

    def _offer(self, origin: str, request: HttpRequest) -> None:
        """Choose the version anew: what is known of an origin may change with every answer."""
        known = self._alt_svc
        self.offered = offered = known is not None and known.offers(origin, monotonic())
        early = self._settings.early_data and request.replayable
        version = options.version_of(self._settings, secure=True, quic=offered)
        self._load_version(version, early=early)

    def _load_version(self, version: int, *, early: bool = False) -> None:
        if version != self._version or early != self.early:
            options.set_version(self._easy, version, early=early)
            self._version, self.early = version, early

    def _load_headers(self, headers: tuple[tuple[str, str], ...]) -> None:
        lines = header_lines(headers)
        streams = wants_events(headers)
        if streams:
            lines.append(b"Accept-Encoding: identity")
        self._easy.setopt(pycurl.HTTPHEADER, lines)
        if streams != self.streams:
            options.set_compression(self._easy, not streams)
            self.streams = streams
        self._headers = headers

    def unload(self) -> None:
        """Do not keep a large body in memory for nothing."""
        if self._body_is_large:
            self._easy.setopt(pycurl.POSTFIELDS, b"")
            self._body_is_large = False
        if self.upload is not None:
            options.clear_upload(self._easy)
            self.upload.close()
            self.upload = None
            self._kind = ("", False)
