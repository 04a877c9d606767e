"""API keys: a `Credential` puts a key into a header, for one origin and no other."""

from __future__ import annotations

from msgspec import Struct

from fairlead.auth.origin import Origin, origin_of
from fairlead.auth.secret import Secret
from fairlead.auth.sources import KeySource
from fairlead.errors import ApiError, ConfigError, InvalidRequest, MissingCredentials
from fairlead.ports import Renewal
from fairlead.types.http import REDACTED, HttpRequest

ROTATED = "rotated key"
Pairs = tuple[tuple[str, str], ...]

_REMEMBERED = 3
_SHORTEST = 4
"""Characters of a key that is hidden in bodies; a shorter one would hide half of any text."""


class HeaderForm(Struct, frozen=True):
    """How a key is written: header name, and what stands before the key."""

    name: str
    prefix: str = ""


BEARER = HeaderForm("authorization", "Bearer ")


class Credential:
    """The key of one provider. Its sources are tried in order, anew for every request.

    `form` is how a rotated key is written. `missing` is the sentence of `MissingCredentials`; a
    credential without it is optional, and its requests go out without a key where there is none.
    `further` are other origins of the same provider, which the key may go to as well.
    """

    __slots__ = (
        "_form",
        "_further",
        "_last",
        "_missing",
        "_pinned",
        "_prefix",
        "_rotated",
        "_sent",
        "_sources",
        "origin",
    )

    def __init__(
        self,
        origin: Origin,
        sources: tuple[tuple[KeySource, HeaderForm], ...],
        *,
        form: HeaderForm = BEARER,
        missing: str = "",
        further: frozenset[Origin] = frozenset(),
    ) -> None:
        self.origin = origin
        self._further = further
        self._sources = sources
        self._form = form
        self._missing = missing
        self._rotated: Secret | None = None
        self._last: tuple[Pairs, Secret, Pairs] | None = None
        self._pinned = ""
        self._sent: tuple[Secret, ...] = ()
        self._prefix = f"{origin}/"

    @property
    def key_name(self) -> str | None:
        """The name of the source that holds the key now, such as `OPENAI_API_KEY`; never raises."""
        try:
            found = self._current()
        except ConfigError:
            return None
        return None if found is None else found[0]

    @property
    def held(self) -> Secret | None:
        """The key as it would be sent now; None where there is none; never raises."""
        try:
            found = self._current()
        except ConfigError:
            return None
        return None if found is None else found[1]

    def in_use(self, wall: float) -> tuple[Secret, ...] | None:
        """What a request at `wall` would go out with; None where it must be fetched first."""
        renewal = self.renewal(wall)
        if renewal is not None and renewal.required:
            return None
        try:
            found = self._current()
        except ConfigError:
            return None
        return () if found is None else (found[1],)

    @property
    def source_names(self) -> tuple[str, ...]:
        """The names of all places where the key is looked for, in order."""
        return tuple(source.name for source, _ in self._sources)

    @property
    def broken_source(self) -> str | None:
        """The name of the first source whose key cannot be used, where one stands before any."""
        for source, _ in self._sources if self._rotated is None else ():
            try:
                if source.read() is not None:
                    return None
            except ConfigError:
                return source.name
        return None

    @property
    def required(self) -> bool:
        """Whether requests without a key are refused."""
        return bool(self._missing)

    def pin(self, reason: str) -> None:
        """Take no other key from now on: a stranger chose the address. `reason` is the error."""
        self._pinned = reason

    def rotate(self, new: str | Secret) -> None:
        """Use `new` from the next request on.

        Raises `ConfigError` for a key that no header can hold, or when the credential is pinned.
        """
        rotated = new if isinstance(new, Secret) else Secret(new, what="the new key")
        del new  # a traceback that shows local variables must show no key
        if self._pinned:
            raise ConfigError(self._pinned)
        self._rotated = rotated

    def renewal(self, wall: float) -> Renewal | None:
        """A key is read, never renewed."""
        return None

    def rejected(self, error: ApiError, wall: float) -> bool:
        """The same key would be refused again."""
        return False

    def authorize(self, request: HttpRequest, wall: float = 0.0) -> HttpRequest:
        """`request` with the key in its header.

        Raises `ConfigError` when the request goes to another origin, `MissingCredentials` when no
        source holds a key, `InvalidRequest` when the header is there already.
        """
        if not request.url.startswith(self._prefix):
            self._check_origin(request.url)
        found = self._current()
        if found is None:
            if self._missing:
                raise MissingCredentials(self._missing)
            return request
        _, secret, form = found
        last = self._last
        if last is None or last[0] != request.headers or not _same(last[1], secret):
            del last  # a traceback that shows local variables must show no key
            last = self._last = (request.headers, secret, self._signed(request, secret, form))
        return HttpRequest(
            request.method, request.url, last[2], request.body, request.whole, request.replayable
        )

    def _signed(self, request: HttpRequest, secret: Secret, form: HeaderForm) -> Pairs:
        """The request's headers with the key's behind them."""
        for given, _ in request.headers:
            if given.lower() == form.name:
                raise InvalidRequest(f"the header {form.name} is the credential's; leave it out")
        if not self._sent or not _same(self._sent[0], secret):
            self._sent = (secret, *self._sent[:_REMEMBERED])
        return (*request.headers, (form.name, form.prefix + secret.reveal()))

    def redact(self, data: bytes) -> bytes:
        """`data` with every key hidden that was sent lately, where a server has sent it back."""
        for secret in self._sent:
            value = secret.reveal()
            if len(value) < _SHORTEST:
                continue
            for spelling in (value, value.replace("/", "\\/")):
                data = data.replace(spelling.encode(), REDACTED.encode())
        return data

    def _current(self) -> tuple[str, Secret, HeaderForm] | None:
        if self._rotated is not None:
            return ROTATED, self._rotated, self._form
        for source, form in self._sources:
            secret = source.read()
            if secret is not None:
                return source.name, secret, form
        return None

    def _check_origin(self, url: str) -> None:
        origin = origin_of(url)
        if origin != self.origin and origin not in self._further:
            raise ConfigError(
                f"the key for {self.origin} is not sent to {origin}; "
                "give that address its own key in [providers.<name>]"
            )

    def __repr__(self) -> str:
        names = ", ".join(self.source_names)
        return f"Credential({names or 'no key'} for {self.origin})"


def _same(one: Secret, other: Secret) -> bool:
    return one is other or one.reveal() == other.reveal()
