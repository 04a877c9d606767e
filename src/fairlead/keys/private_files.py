"""Files that only their owner may read: made so, replaced whole, and refused where they are not so.

On Windows the profile's own permissions stand in place of modes.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fairlead.errors import ConfigError

_MOST_BYTES = 256 << 10
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe of that name must not hold us
_BINARY = getattr(os, "O_BINARY", 0)


def read_private(path: Path, *, most: int = _MOST_BYTES) -> bytes | None:
    """The file's bytes, at most so many; None where there is none.

    Raises `ConfigError` where it or its folder is a link, belongs to somebody else or is open to
    others, and where it cannot be read or is longer.
    """
    try:
        _check_folder(path.parent)
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | _BINARY | _NO_WAIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        _check(path, os.fstat(descriptor), stat.S_ISREG)
    except ConfigError:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        del data
        raise ConfigError(f"{path} is too long for what it should hold; delete it")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Replace the file in one step: a reader sees the old one or the new one. Raises like that."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    try:
        _make_folder(path.parent)
        try:
            _write_new(scratch, data)
            scratch.replace(path)
        except BaseException:
            with suppress(OSError):
                scratch.unlink()
            raise
        _sync(path.parent)
    except OSError as error:
        reason = error.strerror or "unknown reason"
    else:
        return
    finally:
        del data  # a traceback that shows local variables must show no tokens
    raise ConfigError(f"cannot write {path}: {reason}; make room, or mend the folder's permissions")


def open_private(path: Path, *, append: bool = False) -> int:
    """A descriptor of the file, made where there is none; for a lock, or a log that grows.

    Raises like `read`.
    """
    try:
        _make_folder(path.parent)
        flags = os.O_RDWR | os.O_CREAT | _NO_FOLLOW | _BINARY | (os.O_APPEND if append else 0)
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise _unreadable(path, error) from None
    return descriptor


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_folder(folder)


def _check_folder(folder: Path) -> None:
    _check(folder, folder.lstat(), stat.S_ISDIR)


def _check(path: Path, found: os.stat_result, is_expected: Callable[[int], bool]) -> None:
    if not is_expected(found.st_mode):
        problem = "is a link, or not what it should be; delete it"
    elif sys.platform == "win32":
        return
    elif found.st_uid != os.geteuid():
        problem = "belongs to another user; delete it, or run fairlead as that user"
    elif found.st_mode & _OTHERS:
        mode = "700" if stat.S_ISDIR(found.st_mode) else "600"
        problem = f"can be read by others; run chmod {mode} on it"
    else:
        return
    raise ConfigError(f"{path} {problem}")


def _sync(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can."""
    if sys.platform != "win32":
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _unreadable(path: Path, error: OSError) -> ConfigError:
    # What O_NOFOLLOW says of a link is "too many levels of symbolic links".
    reason = "it is a link" if path.is_symlink() else error.strerror or "unknown reason"
    return ConfigError(f"{path} cannot be opened: {reason}; delete it, or mend its permissions")
