"""What a project's file may not do: send keys to an address of its choice (docs/decisions/0005)."""

from __future__ import annotations

from fairlead.errors import ConfigError
from fairlead.settings.files import Layer

_USERS_OWN = (
    "proxy",
    "ca_file",
    "client_cert",
    "client_key",
    "unix_socket",
    "trust_env",
    "allow_insecure_http",
)
"""Keys of `[http]` that decide who can read what is sent."""
_HOST = "host"
"""The header that says for whom a request is, among all whom one address serves."""


def check_trust(layer: Layer, table: dict[str, object]) -> list[str]:
    """Warnings for the user. Raises `ConfigError` for what only the user's own file may say."""
    if layer.trust != "project":
        return []
    http = table.get("http")
    for key in _USERS_OWN:
        if isinstance(http, dict) and key in http:
            raise _refused(layer, f"http.{key}")
    if "store" in table:
        raise _refused(layer, "store")
    logins = table.get("logins")
    for name in logins if isinstance(logins, dict) else ():
        raise _refused(layer, f"logins.{name}")
    warnings: list[str] = []
    providers = table.get("providers")
    for name, own in providers.items() if isinstance(providers, dict) else ():
        _check_provider(layer, f"providers.{name}", own)
        if "key" in own:
            warnings.append(
                f"{layer.source} holds a key (providers.{name}.key); "
                "move it to your own settings file before the project's is shared"
            )
    return warnings


def check_budgets(layer: Layer, table: dict[str, object], below: dict[str, object]) -> None:
    """A project's file may add budgets; those of the user's own file are not its to change."""
    own, theirs = below.get("budgets"), table.get("budgets")
    if layer.trust == "project" and isinstance(own, dict) and isinstance(theirs, dict):
        for name in own.keys() & theirs.keys():
            raise ConfigError(
                f"{layer.source}: budgets.{name}: your own settings file has a budget of that "
                "name, which a project's file may not change; give this one another name"
            )


def check_prices(layer: Layer, table: dict[str, object], below: dict[str, object]) -> None:
    """A project's file may price what no budget of the user's own file counts."""
    providers = table.get("providers")
    if layer.trust != "project" or not below.get("budgets") or not isinstance(providers, dict):
        return
    for name, own in providers.items():
        if "prices" in own:
            raise ConfigError(
                f"{layer.source}: providers.{name}.prices: your own settings file has budgets, "
                "which a project's prices may not change; put the prices into your own file"
            )


def _check_provider(layer: Layer, path: str, own: dict[str, object]) -> None:
    for key in ("key_file", "key_keyring", "key_command", "allow_insecure_http"):
        if key in own:
            raise _refused(layer, f"{path}.{key}")
    if "base_url" in own and "key_env" in own:
        raise _refused(layer, f"{path}.key_env beside a base_url")
    headers, key_header = own.get("headers"), own.get("key_header")
    for name in headers if isinstance(headers, dict) else ():
        if name.lower() == _HOST:
            raise _refused(layer, f"{path}.headers.{name}")
    if isinstance(key_header, str) and key_header.lower() == _HOST:
        raise _refused(layer, f"{path}.key_header")


def _refused(layer: Layer, what: str) -> ConfigError:
    return ConfigError(
        f"{layer.source}: {what}: a project's file may not set this, because it decides who sees "
        "your keys; put it into your own file (fairlead config path)"
    )
