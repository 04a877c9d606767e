"""The folder that holds fetched weights: its place, its lock, its scratch folders, its errors."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fairlead.auth.sources import Environment
from fairlead.errors import LocalModelError
from fairlead.types.paths import path_of

LOCK_POLL_SECONDS = 0.1
SCRATCH_PREFIX = ".fetch-"

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def models_folder(environment: Mapping[str, str] | None = None) -> Path:
    """Where weights are kept: `$FAIRLEAD_CACHE/models`, else the platform's cache folder."""
    environment = os.environ if environment is None else environment
    if override := environment.get("FAIRLEAD_CACHE"):
        folder = path_of(override)
        return folder.absolute() / "models"
    return _platform_cache(environment) / "fairlead" / "models"


def _platform_cache(environment: Mapping[str, str]) -> Path:
    home = Environment(environment).home()
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA")
        return Path(local) if local else home / "AppData" / "Local"
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    # The XDG specification says that a relative path is to be ignored.
    configured = Path(environment.get("XDG_CACHE_HOME", ""))
    return configured if configured.is_absolute() else home / ".cache"


@contextmanager
def exclusive(folder: Path, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold `folder` alone among processes and threads, making it where needed.

    `waiting` is called once if another holder must be waited for. The lock goes with the process
    that holds it, so that a killed one leaves none behind.
    """
    lock = _open_lock(folder)
    try:
        if not _try_lock(lock):
            if waiting is not None:
                waiting()
            while not _try_lock(lock):
                time.sleep(LOCK_POLL_SECONDS)
        yield
    finally:
        lock.close()


def sweep(folder: Path) -> None:
    """Delete what a killed process left. Only safe while `folder` is held."""
    for scratch in folder.glob(SCRATCH_PREFIX + "*"):
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn what the disk may say of `folder` into `LocalModelError`."""
    try:
        yield
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise LocalModelError(
                f"no space is left in {folder}; "
                "make room, or set FAIRLEAD_CACHE to a folder on another disk"
            ) from error
        raise LocalModelError(
            f"cannot write to {folder} ({error.strerror or error}); "
            "set FAIRLEAD_CACHE to a folder that you can write to"
        ) from error


def _open_lock(folder: Path) -> BinaryIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / ".lock").open("ab")
    except OSError as error:
        raise LocalModelError(
            f"cannot write to {folder} ({error.strerror}); "
            "set FAIRLEAD_CACHE to a folder that you can write to"
        ) from error


if sys.platform == "win32":
    import msvcrt

    def _try_lock(lock: BinaryIO) -> bool:
        lock.seek(0)
        try:
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(lock: BinaryIO) -> bool:
        try:
            fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
