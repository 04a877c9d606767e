"""The user's own OAuth client: from options, variables or settings, or how to get one."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from fairlead.auth.authorization_code import OAuthClient
from fairlead.auth.login_providers import LoginService
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError, MissingCredentials
from fairlead.settings.values import LoginSettings

_MOST_BYTES = 64 << 10


class _Installed(Struct):
    client_id: str
    client_secret: str = ""

    def __repr__(self) -> str:
        return "_Installed(***)"


class _ClientFile(Struct):
    """What Google's console gives for a client of the type "Desktop app"."""

    installed: _Installed


def oauth_client(
    service: LoginService,
    own: LoginSettings,
    environment: Environment,
    *,
    client_id: str | None = None,
    client_file: str | None = None,
) -> OAuthClient:
    """The client to sign in with; options stand above variables, and those above settings.

    Raises `MissingCredentials` where the service asks for one and there is none.
    """
    if not service.client_env:
        return OAuthClient()
    if client_file:
        return _from_file(Path(client_file))
    found = client_id or environment.get(service.client_env)
    if found is None and own.client_file:
        return _from_file(Path(own.client_file).expanduser())
    if found := found or own.client_id:
        return OAuthClient(_checked(found), _secret(service, environment))
    file = ", --client-file FILE" if service.secret_env else ""
    raise MissingCredentials(
        f"{service.title} asks for an OAuth client of your own: {service.client_help}; "
        f"then give it with --client-id ID{file}, {service.client_env} "
        f"or client_id in [logins.{service.name}]"
    )


def _secret(service: LoginService, environment: Environment) -> Secret | None:
    name = service.secret_env
    if not name or environment.get(name) is None:
        return None
    return Secret(environment.get(name) or "", what=name)


def _checked(client_id: str) -> str:
    if client_id.isascii() and client_id.isprintable() and " " not in client_id:
        return client_id
    raise ConfigError("the OAuth client id holds a character that no id has; copy it again")


def _from_file(path: Path) -> OAuthClient:
    try:
        with path.open("rb") as file:
            found = msgspec.json.decode(file.read(_MOST_BYTES), type=_ClientFile).installed
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        problem = 'is not the JSON of an OAuth client of the type "Desktop app"; download that'
    else:
        secret = Secret(found.client_secret, what=str(path)) if found.client_secret else None
        return OAuthClient(_checked(found.client_id), secret)
    raise ConfigError(f"the client file {path} {problem}")
