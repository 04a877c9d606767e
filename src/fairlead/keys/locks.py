"""A lock among threads and processes. The system takes it back from a holder that died."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from threading import Lock

from fairlead.errors import ConfigError
from fairlead.keys.private_files import open_private

PATIENCE_SECONDS = 30.0
_GLANCE_SECONDS = 0.05


class FileLock:
    """Satisfies `auth.login.LoginLock`. Each object is of use once; its file stays."""

    def __init__(self, path: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        self._path = path
        self._patience = patience
        self._descriptor: int | None = None
        self._released = False
        self._guard = Lock()

    def acquire(self) -> None:
        """Wait for it. Raises `ConfigError` when another holds it for too long."""
        descriptor = open_private(self._path)
        until = time.monotonic() + self._patience
        try:
            while not _try_lock(descriptor):
                if self._released:
                    break
                if time.monotonic() > until:
                    raise ConfigError(
                        f"another process has held {self._path} for {self._patience:g} s; end it"
                    )
                time.sleep(_GLANCE_SECONDS)
        except BaseException:
            os.close(descriptor)
            raise
        with self._guard:
            # Whoever gave up while this thread waited must not be left with the lock.
            if not self._released:
                self._descriptor = descriptor
                return
        os.close(descriptor)

    def release(self) -> None:
        """Give it up, also where another thread is still waiting for it in `acquire`."""
        with self._guard:
            self._released = True
            descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
