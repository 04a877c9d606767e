"""A request's body that is read while it is sent, from where it lies."""

from __future__ import annotations

import pycurl

from fairlead.errors import InvalidRequest
from fairlead.types.http import Body, BodyReader


class Upload:
    """Gives libcurl exactly `body.size` bytes, from the beginning again when it asks to.

    `failure` says why the body could not be read; the transfer is then aborted.
    """

    __slots__ = ("_body", "_reader", "_sent", "failure")

    def __init__(self, body: Body) -> None:
        self._body = body
        self._reader: BodyReader | None = None
        self._sent = 0
        self.failure: InvalidRequest | None = None

    def read(self, size: int) -> bytes | int:
        """For READFUNCTION."""
        wanted = min(size, self._body.size - self._sent)
        if not wanted:
            return b""
        try:
            if self._reader is None:
                self._reader = self._body.open()
            data = self._reader.read(wanted)
        except OSError as error:
            return self._fail(error.strerror or "it is unreadable")
        if not data:
            return self._fail("it became shorter while it was sent")
        self._sent += len(data)
        return data

    def seek(self, offset: int, _origin: int) -> int:
        """For SEEKFUNCTION: libcurl rewinds a body when it sends a request anew."""
        if offset:
            return pycurl.SEEKFUNC_CANTSEEK  # type: ignore[no-any-return]
        self.close()
        self._sent = 0
        return pycurl.SEEKFUNC_OK  # type: ignore[no-any-return]

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _fail(self, reason: str) -> int:
        self.failure = InvalidRequest(f"the body could not be sent whole: {reason}")
        return pycurl.READFUNC_ABORT  # type: ignore[no-any-return]
