"""A key in the system's keyring (macOS Keychain, Secret Service, Windows Credential Manager)."""

from __future__ import annotations

from types import ModuleType

from fairlead.auth.secret import Secret
from fairlead.auth.slow_source import SlowSource
from fairlead.errors import ConfigError

_LEAST_PRIORITY = 1
"""What the keyring library gives its own backends of operating systems; others keep plain text."""


def keyring_source(entry: str) -> SlowSource:
    """The key that the keyring keeps for `entry`, which is `service/user`.

    Raises `ConfigError` for an entry that is not of that form.
    """
    service, _, user = entry.rpartition("/")
    if not service or not user:
        raise ConfigError(f'key_keyring must be "service/user", not "{entry}"')
    name = f"keyring {entry}"
    return SlowSource(name, lambda: _read(service, user, name))


def usable_keyring() -> ModuleType | None:
    """The keyring library, where it is installed and the system offers a real keyring."""
    try:
        import keyring

        if keyring.get_keyring().priority >= _LEAST_PRIORITY:
            return keyring
    except Exception:  # a backend may fail in any way at all; then there is none
        return None
    return None


def _read(service: str, user: str, name: str) -> Secret | None:
    library = usable_keyring()
    if library is None:
        raise ConfigError(_absent())
    try:
        value = library.get_password(service, user)
    except Exception as error:
        reason = type(error).__name__
    else:
        try:
            return None if value is None else Secret(value, what=name)
        finally:
            del value  # a traceback that shows local variables must show no key
    raise ConfigError(f"the {name} cannot be read ({reason}); unlock the system's keyring")


def _absent() -> str:
    from importlib.util import find_spec

    if find_spec("keyring") is None:
        return 'a key in a keyring needs another package; pip install "fairlead[keyring]"'
    return "this system offers no keyring; set key_env, key_file or key_command instead"
