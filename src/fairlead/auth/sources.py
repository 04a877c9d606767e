"""Where keys come from: a value, an environment variable, a file. Each is read anew every time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from fairlead.auth.secret import MAX_LENGTH, Secret
from fairlead.errors import ConfigError


class Environment:
    """Environment variables behind a repr that shows none of them."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def get(self, name: str) -> str | None:
        """The value of `name`; None where it is unset or empty."""
        return self._variables.get(name) or None

    def names(self, prefix: str) -> list[str]:
        """The names of set variables that begin with `prefix`, sorted."""
        return sorted(name for name in self._variables if name.startswith(prefix))

    def home(self) -> Path:
        """The home folder; the root folder for a user who has none, as in some containers."""
        if home := self.get("HOME"):
            return Path(home)
        try:
            return Path.home()
        except RuntimeError:
            return Path(os.sep)

    def __repr__(self) -> str:
        return "Environment(***)"


class KeySource(Protocol):
    """A place that may hold a key."""

    @property
    def name(self) -> str:
        """What a receipt calls the key: never the key itself."""
        ...

    def read(self) -> Secret | None:
        """The key as it is now; None where there is none. Raises `ConfigError` for a broken one."""
        ...


class ValueSource:
    """A key that was given as such."""

    __slots__ = ("_secret", "name")

    def __init__(self, name: str, secret: Secret) -> None:
        self.name = name
        self._secret = secret

    def read(self) -> Secret | None:
        return self._secret


class VariableSource:
    """A key in an environment variable."""

    __slots__ = ("_environment", "name")

    def __init__(self, name: str, environment: Environment) -> None:
        self.name = name
        self._environment = environment

    def read(self) -> Secret | None:
        if self._environment.get(self.name) is None:
            return None
        return Secret(self._environment.get(self.name) or "", what=self.name)


class FileSource:
    """A key on its own in a text file; the line's end is not part of it."""

    __slots__ = ("_path", "name")

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self.name = name

    def read(self) -> Secret | None:
        try:
            with self._path.open("rb") as file:
                return _key_of(file.read(MAX_LENGTH + 3), self.name)
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = error.strerror or "unreadable"
        raise ConfigError(f"the key file {self.name} cannot be read: {reason}")


def _key_of(data: bytes, name: str) -> Secret | None:
    data = data.rstrip(b"\r\n")
    return Secret(data.decode("ascii", "replace"), what=name) if data else None
