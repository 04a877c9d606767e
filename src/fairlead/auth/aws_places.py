"""Places that grant AWS key pairs without a library: variables, STS, containers, EC2 itself."""

from __future__ import annotations

import re
from math import inf
from pathlib import Path

import msgspec
from msgspec import Struct

from fairlead.auth.flow import blocking, send
from fairlead.auth.leased import Lease
from fairlead.auth.metadata import near_url
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys
from fairlead.auth.sources import Environment, FileSource
from fairlead.errors import ConfigError, DecodeError, ServerError, TransportError
from fairlead.policies.instants import rfc3339
from fairlead.ports import Flow, FlowResponse
from fairlead.types.http import HttpRequest

Keys = Lease[AwsKeys]

_REREAD = 60.0
"""Seconds after which variables and files are read again."""
_CONTAINER = "http://169.254.170.2"
_EC2 = "http://169.254.169.254"
_EC2_TOKEN_SECONDS = "21600"
_ROLE = re.compile(r"[\w+=,.@/-]{1,128}", re.ASCII)


class _Document(Struct, frozen=True, rename="pascal"):
    """What container and EC2 servers answer."""

    access_key_id: str
    secret_access_key: str
    token: str = ""
    expiration: str = ""

    def __repr__(self) -> str:
        return "_Document(***)"


def lease_of(access: str, secret: str, session: str, expires: float, *, what: str) -> Keys:
    """A lease of these keys. Raises `ConfigError` for one that cannot be a key."""
    named = Secret(access, what=f"the access key of {what}").reveal()
    return Lease(
        AwsKeys(
            named,
            Secret(secret, what=f"the secret key of {what}"),
            Secret(session, what=f"the session token of {what}") if session else None,
        ),
        expires,
        _REREAD if expires == inf else inf,
    )


class Given:
    """A pair that the caller or the settings gave."""

    def __init__(self, name: str, keys: AwsKeys) -> None:
        self.name = name
        self._keys = keys

    def named(self) -> bool:
        return True

    def grant(self, wall: float) -> Flow[Keys | None]:
        yield from ()
        return Lease(self._keys)


class Variables:
    """`AWS_ACCESS_KEY_ID` and its companions."""

    name = "AWS_ACCESS_KEY_ID"

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def named(self) -> bool:
        return self._environment.get(self.name) is not None

    def grant(self, wall: float) -> Flow[Keys | None]:
        yield from ()
        get = self._environment.get
        if get("AWS_SECRET_ACCESS_KEY") is None:
            raise ConfigError("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY; set both")
        return lease_of(
            get(self.name) or "",
            get("AWS_SECRET_ACCESS_KEY") or "",
            get("AWS_SESSION_TOKEN") or "",
            inf,
            what="the environment",
        )


class Container:
    """The server that ECS, EKS and others give a container."""

    name = "the container's AWS role"

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def named(self) -> bool:
        return self._url() is not None

    def grant(self, wall: float) -> Flow[Keys | None]:
        headers: tuple[tuple[str, str], ...] = (("accept", "application/json"),)
        token = yield from blocking(self._token)
        if token is not None:
            headers += (("authorization", token.reveal()),)
        url = near_url(self._url() or "", what="AWS_CONTAINER_CREDENTIALS_FULL_URI")
        response = yield from send(HttpRequest("GET", url, headers, whole=True))
        del headers
        return document_lease(response, "the container's credentials")

    def _url(self) -> str | None:
        if path := self._environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
            return _CONTAINER + "/" + path.lstrip("/")
        return self._environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")

    def _token(self) -> Secret | None:
        if path := self._environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
            found = FileSource(Path(path), path).read()
            if found is None:
                raise ConfigError(f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {path} holds no token")
            return found
        variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
        if self._environment.get(variable) is None:
            return None
        return Secret(self._environment.get(variable) or "", what=variable)


class Ec2:
    """The metadata server of an EC2 machine, in its second version."""

    name = "the EC2 machine's role"

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def named(self) -> bool | None:
        disabled = self._environment.get("AWS_EC2_METADATA_DISABLED") or ""
        return False if disabled.lower() == "true" else None

    def grant(self, wall: float) -> Flow[Keys | None]:
        variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
        base = near_url(self._environment.get(variable) or _EC2, what=variable).rstrip("/")
        try:
            token = yield from self._session(base)
            if token is None:
                return None
            role = yield from send(_asking(base, "", token))
            name = role.body.decode("utf-8", "replace").partition("\n")[0].strip()
            if role.status == 404 or not _ROLE.fullmatch(name):
                return None
            answer = yield from send(_asking(base, name, token))
        except TransportError:
            return None  # it is no EC2 machine
        return document_lease(answer, "the EC2 machine's role")

    def _session(self, base: str) -> Flow[Secret | None]:
        header = ("x-aws-ec2-metadata-token-ttl-seconds", _EC2_TOKEN_SECONDS)
        answer = yield from send(
            HttpRequest("PUT", f"{base}/latest/api/token", (header,), whole=True)
        )
        if answer.status != 200:
            return None
        return Secret(answer.body.decode("ascii", "replace").strip(), what="the EC2 session")


def _asking(base: str, role: str, token: Secret) -> HttpRequest:
    url = f"{base}/latest/meta-data/iam/security-credentials/{role}"
    return HttpRequest("GET", url, (("x-aws-ec2-metadata-token", token.reveal()),), whole=True)


def document_lease(response: FlowResponse, what: str) -> Keys:
    """The lease in a JSON answer. Raises `ServerError` or `DecodeError`, showing nothing of it."""
    if response.status != 200:
        raise ServerError(
            "the server of the credentials refused", status=response.status, target=what
        )
    try:
        found = msgspec.json.decode(response.body, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        found = None
    expires = rfc3339(found.expiration) if found is not None and found.expiration else inf
    if found is None or expires is None:
        raise DecodeError(f"{what} cannot be read: the answer is not what AWS documents")
    return lease_of(found.access_key_id, found.secret_access_key, found.token, expires, what=what)
