"""Google credentials: the file that names an account, and the machine's own server.

The order is that of Application Default Credentials. What needs RSA or federation is done by
Google's library, which `keys/google_library.py` asks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from fairlead.auth.flow import blocking, send
from fairlead.auth.leased import Lease
from fairlead.auth.metadata import near_url, secure_url
from fairlead.auth.oauth2 import Grantor, lease_in, redeem
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError, TransportError
from fairlead.ports import Flow
from fairlead.types.http import HttpRequest

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URL = "https://oauth2.googleapis.com/token"
FILE_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
_LOGIN = "gcloud auth application-default login"
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_METADATA = "http://169.254.169.254"
_METADATA_NAMES = ("metadata.google.internal", "metadata")
_TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
_LARGEST = 64 << 10


class AccountFile(Struct, frozen=True):
    """The fields of interest of a credentials file; `raw` is all of it, for the library."""

    type: str
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    token_uri: str = TOKEN_URL
    quota_project_id: str = ""

    def __repr__(self) -> str:
        return f"AccountFile({self.type})"


class GoogleLibrary(Struct, frozen=True):
    """What Google's library does. All of it blocks.

    `assertion` signs a claim of the service account in a file's bytes; `token` gets a token for a
    file of any other kind.
    """

    assertion: Callable[[bytes, str, float], Secret]
    token: Callable[[bytes, str], Lease[Secret]]


class CredentialsFile:
    """One file of credentials; `name` is what it is called in receipts and errors."""

    def __init__(
        self,
        name: str,
        path: Callable[[], Path | None],
        library: GoogleLibrary,
        *,
        certain: bool,
        token_url: str = TOKEN_URL,
    ) -> None:
        self.name = name
        self._path = path
        self._library = library
        self._certain = certain
        self._token_url = token_url
        self.quota_project = ""
        """The project that the file says is charged; known after the first grant."""

    def named(self) -> bool:
        path = self._path()
        return path is not None and (self._certain or path.is_file())

    def grant(self, wall: float) -> Flow[Lease[Secret] | None]:
        path = self._path()
        if path is None:
            return None
        data = yield from blocking(lambda: _read(path))
        account = _parsed(data, path)
        self.quota_project = account.quota_project_id
        if account.type == "authorized_user":
            lease = yield from self._refresh(account, path, wall)
        elif account.type == "service_account":
            lease = yield from self._assert(data, account, path, wall)
        else:
            lease = yield from blocking(lambda: self._library.token(data, str(path)))
        return lease

    def _refresh(self, account: AccountFile, path: Path, wall: float) -> Flow[Lease[Secret]]:
        if not (account.client_id and account.client_secret and account.refresh_token):
            raise ConfigError(f"{path} is not complete; run {_LOGIN}")
        fields = (
            ("grant_type", "refresh_token"),
            ("client_id", account.client_id),
            ("client_secret", account.client_secret),
            ("refresh_token", account.refresh_token),
        )
        grantor = Grantor(self._token_url, "Google's sign-in", f"log in again: {_LOGIN}")
        lease = yield from redeem(grantor, fields, wall)
        return lease

    def _assert(
        self, data: bytes, account: AccountFile, path: Path, wall: float
    ) -> Flow[Lease[Secret]]:
        url = secure_url(account.token_uri, what=f"token_uri in {path}")
        assertion = yield from blocking(lambda: self._library.assertion(data, str(path), wall))
        grantor = Grantor(
            url, "Google's sign-in", f"check that the key in {path} is not deleted or expired"
        )
        fields = (("grant_type", _JWT), ("assertion", assertion.reveal()))
        lease = yield from redeem(grantor, fields, wall)
        return lease


class GoogleMetadata:
    """The metadata server of a machine or container at Google."""

    name = "the metadata server"

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def named(self) -> bool | None:
        if (self._environment.get("NO_GCE_CHECK") or "").lower() == "true":
            return False
        return True if self._environment.get("GCE_METADATA_HOST") else None

    def grant(self, wall: float) -> Flow[Lease[Secret] | None]:
        host = self._environment.get("GCE_METADATA_HOST")
        base = _METADATA
        # The name is not looked up: a name server could send the request anywhere.
        if host is not None and host not in _METADATA_NAMES:
            base = near_url(f"http://{host}", what="GCE_METADATA_HOST")
        request = HttpRequest(
            "GET", base + _TOKEN_PATH, (("metadata-flavor", "Google"),), whole=True
        )
        try:
            response = yield from send(request)
        except TransportError:
            if host is not None:
                raise
            return None  # this is no machine of Google's
        if (response.headers.get("metadata-flavor") or "").lower() != "google":
            return None
        grantor = Grantor("", "Google's metadata server", "give the machine a service account")
        return lease_in(response, grantor, wall)


def file_of_environment(environment: Environment) -> Path | None:
    """The file that `GOOGLE_APPLICATION_CREDENTIALS` names."""
    given = environment.get(FILE_VARIABLE)
    return None if given is None else Path(given)


def file_of_gcloud(environment: Environment) -> Path:
    """Where gcloud keeps the login of `gcloud auth application-default login`."""
    folder = environment.get("CLOUDSDK_CONFIG")
    if folder is None and environment.get("APPDATA"):
        folder = str(Path(environment.get("APPDATA") or "") / "gcloud")
    base = environment.home() / ".config" / "gcloud" if folder is None else Path(folder)
    return base / "application_default_credentials.json"


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        reason = error.strerror or "unreadable"
    raise ConfigError(f"the Google credentials file {path} cannot be read: {reason}")


def _parsed(data: bytes, path: Path) -> AccountFile:
    try:
        return msgspec.json.decode(data, type=AccountFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    raise ConfigError(
        f"{path} is not a Google credentials file; it is JSON with a type, such as service_account"
    )
