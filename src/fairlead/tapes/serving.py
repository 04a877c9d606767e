"""A tape as a provider on loopback, for programs in any language: HTTP/1.1, in the taped pieces."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import msgspec

from fairlead.errors import ConfigError, TapeMismatch
from fairlead.tapes.exchange import Answer, Exchange, TapedRequest
from fairlead.tapes.failures import RESET, STALL
from fairlead.testing.server import (
    Close,
    Pause,
    Received,
    Reset,
    Script,
    ScriptedServer,
    Step,
    respond,
)

if TYPE_CHECKING:
    from types import TracebackType

    from fairlead.tapes.replaying import Replay

_FRAMING = frozenset(
    {
        "alt-svc", "connection", "content-encoding", "content-length", "keep-alive",
        "proxy-connection", "set-cookie", "strict-transport-security", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers of the connection that was recorded, which say nothing of this one."""
_EVER = 24 * 3600.0
_BODILESS = frozenset({204, 304})
_NEAR = frozenset(
    {"localhost", "127.0.0.1", "::1", "host.docker.internal", "host.containers.internal"}
)
"""What programs on this machine call it, those in its containers too."""


class TapeServer:
    """A context manager; `url` is where clients go in place of the provider.

    `tape` is one with `any_origin`. A request that is not on it gets a 404 that tells the nearest.
    Raises `ConfigError` where `port` is taken; 0 takes a free one.
    """

    def __init__(self, tape: Replay, *, port: int = 0) -> None:
        self._tape = tape
        try:
            self._server = ScriptedServer(self._script, port=port)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigError(f"port {port} cannot be used: {reason}; choose another") from None

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def requests(self) -> list[Received]:
        """What it was asked."""
        return self._server.requests

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, traceback)

    def _script(self, request: Received) -> Script:
        if not _is_near(request):
            return _refused(403, "Forbidden", "only programs on this machine may ask this server")
        asked = TapedRequest(
            request.method, f"{self.url}{request.path}", request.headers, request.body
        )
        try:
            exchange = self._tape.answer_to(asked)
        except TapeMismatch as error:
            return _refused(404, "Tape Mismatch", str(error))
        return self._steps(exchange, without_body=request.method == "HEAD")

    def _steps(self, exchange: Exchange, *, without_body: bool) -> Iterator[Step]:
        answer, at = exchange.answer, 0.0
        if answer is not None:
            yield from self._until(answer.at, at)
            without_body = without_body or answer.status in _BODILESS
            yield _head(answer, without_body=without_body)
            at = answer.at
            for chunk in () if without_body else answer.chunks:
                yield from self._until(chunk.at, at)
                yield b"%x\r\n%b\r\n" % (len(chunk.data), chunk.data)
                at = chunk.at
        yield from self._end(exchange, at, without_body=without_body)

    def _end(self, exchange: Exchange, at: float, *, without_body: bool) -> Iterator[Step]:
        ending = exchange.ending
        kind = "" if ending.failure is None else ending.failure.kind
        if kind in (STALL, "ReadTimeout"):
            yield Pause(_EVER)
        yield from self._until(ending.at, at)
        if ending.how == "complete":
            if not without_body:
                yield b"0\r\n\r\n"
        elif kind == RESET or exchange.answer is None:
            yield Reset()
        else:
            yield Close()

    def _until(self, at: float, now: float) -> Iterator[Step]:
        wait = self._tape.after(at) - self._tape.after(now)
        if wait > 0:
            yield Pause(wait)


def _head(answer: Answer, *, without_body: bool) -> bytes:
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = ""
    lines = [f"HTTP/1.1 {answer.status} {reason}"]
    lines += [f"{n}: {v}" for n, v in answer.headers if n.lower() not in _FRAMING]
    if not without_body:
        lines.append("Transfer-Encoding: chunked")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _is_near(request: Received) -> bool:
    """Whether a program of this machine asks, and no web page that has found a way here.

    A page names its own host in `Origin`, or in `Host` where that has come to lead here.
    """
    origin = request.header("origin")
    hosts = [f"//{request.header('host') or 'localhost'}"]
    if origin is not None:
        hosts.append(origin)
    return all(_host(address) in _NEAR for address in hosts)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _refused(status: int, reason: str, message: str) -> list[Step]:
    kind = "_".join(reason.lower().split())
    body = {"error": {"message": message, "type": kind, "code": kind}}
    headers = (("content-type", "application/json"),)
    return respond(status, headers, msgspec.json.encode(body), reason=reason)
