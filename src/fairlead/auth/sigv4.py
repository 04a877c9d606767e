"""AWS Signature Version 4, in the form of a header. Reads no clock: the time is given.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from hmac import digest
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from fairlead.auth.secret import Secret
from fairlead.errors import InvalidRequest
from fairlead.types.http import Body, HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
_CHANGEABLE = frozenset(
    {
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    }
)
"""Headers that are not signed: the transport, a proxy or a tracer may set them anew."""
_OURS = frozenset({"authorization", "host", "x-amz-date", "x-amz-security-token"})
_PORTS = {"http": 80, "https": 443}
_PIECE = 256 << 10


class AwsKeys(Struct, frozen=True):
    """A key pair, with the session token of a temporary one."""

    access: str
    secret: Secret
    session: Secret | None = None


class Scope(Struct, frozen=True):
    """Where a signature counts. `plain_paths` is for a service that takes paths as they are."""

    region: str
    service: str
    plain_paths: bool = False


class Signer:
    """Signs for one region and service. The key derived for the day is kept."""

    __slots__ = ("_derived", "_scope")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._derived: tuple[str, Secret, Secret] | None = None

    def sign(self, request: HttpRequest, keys: AwsKeys, wall: float) -> HttpRequest:
        """`request` with its date, session token and signature; `wall` is in seconds since 1970.

        Every header in it is signed as it stands. Raises `InvalidRequest` where one that belongs to
        the signature is there already, or for a body that cannot be read.
        """
        payload = payload_hash(request.body)  # first: what it raises finds no secret in this frame
        stamp = f"{datetime.fromtimestamp(int(wall), UTC):%Y%m%dT%H%M%SZ}"
        headers = [*_free_of_ours(request.headers), ("x-amz-date", stamp)]
        if keys.session is not None:
            headers.append(("x-amz-security-token", keys.session.reveal()))
        plain = self._scope.plain_paths
        canonical, names = canonical_request(request, headers, payload, plain_paths=plain)
        region, service = self._scope.region, self._scope.service
        scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
        text = string_to_sign(stamp, scope, canonical)
        key = bytes.fromhex(self._day_key(stamp[:8], keys.secret).reveal())
        value = (
            f"{ALGORITHM} Credential={keys.access}/{scope}, SignedHeaders={names}, "
            f"Signature={digest(key, text.encode(), 'sha256').hex()}"
        )
        del key
        headers.append(("authorization", value))
        return HttpRequest(
            request.method,
            request.url,
            tuple(headers),
            request.body,
            request.whole,
            request.replayable,
        )

    def _day_key(self, day: str, secret: Secret) -> Secret:
        known = self._derived
        if known is None or known[0] != day or known[1] is not secret:
            known = day, secret, Secret(signing_key(secret, day, self._scope).hex())
            self._derived = known
        return known[2]

    def __repr__(self) -> str:
        return f"Signer({self._scope.service} in {self._scope.region})"


def signing_key(secret: Secret, day: str, scope: Scope) -> bytes:
    """The key that signs on `day`, written as 20260901."""
    key = f"AWS4{secret.reveal()}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = digest(key, part.encode(), "sha256")
    return key


def string_to_sign(stamp: str, scope: str, canonical: str) -> str:
    """What the signature is made of."""
    return f"{ALGORITHM}\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"


def canonical_request(
    request: HttpRequest,
    headers: Iterable[tuple[str, str]],
    payload: str,
    *,
    plain_paths: bool = False,
) -> tuple[str, str]:
    """The request in the one spelling that both sides agree on, and the names of its headers.

    `payload` is the hash of the body. The path's percent-encoding is encoded once more, as every
    service but S3 does it. Dots in it are resolved unless `plain_paths`.
    """
    parts = urlsplit(request.url)
    path = parts.path if plain_paths else _resolved(parts.path)
    lines, names = _canonical_headers(_host(request.url), headers)
    canonical = (
        f"{request.method}\n{_quoted(path or '/')}\n{_canonical_query(parts.query)}\n"
        f"{lines}\n{names}\n{payload}"
    )
    return canonical, names


def _free_of_ours(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for name, _ in headers:
        if name.lower() in _OURS:
            raise InvalidRequest(f"the header {name.lower()} is the credential's; leave it out")
    return headers


@lru_cache(64)
def _host(url: str) -> str:
    """The value of the Host header that goes out with `url`: without the scheme's own port."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    return host if port in (None, _PORTS.get(parts.scheme)) else f"{host}:{port}"


def _canonical_headers(host: str, headers: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Lines sorted by name, with spaces folded and repeats joined; then the names."""
    found: dict[str, str] = {"host": host}
    for name, value in headers:
        name = name.lower()
        if name in _CHANGEABLE:
            continue
        folded = " ".join(value.split())
        found[name] = f"{found[name]},{folded}" if name in found else folded
    names = sorted(found)
    return "".join([f"{name}:{found[name]}\n" for name in names]), ";".join(names)


def _quoted(path: str) -> str:
    return quote(path, safe="/-_.~")


def _resolved(path: str) -> str:
    """Without dots and empty segments."""
    if "//" not in path and "/." not in path:
        return path
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    ending = "/" if segments and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(segments) + ending


def _canonical_query(query: str) -> str:
    """Names and values percent-encoded in one way, sorted."""
    if not query:
        return ""
    pairs = []
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        pairs.append((_encoded(name), _encoded(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    return quote(unquote(text, errors="surrogateescape"), safe="-_.~", errors="surrogateescape")


def payload_hash(body: bytes | Body | None) -> str:
    """The hash of a body. Raises `InvalidRequest` for one that cannot be read."""
    if body is None or isinstance(body, bytes):
        return sha256(body or b"").hexdigest()
    total = sha256()
    try:
        reader = body.open()
        try:
            while piece := reader.read(_PIECE):
                total.update(piece)
        finally:
            reader.close()
    except OSError as error:
        raise InvalidRequest(f"the body cannot be read: {error.strerror or error}") from None
    return total.hexdigest()
