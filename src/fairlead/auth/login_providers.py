"""The services that people can sign in to: their addresses, scopes and ways."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fairlead.auth.origin import origin_of
from fairlead.errors import ConfigError

GITHUB_HOST = "github.com"


class LoginService(Struct, frozen=True, kw_only=True):
    """One service. `flow` is how one signs in: with a redirect to this machine, or by a short code.

    `answer` is what the code is exchanged for: tokens (RFC 6749), or a key as OpenRouter does.
    `client_env` and `secret_env` are the variables that may hold the user's own OAuth client,
    `client_help` says how to get one; without it the service asks for none. `manage` is the page
    where a login can be ended by hand.
    """

    name: str
    title: str
    flow: Literal["redirect", "device"]
    answer: Literal["tokens", "key"] = "tokens"
    authorize_url: str = ""
    device_url: str = ""
    token_url: str
    revoke_url: str = ""
    account_url: str = ""
    issuer: str = ""
    scopes: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    client_env: str = ""
    secret_env: str = ""
    client_help: str = ""
    manage: str = ""
    host: str = ""


_GOOGLE = LoginService(
    name="google",
    title="Google",
    flow="redirect",
    authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
    token_url="https://oauth2.googleapis.com/token",
    revoke_url="https://oauth2.googleapis.com/revoke",
    issuer="https://accounts.google.com",
    scopes=(
        "openid",
        "email",
        "https://www.googleapis.com/auth/cloud-platform",
        "https://www.googleapis.com/auth/generative-language.retriever",
    ),
    # Without these, Google gives no refresh token, or only the first time.
    parameters=(("access_type", "offline"), ("prompt", "consent")),
    client_env="FAIRLEAD_GOOGLE_CLIENT_ID",
    secret_env="FAIRLEAD_GOOGLE_CLIENT_SECRET",
    client_help=(
        'make an OAuth client of the type "Desktop app" at '
        "https://console.cloud.google.com/auth/clients and download its JSON"
    ),
    manage="https://myaccount.google.com/connections",
)
_OPENROUTER = LoginService(
    name="openrouter",
    title="OpenRouter",
    flow="redirect",
    answer="key",
    authorize_url="https://openrouter.ai/auth",
    token_url="https://openrouter.ai/api/v1/auth/keys",
    manage="https://openrouter.ai/settings/keys",
)
LOGINS = ("github-copilot", "google", "openrouter")


def login_service(name: str, host: str = "") -> LoginService:
    """The service `name`; `host` is GitHub's where it is not github.com.

    Raises `ConfigError` for a name that is not in `LOGINS`, or a host that cannot be.
    """
    if name == "github-copilot":
        return _github(host or GITHUB_HOST)
    if host:
        raise ConfigError(f"{name} has one host only; leave the host out")
    for service in (_GOOGLE, _OPENROUTER):
        if service.name == name:
            return service
    raise ConfigError(f"there is no login {name!r}; there are {', '.join(LOGINS)}")


def github_api(host: str) -> str:
    """The base URL of GitHub's API on `host`, which may be a loopback URL."""
    if "://" in host:
        return host
    return f"https://api.{host}"


def _github(host: str) -> LoginService:
    base = _base_of(host)
    return LoginService(
        name="github-copilot",
        title="GitHub Copilot",
        flow="device",
        device_url=f"{base}/login/device/code",
        token_url=f"{base}/login/oauth/access_token",
        account_url=f"{github_api(host)}/user",
        scopes=("read:user",),
        client_env="FAIRLEAD_GITHUB_CLIENT_ID",
        client_help=(
            f"make an OAuth app at {base}/settings/developers, tick "
            '"Enable Device Flow", and take its client id'
        ),
        manage=f"{base}/settings/applications",
        host=host,
    )


def _base_of(host: str) -> str:
    """The URL of a host. Raises `ConfigError` for plain http to another machine, or for a path."""
    url = host if "://" in host else f"https://{host}"
    origin = origin_of(url)
    if origin.insecure:
        raise ConfigError(f"{origin} is plain http, which shows tokens to the network; use https")
    if str(origin) != url:
        raise ConfigError(f"the host must be a name such as {GITHUB_HOST}, without a path")
    return url
