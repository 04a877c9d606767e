"""The GitHub token that a Copilot plugin of an editor has stored on this machine."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from fairlead.auth.login_providers import GITHUB_HOST
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError

FOLDER = "github-copilot"
_FILES = ("apps.json", "hosts.json")
_MOST_BYTES = 256 << 10


class _Account(Struct):
    oauth_token: str | None = None

    def __repr__(self) -> str:
        return "_Account(***)"


class EditorTokenSource:
    """A `KeySource`. Reads what the plugins of Vim, JetBrains and others write, and never writes.

    The files map hosts, which may be followed by a colon and an app's id, to tokens.
    """

    __slots__ = ("_folder", "_host", "_seen", "_token", "name")

    def __init__(self, environment: Environment, host: str = GITHUB_HOST) -> None:
        given = environment.get("XDG_CONFIG_HOME")
        self._folder = (Path(given) if given else environment.home() / ".config") / FOLDER
        self._host = host
        self._seen: object = None
        self._token: Secret | None = None
        self.name = f"the login of an editor ({self._folder})"

    def read(self) -> Secret | None:
        """The token. Raises `ConfigError` for a file that is not as plugins write it."""
        stamps = tuple(_stamp(self._folder / name) for name in _FILES)
        if stamps != self._seen:
            found = (self._token_in(self._folder / name) for name in _FILES)
            self._token = next((token for token in found if token is not None), None)
            self._seen = stamps
        return self._token

    def _token_in(self, path: Path) -> Secret | None:
        for place, account in _accounts(path).items():
            if place.partition(":")[0] == self._host and account.oauth_token is not None:
                return Secret(account.oauth_token, what=f"the token in {path}")
        return None

    def __repr__(self) -> str:
        return f"EditorTokenSource({self._folder})"


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _accounts(path: Path) -> dict[str, _Account]:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=dict[str, _Account])
    except FileNotFoundError:
        return {}
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        problem = "is not as editors write it; sign in there again, or delete it"
    raise ConfigError(f"the login of an editor, {path}, {problem}")
