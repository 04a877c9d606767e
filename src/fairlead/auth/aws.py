"""AWS credentials: an API key goes into a header, a key pair signs the request."""

from __future__ import annotations

import re
from datetime import datetime

from fairlead.auth.api_key import HeaderForm
from fairlead.auth.leased import Leased
from fairlead.auth.origin import Origin
from fairlead.auth.renewed_key import RenewedCredential
from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys, Scope, Signer
from fairlead.auth.sources import KeySource
from fairlead.errors import ApiError, ConfigError, MissingCredentials
from fairlead.ports import Renewal
from fairlead.types.http import REDACTED, HttpRequest

_EXPIRED = frozenset(
    {
        "expiredtoken",
        "expiredtokenexception",
        "requestexpired",
        "unrecognizedclientexception",
        "invalidclienttokenid",
    }
)
_EXPIRED_WORDS = re.compile(
    r"security token included in the request is (?:expired|invalid)", re.IGNORECASE
)
_STAMP = re.compile(r"\b(\d{8}T\d{6})Z\b", re.ASCII)
_SKEWED = re.compile(
    r"signature expired|signature not yet current|RequestTimeTooSkewed", re.IGNORECASE
)


class AwsCredential(RenewedCredential):
    """An API key where there is one, otherwise the first place that grants a key pair.

    `missing` is the sentence of `MissingCredentials`.
    """

    __slots__ = ("_places", "_scope", "_signer")

    def __init__(
        self,
        origin: Origin,
        api_keys: tuple[tuple[KeySource, HeaderForm], ...],
        places: tuple[Leased[AwsKeys], ...],
        scope: Scope,
        *,
        missing: str,
        further: frozenset[Origin] = frozenset(),
    ) -> None:
        super().__init__(origin, api_keys, missing=missing, further=further)
        self._places = places
        self._scope = scope
        self._signer = Signer(scope)

    @property
    def key_name(self) -> str | None:
        """The place of the key or key pair in use; None where none is named."""
        name = super().key_name
        if name is not None or self.broken_source is not None:
            return name
        return next((place.name for place in self._places if place.present), None)

    @property
    def source_names(self) -> tuple[str, ...]:
        return (*super().source_names, *(place.name for place in self._places))

    def renewal(self, wall: float) -> Renewal | None:
        """The renewal of the first place that holds a key pair or may hold one."""
        renewal = super().renewal(wall)
        if renewal is not None or super().key_name is not None:
            return renewal
        for place in self._places:
            renewal = place.renewal(wall)
            if renewal is not None:
                return renewal
            if place.value is not None:
                break
        return None

    def in_use(self, wall: float) -> tuple[Secret, ...] | None:
        """The API key, or the secret of the key pair."""
        found, place = super().in_use(wall), self._place()
        if found != () or place is None or place.value is None:
            return found
        return (place.value.secret,)

    def authorize(self, request: HttpRequest, wall: float = 0.0) -> HttpRequest:
        """`request` with the API key, or signed.

        Raises `ConfigError` when it goes to another origin or no region is known,
        `MissingCredentials` when there is neither key nor key pair.
        """
        if self._current() is not None:
            return super().authorize(request, wall)
        if not request.url.startswith(self._prefix):
            self._check_origin(request.url)
        place = self._place()
        if place is None or place.value is None:
            raise MissingCredentials(self._missing)
        if not self._scope.region:
            raise ConfigError("there is no AWS region; set AWS_REGION, such as us-east-1")
        return self._signer.sign(request, place.value, wall)

    def rejected(self, error: ApiError, wall: float) -> bool:
        """Whether a new key pair may help; of a clock that is off, the error is made to tell."""
        if self._current() is not None:
            return super().rejected(error, wall)
        if _SKEWED.search(f"{error.code} {error.args[0]}"):
            error.remedy = _remedy(str(error.args[0]))
            return False
        place = self._place()
        return place is not None and _expired(error) and place.rejected(wall)

    def redact(self, data: bytes) -> bytes:
        data = super().redact(data)
        for place in self._places:
            if place.value is not None:
                for secret in (place.value.secret, place.value.session):
                    if secret is not None:
                        data = _without(data, secret.reveal())
        return data

    def _place(self) -> Leased[AwsKeys] | None:
        return next((place for place in self._places if place.value is not None), None)

    def __repr__(self) -> str:
        return f"AwsCredential({', '.join(self.source_names)} for {self.origin})"


def _without(data: bytes, text: str) -> bytes:
    for spelling in (text, text.replace("/", "\\/")):
        data = data.replace(spelling.encode(), REDACTED.encode())
    return data


def _expired(error: ApiError) -> bool:
    words = {(error.code or "").lower(), (error.kind or "").lower()}
    return not _EXPIRED.isdisjoint(words) or (
        error.status in (401, 403) and _EXPIRED_WORDS.search(str(error.args[0])) is not None
    )


def _remedy(said: str) -> str:
    """Of "Signature expired: <ours> is now earlier than <oldest> (<theirs> - 5 min.)"."""
    off = ""
    try:
        ours, _, theirs = map(datetime.fromisoformat, _STAMP.findall(said))
        minutes = (ours - theirs).total_seconds() / 60
        off = f" by {abs(minutes):.0f} minutes ({'slow' if minutes < 0 else 'fast'})"
    except ValueError:
        pass  # it was said in other words
    return f"this computer's clock differs from AWS's{off}; set it right, then try again"
