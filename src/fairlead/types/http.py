"""HTTP as data: a request to send, headers that came back, what is known of the connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

REDACTED = "***"
CREDENTIAL_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "cookie",
        "set-cookie",
    }
)
"""Headers that carry nothing else than a credential."""

_SECRET_WORDS = frozenset(
    {"auth", "authorization", "cookie", "credential", "key", "password", "secret", "token"}
)


class Headers:
    """Response headers: names are case-insensitive, order and repeats are kept."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs: tuple[tuple[str, str], ...] | None = tuple(pairs)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names and values as they came."""
        return self._pairs or ()

    def get(self, name: str) -> str | None:
        """The last value of `name`, which is given in lower case, or None."""
        for key, value in reversed(self.pairs):
            if key.lower() == name:
                return value
        return None

    def get_all(self, name: str) -> list[str]:
        """Every value of `name`, which is given in lower case, in order."""
        return [value for key, value in self.pairs if key.lower() == name]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"Headers({list(redact(self.pairs))!r})"


def redact(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The same headers with every value that may be a secret hidden.

    A word of the name decides (`x-api-key`), so that headers which nobody here knows hide theirs.
    """
    return tuple((name, REDACTED if holds_secret(name) else value) for name, value in pairs)


def holds_secret(name: str) -> bool:
    """Whether a header of this name may hold a credential, as one of its words says."""
    return not _SECRET_WORDS.isdisjoint(name.lower().replace("_", "-").split("-"))


class BodyReader(Protocol):
    """A body that is being sent, read piece by piece."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; `b""` at the end. Raises `OSError` where its source fails."""
        ...

    def close(self) -> None: ...


class Body(Protocol):
    """A body that is not held in memory. `size` is its length in bytes, known before it is sent."""

    @property
    def size(self) -> int: ...

    def open(self) -> BodyReader:
        """From the beginning, anew for every attempt. Raises `OSError`."""
        ...


class HttpRequest(Struct, frozen=True):
    """One request, ready to send. `headers` include the credential, so its repr hides them.

    `whole` says that the answer is of use only when all of it has come: then a transport may read
    it to its end before it tells of the headers, which is cheaper. `replayable` says that no harm
    is done where somebody on the line makes the server answer it twice, as 0-RTT allows.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Body | None = None
    whole: bool = False
    replayable: bool = False

    @property
    def size(self) -> int:
        """The length of the body in bytes."""
        body = self.body
        if body is None:
            return 0
        return len(body) if isinstance(body, bytes) else body.size

    def __repr__(self) -> str:
        return (
            f"HttpRequest({self.method} {self.url}, headers={redact(self.headers)!r}, "
            f"{self.size} bytes)"
        )


class ConnectionFacts(Struct):
    """What the transport knows of one exchange; filled in while it runs, times in seconds.

    `early` are bytes of the request that were sent before the handshake was over (0-RTT).
    """

    http_version: str = ""
    reused: bool = False
    remote: str = ""
    queue: float = 0.0
    connect: float | None = None
    first_byte: float | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    early: int = 0


class HttpSettings(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How connections are made; the `[http]` table of the settings. Times in seconds.

    `http_version` is what is asked for first: a server that cannot speak it is spoken to in an
    older one. `auto` is HTTP/2, and with `alt_svc` HTTP/3 where the server has announced it.
    `early_data` sends requests that may be replayed with the first packet of such a connection.

    The environment's proxies are read only with `trust_env`; what runs on this machine is never
    asked for through a proxy. Certificates are always verified, against certifi's list unless
    `ca_file` names another. The limits bound the exchanges under way: on HTTP/1.1 each holds a
    connection, on HTTP/2 and 3 up to `max_streams` of an event loop, or of all threads, share one.
    """

    http_version: Literal["auto", "http1", "http2", "http3"] = "auto"
    max_connections: int = 1000
    max_connections_per_host: int = 1000
    max_idle: float = 50.0
    max_age: float = 600.0
    max_streams: int = 250
    alt_svc: bool = True
    early_data: bool = False
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    min_tls: Literal["1.2", "1.3"] = "1.2"
    proxy: str | None = None
    trust_env: bool = False
    unix_socket: str | None = None
    allow_insecure_http: bool = False
    user_agent: str | None = None

    def __repr__(self) -> str:
        shown = self if self.proxy is None else replace(self, proxy=REDACTED)
        return Struct.__repr__(shown)


HTTP_GROUPS: dict[str, dict[str, str]] = {
    "pool": {
        "max_connections": "max_connections",
        "max_connections_per_host": "max_connections_per_host",
        "max_streams": "max_streams",
        "max_idle": "max_idle",
        "max_age": "max_age",
    },
    "quic": {"alt_svc": "alt_svc", "early_data": "early_data"},
    "tls": {
        "ca_file": "ca_file",
        "client_cert": "client_cert",
        "client_key": "client_key",
        "min_version": "min_tls",
    },
}
"""Tables within `[http]`, and the fields that their keys stand for."""
