"""The store of the user's own logins, which lies beside the user's own settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.errors import ConfigError
from fairlead.settings.files import user_file

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment
    from fairlead.keys.token_store import Place, TokenStore

PLACE_VARIABLE = "FAIRLEAD_TOKEN_STORE"
_PLACES: dict[str, Place] = {"keyring": "keyring", "file": "file"}


def login_store(environment: Environment) -> TokenStore:
    """The store; `FAIRLEAD_TOKEN_STORE` says `keyring` or `file` where it is not to choose itself.

    Raises `ConfigError` for any other word.
    """
    from fairlead.keys.token_store import FOLDER, TokenStore

    folder = user_file(environment).parent / FOLDER
    word = environment.get(PLACE_VARIABLE)
    if word is not None and word not in _PLACES:
        raise ConfigError(f"{PLACE_VARIABLE} must be keyring or file, not {word!r}")
    return TokenStore(folder, place=None if word is None else _PLACES[word])
