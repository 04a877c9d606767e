"""AWS roles: STS gives a key pair for a time, against another pair or a service's own token."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

from msgspec import Struct

from fairlead.auth.aws_places import Keys, lease_of
from fairlead.auth.flow import blocking, send
from fairlead.auth.metadata import secure_url
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys, Scope, Signer
from fairlead.auth.sources import Environment, FileSource
from fairlead.errors import (
    ConfigError,
    DecodeError,
    MissingCredentials,
    RateLimitError,
    ServerError,
)
from fairlead.policies.instants import rfc3339
from fairlead.ports import Flow, FlowResponse
from fairlead.types.http import HttpRequest

SESSION = "fairlead"
_VERSION = "2011-06-15"
_FIELD = re.compile(
    rb"<(AccessKeyId|SecretAccessKey|SessionToken|Expiration)>\s*([^<\s]+)\s*</\1>", re.ASCII
)
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_CODE = re.compile(rb"<Code>\s*(\w{1,60})\s*</Code>", re.ASCII)
_CLOCK = frozenset({"SignatureDoesNotMatch", "RequestExpired"})


class Role(Struct, frozen=True):
    """Which role, and how the session is called. `seconds` is its life, STS's own choice if 0."""

    arn: str
    session: str = SESSION
    external_id: str = ""
    seconds: int = 0

    def fields(self, action: str) -> dict[str, str]:
        """The request's form. STS gives an hour unless told."""
        found = {
            "Action": action,
            "Version": _VERSION,
            "RoleArn": self.arn,
            "RoleSessionName": self.session or SESSION,
        }
        if self.seconds:
            found["DurationSeconds"] = str(self.seconds)
        if self.external_id:
            found["ExternalId"] = self.external_id
        return found


class Sts:
    """The Security Token Service of one region; `AWS_ENDPOINT_URL_STS` moves it."""

    def __init__(self, environment: Environment, region: str) -> None:
        self._environment = environment
        self._region = region or "us-east-1"

    def assume(self, role: Role, keys: AwsKeys, wall: float) -> Flow[Keys]:
        """A session of `role` for the holder of `keys`."""
        request = self._request(role.fields("AssumeRole"))
        signed = Signer(Scope(self._region, "sts")).sign(request, keys, wall)
        response = yield from send(signed)
        return _session(response, role)

    def exchange(self, role: Role, token_file: str, wall: float) -> Flow[Keys]:
        """A session of `role` for the bearer of the token in `token_file`, read anew each time."""
        token = yield from blocking(lambda: _token(token_file))
        fields = role.fields("AssumeRoleWithWebIdentity")
        response = yield from send(self._request(fields, token))
        return _session(response, role)

    def _request(self, fields: dict[str, str], token: Secret | None = None) -> HttpRequest:
        headers = (("content-type", "application/x-www-form-urlencoded; charset=utf-8"),)
        pairs = list(fields.items())
        if token is not None:
            pairs.append(("WebIdentityToken", token.reveal()))
        return HttpRequest("POST", self._url(), headers, urlencode(pairs).encode(), whole=True)

    def _url(self) -> str:
        variable = "AWS_ENDPOINT_URL_STS"
        moved = self._environment.get(variable)
        if moved is not None:
            return secure_url(moved, what=variable).rstrip("/") + "/"
        if not _REGION.fullmatch(self._region):
            raise ConfigError("that is no AWS region; set AWS_REGION, such as us-east-1")
        ending = "amazonaws.com.cn" if self._region.startswith("cn-") else "amazonaws.com"
        return f"https://sts.{self._region}.{ending}/"


class WebIdentity:
    """A role for a service's own token, as EKS and CI systems hand out."""

    name = "AWS_WEB_IDENTITY_TOKEN_FILE"

    def __init__(self, environment: Environment, sts: Sts) -> None:
        self._environment = environment
        self._sts = sts

    def named(self) -> bool:
        return self._environment.get(self.name) is not None

    def grant(self, wall: float) -> Flow[Keys | None]:
        get = self._environment.get
        arn, session = get("AWS_ROLE_ARN"), get("AWS_ROLE_SESSION_NAME") or SESSION
        if arn is None:
            raise ConfigError("AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN; set both")
        lease = yield from self._sts.exchange(Role(arn, session), get(self.name) or "", wall)
        return lease


def _token(path: str) -> Secret:
    found = FileSource(Path(path), path).read()
    if found is None:
        raise ConfigError(f"the web identity token file {path} is missing or empty")
    return found


def _session(response: FlowResponse, role: Role) -> Keys:
    """The keys in STS's XML, of which four plain fields matter."""
    if response.status != 200:
        _refuse(response, role)
    found = {
        name.decode(): value.decode("ascii", "replace")
        for name, value in _FIELD.findall(response.body)
    }
    expires = rfc3339(found.get("Expiration", ""))
    if len(found) < 4 or expires is None:
        del found
        raise DecodeError("AWS STS answered with something else than credentials; try again")
    return lease_of(
        found["AccessKeyId"],
        found["SecretAccessKey"],
        found["SessionToken"],
        expires,
        what=f"the role {role.arn}",
    )


def _refuse(response: FlowResponse, role: Role) -> None:
    """Raises what the refusal means. STS's own sentence is not shown: it may quote a token."""
    code = _CODE.search(response.body)
    word = code[1].decode() if code else f"HTTP {response.status}"
    if word in _CLOCK or b"ignature expired" in response.body:
        raise MissingCredentials(
            f"AWS STS does not accept the signature ({word}): the secret key is wrong, or this "
            "computer's clock is off; check both"
        )
    if response.status == 429 or word == "Throttling":
        raise RateLimitError("too many requests for a role", status=429, target="AWS STS")
    if response.status >= 500 or 300 <= response.status < 400:
        raise ServerError("it gave no credentials", status=response.status, target="AWS STS")
    if word in ("ExpiredTokenException", "ExpiredToken"):
        raise MissingCredentials("AWS STS: the token has expired; log in again, or renew its file")
    raise MissingCredentials(
        f"AWS STS does not give the role {role.arn} ({word}); check its ARN and whom it trusts"
    )
