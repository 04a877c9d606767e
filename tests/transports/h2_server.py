"""A small HTTP/2 server on loopback: what it does with a request, its path says."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from typing import Self

import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import RequestReceived, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hyperframe.frame import GoAwayFrame


class H2Server:
    """Counts `connections`, `paths` in their order, and `resets` that clients sent.

    `resumed` says of each connection whether it took up an earlier TLS session.
    """

    def __init__(self, authority: trustme.CA) -> None:
        self.connections = 0
        self.paths: list[str] = []
        self.resets = 0
        self.resumed: list[bool] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self._context.set_alpn_protocols(["h2"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in [self._listener, *self._sockets]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(raw,)))
            self._threads[-1].start()

    def _serve(self, raw: socket.socket) -> None:
        with (
            suppress(OSError, ProtocolError),
            self._context.wrap_socket(raw, server_side=True) as connection,
        ):
            self._sockets.append(connection)
            self.resumed.append(bool(connection.session_reused))
            protocol = H2Connection(H2Configuration(client_side=False))
            protocol.initiate_connection()
            protocol.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 1000})
            connection.sendall(protocol.data_to_send())
            while data := connection.recv(65536):
                over = False
                raw_frames = b""
                for event in protocol.receive_data(data):
                    if isinstance(event, RequestReceived):
                        over |= self._answer(protocol, event)
                        raw_frames += _leaving(event)
                    if isinstance(event, StreamReset):
                        with self._lock:
                            self.resets += 1
                connection.sendall(protocol.data_to_send() + raw_frames)
                if over:
                    return

    def _answer(self, protocol: H2Connection, event: RequestReceived) -> bool:
        """Answer, and say whether the connection is to be cut after it."""
        stream = event.stream_id
        path = dict(event.headers)[b":path"].decode()
        self.paths.append(path)
        if path == "/refuse" and self.paths.count(path) == 1:
            protocol.reset_stream(stream, ErrorCodes.REFUSED_STREAM)
        elif path == "/goaway" and self.paths.count(path) == 1:
            protocol.close_connection(ErrorCodes.NO_ERROR, last_stream_id=0)
            return True
        elif path == "/calm":
            protocol.reset_stream(stream, ErrorCodes.ENHANCE_YOUR_CALM)
        elif path == "/calm-goaway":
            protocol.close_connection(ErrorCodes.ENHANCE_YOUR_CALM, last_stream_id=stream)
            return True
        elif path == "/last" and self.paths.count(path) == 1:
            pass  # see _leaving
        elif path != "/silent":
            protocol.send_headers(stream, [(":status", "200"), ("content-type", "text/plain")])
            if path in ("/reset", "/cut", "/open"):
                protocol.send_data(stream, b"first")
            else:
                protocol.send_data(stream, b"hello", end_stream=True)
            if path == "/reset":
                protocol.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
        return path == "/cut"


def _leaving(event: RequestReceived) -> bytes:
    """For `/last`: the server goes, what came before is still served, and this is not."""
    path = dict(event.headers)[b":path"]
    gone = GoAwayFrame(0, last_stream_id=event.stream_id - 2)
    return gone.serialize() if path == b"/last" and event.stream_id > 1 else b""
