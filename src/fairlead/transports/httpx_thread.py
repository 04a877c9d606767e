"""One exchange of a blocking httpx client, carried by a thread so that waits end on time.

The library knows a timeout for each read of a socket, and nothing that bounds them together or may
be waited for again; so the thread reads ahead, and the caller waits on its own clock.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Thread
from typing import TYPE_CHECKING

from fairlead.errors import ReadTimeout, TransportError
from fairlead.transports.adapting import Room, Sending, remaining
from fairlead.transports.httpx_errors import Progress, no_response, translated

if TYPE_CHECKING:
    from fairlead.transports.httpx2 import LibraryResponse

_HIGH_WATER = 64 << 10
_LEAVE = 1.0


class Line:
    """Between the thread that reads and the one that waits. All fields belong to the condition."""

    def __init__(
        self,
        send: Callable[[], LibraryResponse],
        sending: Sending,
        progress: Progress,
        room: Room,
        arrived: Callable[[LibraryResponse], None],
    ) -> None:
        """`arrived` looks at a response's head, in the thread, before anybody else does."""
        self._send = send
        self._sending = sending
        self._progress = progress
        self._room = room
        self._arrived = arrived
        self._changed = Condition()
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._left = False
        self._ended = False
        self._error: BaseException | None = None
        self.response: LibraryResponse | None = None
        self._begun = False
        self._thread = Thread(target=self._run, name="fairlead-httpx", daemon=True)

    def begin(self, deadline: float) -> None:
        """Send, and return when the head is there. Raises what went wrong."""
        self._thread.start()
        try:
            with self._changed:
                ready = self._changed.wait_for(
                    lambda: self._begun or self._ended, remaining(deadline)
                )
                if not ready:
                    raise self._late()
                if not self._begun and self._error is not None:
                    raise self._error
        except BaseException:
            self.leave(wait=False)
            raise

    def _late(self) -> TransportError:
        return no_response(self._sending, self._progress)

    def read(self, deadline: float) -> bytes:
        """What has come; `b""` at the end."""
        try:
            with self._changed:
                return self._taken(deadline)
        except (KeyboardInterrupt, SystemExit):
            self.leave(wait=False)
            raise

    def _taken(self, deadline: float) -> bytes:
        if not self._changed.wait_for(lambda: self._chunks or self._ended, remaining(deadline)):
            raise ReadTimeout(f"{self._sending.host} sent nothing more in time")
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._held = 0
        self._changed.notify_all()
        if not data and self._error is not None:
            raise self._error
        return data

    def leave(self, *, wait: bool = True) -> None:
        """Free the connection. Waits a moment, so that the next request finds the pool in order."""
        with self._changed:
            self._left = True
            self._chunks.clear()
            self._changed.notify_all()
            if self._ended:
                return
        self._interrupt()
        if wait:
            self._thread.join(_LEAVE)

    def _interrupt(self) -> None:
        """End the thread's read, but not on a connection that others have taken over."""
        response = self.response
        if response is None:
            stream = self._progress.stream
        elif response.is_closed:
            return
        else:
            stream = response.extensions.get("network_stream")
        found = stream.get_extra_info("socket") if hasattr(stream, "get_extra_info") else None
        if isinstance(found, socket.socket):
            with suppress(OSError):  # a TLS socket's own method would wait for the thread
                socket.socket.shutdown(found, socket.SHUT_RDWR)

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            self._carry()
        except Exception as caught:
            error = translated(caught, self._sending) or caught
        except BaseException as caught:
            error = caught
        with self._changed:
            self._error = error
            self._ended = True
            self._changed.notify_all()

    def _carry(self) -> None:
        response = self._send()
        try:
            self._arrived(response)
            with self._changed:
                self.response = response
                self._begun = True
                self._changed.notify_all()
            for data in response.iter_bytes():
                if not self._put(data):
                    return
        finally:
            self._sending.facts.bytes_in = response.num_bytes_downloaded
            response.close()

    def _put(self, data: bytes) -> bool:
        """Keep a piece when there is room for it; False when nobody wants any more."""
        self._room.count(data)
        with self._changed:
            self._changed.wait_for(lambda: self._left or self._held < _HIGH_WATER)
            if data and not self._left:
                self._chunks.append(data)
                self._held += len(data)
                self._changed.notify_all()
            return not self._left
