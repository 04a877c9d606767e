"""Receives one redirect of a sign-in, on a port of 127.0.0.1 that nobody knew before (RFC 8252).

The first request for the right path is the answer, and then nobody listens any more. Browsers open
connections that they do not use, so several may be open meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from socketserver import TCPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

from fairlead.errors import ConfigError

TIMEOUT_SECONDS = 300.0
_REQUEST_SECONDS = 5.0
_GLANCE_SECONDS = 0.25
_LONGEST_QUERY = 8192
_MOST_CONNECTIONS = 256

_DONE = "fairlead has its answer, and the terminal says how it went. You can close this page."
_ELSE = "There is nothing here."
_PAGE = "<!doctype html><meta charset=utf-8><title>fairlead</title><p>{}</p>\n"
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


class RedirectReceiver:
    """Listens while it is open, as a context manager; `address` is `http://127.0.0.1:<port>`."""

    def __init__(self, path: str) -> None:
        self._answers: SimpleQueue[dict[str, str]] = SimpleQueue()
        try:
            self._server = _Server(path, self._answers)
        except OSError as error:
            raise ConfigError(
                f"cannot listen on 127.0.0.1 for the answer of the browser: {error.strerror}"
            ) from None
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._listener = Thread(
            target=self._server.serve_forever, args=(0.05,), name="fairlead-redirect", daemon=True
        )

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(
        self,
        timeout: float = TIMEOUT_SECONDS,
        *,
        waiting: Callable[[float], None] = lambda _: None,
    ) -> dict[str, str] | None:
        """The parameters of the redirect, None when nobody came. `waiting` hears what is left."""
        until = time.monotonic() + timeout
        while (left := until - time.monotonic()) > 0:
            waiting(left)
            try:
                return self._answers.get(timeout=min(_GLANCE_SECONDS, left))
            except Empty:
                continue
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = False
    request_queue_size = 32

    def __init__(self, path: str, answers: SimpleQueue[dict[str, str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.path = path
        self.answers = answers
        self._seen = 0
        self._taken = False
        self._guard = Lock()

    def server_bind(self) -> None:
        # That of HTTPServer asks name servers for this machine's name, which may take long.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.socket.getsockname()[1]

    def verify_request(self, request: object, client_address: object) -> bool:
        """A page that knocks over and over learns nothing and costs little."""
        self._seen += 1
        return not self._taken and self._seen <= _MOST_CONNECTIONS

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that breaks off is nobody's business."""

    def claim(self) -> bool:
        """Whether this is the first."""
        with self._guard:
            first, self._taken = not self._taken, True
        return first


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _REQUEST_SECONDS

    def do_GET(self) -> None:
        found = self._parameters()
        if found is None or not self.server.claim():
            self._say(404, _ELSE)
            return
        self._say(200, _DONE)
        self.server.answers.put(found)

    def _parameters(self) -> dict[str, str] | None:
        """Those of the redirect; None for a request that is none."""
        path, _, query = self.path.partition("?")
        # Another name for this machine means that a web page is asking, through DNS.
        host = f"127.0.0.1:{self.server.server_port}"
        if path != self.server.path or len(query) > _LONGEST_QUERY:
            return None
        if self.headers.get("Host") != host:
            return None
        try:
            return dict(parse_qsl(query, max_num_fields=50))
        except ValueError:
            return None

    def _say(self, status: int, text: str) -> None:
        body = _PAGE.format(text).encode()
        self.send_response_only(status)
        for name, value in _HEADERS:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Nothing of a strange request comes back."""
        self._say(404, _ELSE)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # its name there
        """Silence: the address that is asked for holds the code."""
