"""Where logins are kept: in the system's keyring where there is one, else in private files.

Each login has a file either way. It tells who has signed in; with a keyring it holds no token.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fairlead.auth.login import Login
from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError
from fairlead.keys.keyring_source import usable_keyring
from fairlead.keys.locks import FileLock
from fairlead.keys.private_files import read_private, write_private

FOLDER = "tokens"
KEYRING_SERVICE = "fairlead"
Place = Literal["keyring", "file"]

_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
_ELSEWHERE = "in-the-keyring"


class _Record(Struct, frozen=True, omit_defaults=True):
    """What a file holds; in that of a keyring's login, words stand in place of the tokens."""

    login: Login
    kept_in: Place = "file"


class TokenStore:
    """Satisfies `auth.login.LoginStore`. `folder` is usually `~/.config/fairlead/tokens`.

    `place` says where new logins go; unset, the keyring is taken where it can be used.
    """

    def __init__(self, folder: Path, *, place: Place | None = None) -> None:
        self._folder = folder
        self._place = place

    def names(self) -> list[str]:
        """The names of all logins, sorted."""
        found = [path.stem for path in self._folder.glob("*.json")]
        return sorted(name for name in found if _NAME.fullmatch(name))

    def stamp(self, name: str) -> object:
        try:
            found = self.path_of(name).lstat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def read(self, name: str) -> Login | None:
        record = self._record(name)
        if record is None or record.kept_in == "file":
            return None if record is None else record.login
        kept = _from_keyring(name)
        if kept is None:
            raise ConfigError(f"the keyring has lost the login {name}; run fairlead login {name}")
        return kept

    def about(self, name: str) -> tuple[Login, Place] | None:
        """What the file tells without opening the keyring, and where the tokens are."""
        record = self._record(name)
        return None if record is None else (record.login, record.kept_in)

    def write(self, name: str, login: Login) -> None:
        if self._place != "file" and _to_keyring(name, login):
            stub = Secret(_ELSEWHERE)
            shown = replace(login, access=stub, refresh=login.refresh and stub, client_secret=None)
            record = _Record(shown, "keyring")
        elif self._place == "keyring":
            raise ConfigError("this system offers no keyring; unset FAIRLEAD_TOKEN_STORE")
        else:
            record = _Record(login)
        write_private(self.path_of(name), _encoded(record))

    def delete(self, name: str) -> bool:
        """Forget a login; whether there was one. Raises `ConfigError` where it cannot be."""
        path = self.path_of(name)
        kept = _out_of_keyring(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            problem = f"cannot delete {path}: {error.strerror}; delete it by hand"
            raise ConfigError(problem) from None
        if kept:
            raise ConfigError(
                f"the keyring does not let go of the login {name}; "
                f"delete the entry {KEYRING_SERVICE}/{name} in it by hand"
            )
        return True

    def lock(self, name: str) -> FileLock:
        return FileLock(self.path_of(name).with_suffix(".lock"))

    def path_of(self, name: str) -> Path:
        """The file of a login, whether it is there or not. Raises `ConfigError` for a bad name."""
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is no name of a login; take lower-case letters")
        return self._folder / f"{name}.json"

    def _record(self, name: str) -> _Record | None:
        data = read_private(self.path_of(name))
        if data is None:
            return None
        try:
            record = _decoded(data)
        finally:
            del data
        if record is None:
            raise ConfigError(f"{self.path_of(name)} is damaged; run fairlead login {name}")
        return record


def _encoded(record: _Record) -> bytes:
    return msgspec.json.encode(record, enc_hook=_reveal)


def _decoded(data: bytes) -> _Record | None:
    try:
        return msgspec.json.decode(data, type=_Record, dec_hook=_seal)
    except (msgspec.MsgspecError, ConfigError, ValueError, RecursionError):
        return None


def _reveal(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError


def _seal(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value, what="a token")
    raise NotImplementedError


def _to_keyring(name: str, login: Login) -> bool:
    """Whether the keyring took it: some take no more than 2,560 bytes."""
    library = usable_keyring()
    if library is None:
        return False
    return _quietly(
        lambda: library.set_password(KEYRING_SERVICE, name, _encoded(_Record(login)).decode())
    )


def _from_keyring(name: str) -> Login | None:
    library = usable_keyring()
    found: list[str] = []
    if library is not None:
        _quietly(lambda: found.append(library.get_password(KEYRING_SERVICE, name) or ""))
    record = _decoded(found[0].encode()) if found and found[0] else None
    found.clear()
    return None if record is None else record.login


def _out_of_keyring(name: str) -> bool:
    """Delete the keyring's entry; whether it is there all the same."""
    library = usable_keyring()
    if library is None:
        return False
    _quietly(lambda: library.delete_password(KEYRING_SERVICE, name))
    return _from_keyring(name) is not None


def _quietly(run: Callable[[], object]) -> bool:
    """Whether it worked: a keyring's backend may fail in any way at all."""
    try:
        run()
    except Exception:
        return False
    return True
