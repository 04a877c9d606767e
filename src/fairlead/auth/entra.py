"""Microsoft Entra credentials for Azure: an application's secret, a workload's token, a machine's
own identity."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Struct

from fairlead.auth.flow import blocking, send
from fairlead.auth.leased import Lease
from fairlead.auth.metadata import near_url, secure_url
from fairlead.auth.oauth2 import Grantor, redeem
from fairlead.auth.secret import Secret
from fairlead.auth.sources import Environment, FileSource
from fairlead.errors import (
    ConfigError,
    DecodeError,
    MissingCredentials,
    ServerError,
    TransportError,
)
from fairlead.ports import Flow, FlowResponse
from fairlead.types.http import HttpRequest

SCOPE = "https://cognitiveservices.azure.com/.default"
_AUTHORITY = "https://login.microsoftonline.com"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_TENANT = re.compile(r"[A-Za-z0-9.-]{1,255}")
_IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"
_IMDS_VERSION = "2018-02-01"
_SERVICE_VERSION = "2019-08-01"

Tokens = Lease[Secret]


class _ManagedToken(Struct, frozen=True):
    """A machine's answer; `expires_on` is in seconds since 1970, as text or number."""

    access_token: str
    expires_on: str | int = 0

    def __repr__(self) -> str:
        return "_ManagedToken(***)"


class Application:
    """What an application and a workload share: the tenant's token endpoint."""

    remedy = ""
    """What to do about a refusal."""

    def __init__(self, environment: Environment, scope: str) -> None:
        self._environment = environment
        self._scope = scope

    def _has(self, *names: str) -> bool:
        return all(self._environment.get(name) is not None for name in names)

    def _redeem(self, proof: tuple[tuple[str, str], ...], wall: float) -> Flow[Tokens]:
        get = self._environment.get
        tenant = get("AZURE_TENANT_ID") or ""
        if not _TENANT.fullmatch(tenant):
            raise ConfigError("AZURE_TENANT_ID is not a tenant's id or domain; set it again")
        authority = get("AZURE_AUTHORITY_HOST") or _AUTHORITY
        if "://" not in authority:
            authority = f"https://{authority}"
        authority = secure_url(authority, what="AZURE_AUTHORITY_HOST").rstrip("/")
        fields = (
            ("grant_type", "client_credentials"),
            ("client_id", get("AZURE_CLIENT_ID") or ""),
            ("scope", self._scope),
            *proof,
        )
        grantor = Grantor(f"{authority}/{tenant}/oauth2/v2.0/token", "Microsoft Entra", self.remedy)
        lease = yield from redeem(grantor, fields, wall)
        return lease


class ClientSecret(Application):
    """An application with a secret."""

    name = "AZURE_CLIENT_SECRET"
    remedy = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"

    def named(self) -> bool:
        return self._has("AZURE_TENANT_ID", "AZURE_CLIENT_ID", self.name)

    def grant(self, wall: float) -> Flow[Tokens | None]:
        proof = (("client_secret", self._environment.get(self.name) or ""),)
        lease = yield from self._redeem(proof, wall)
        return lease


class Workload(Application):
    """A workload whose platform vouches for it with a token in a file, read anew each time."""

    name = "AZURE_FEDERATED_TOKEN_FILE"
    remedy = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and whom the identity trusts"

    def named(self) -> bool:
        return self._has("AZURE_TENANT_ID", "AZURE_CLIENT_ID", self.name)

    def grant(self, wall: float) -> Flow[Tokens | None]:
        path = self._environment.get(self.name) or ""
        found = yield from blocking(lambda: FileSource(Path(path), path).read())
        if found is None:
            raise ConfigError(f"{self.name}: {path} holds no token")
        proof = (("client_assertion_type", _ASSERTION), ("client_assertion", found.reveal()))
        lease = yield from self._redeem(proof, wall)
        return lease


class ManagedIdentity:
    """The identity of a machine (asked at its metadata server) or of an App Service."""

    name = "the managed identity"

    def __init__(self, environment: Environment, scope: str) -> None:
        self._environment = environment
        self._resource = scope.removesuffix("/.default")

    def named(self) -> bool | None:
        return True if self._environment.get("IDENTITY_ENDPOINT") else None

    def grant(self, wall: float) -> Flow[Tokens | None]:
        query = {"resource": self._resource}
        if client := self._environment.get("AZURE_CLIENT_ID"):
            query["client_id"] = client
        if self._environment.get("IDENTITY_ENDPOINT") is not None:
            response = yield from send(self._service_request(query))
            return _managed(response)
        url = f"{_IMDS}?{_query({'api-version': _IMDS_VERSION, **query})}"
        try:
            response = yield from send(_get(url, ("metadata", "true")))
        except TransportError:
            return None  # this is no machine of Azure's
        if response.status in (400, 404):
            return None  # it has no identity
        return _managed(response)

    def _service_request(self, query: dict[str, str]) -> HttpRequest:
        get = self._environment.get
        endpoint = near_url(get("IDENTITY_ENDPOINT") or "", what="IDENTITY_ENDPOINT")
        if get("IDENTITY_HEADER") is None:
            raise ConfigError("IDENTITY_ENDPOINT is set without IDENTITY_HEADER; set both")
        secret = Secret(get("IDENTITY_HEADER") or "", what="IDENTITY_HEADER")
        url = f"{endpoint}?{_query({'api-version': _SERVICE_VERSION, **query})}"
        return _get(url, ("x-identity-header", secret.reveal()))


class Library:
    """Whatever else azure-identity finds, such as a login of `az`. `fetch` blocks."""

    name = "azure-identity"

    def __init__(self, fetch: Callable[[], Tokens | None]) -> None:
        self._fetch = fetch

    def named(self) -> None:
        return None

    def grant(self, wall: float) -> Flow[Tokens | None]:
        lease = yield from blocking(self._fetch)
        return lease


def _get(url: str, header: tuple[str, str]) -> HttpRequest:
    return HttpRequest("GET", url, (header,), whole=True)


def _query(fields: dict[str, str]) -> str:
    return urlencode(fields, quote_via=quote)


def _managed(response: FlowResponse) -> Tokens:
    if response.status in (400, 401, 403, 404):
        raise MissingCredentials(
            f"the managed identity gave no token (HTTP {response.status}); give this machine an "
            "identity, or set AZURE_CLIENT_ID to the one that it has"
        )
    if response.status != 200:
        raise ServerError("it gave no token", status=response.status, target="the managed identity")
    try:
        found = msgspec.json.decode(response.body, type=_ManagedToken)
        return Lease(Secret(found.access_token), float(found.expires_on))
    except (msgspec.DecodeError, RecursionError, ValueError, OverflowError, ConfigError):
        pass
    raise DecodeError("the managed identity answered with something else than a token")
