"""Credentials whose key may have to be fetched first: from a keyring, a command, a login."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from fairlead.auth.api_key import BEARER, ROTATED, Credential, HeaderForm
from fairlead.auth.origin import Origin
from fairlead.auth.sources import KeySource
from fairlead.errors import ApiError, AuthenticationError, ConfigError
from fairlead.ports import Renewal


@runtime_checkable
class RenewedSource(KeySource, Protocol):
    """A source whose key is fetched by a renewal; `read` gives what is held and never blocks."""

    @property
    def present(self) -> bool:
        """Whether there is a key, as far as can be told without fetching it."""
        ...

    def renewal(self, wall: float) -> Renewal | None:
        """What must run before `read` is of use; None where nothing must."""
        ...

    def rejected(self, wall: float) -> bool:
        """A server refused the key: whether another can be had by a renewal."""
        ...


class RenewedCredential(Credential):
    """A `Credential` that asks its sources for a renewal, as far as the first that holds a key."""

    __slots__ = ("_fetched",)

    def __init__(
        self,
        origin: Origin,
        sources: tuple[tuple[KeySource, HeaderForm], ...],
        *,
        form: HeaderForm = BEARER,
        missing: str = "",
        further: frozenset[Origin] = frozenset(),
    ) -> None:
        super().__init__(origin, sources, form=form, missing=missing, further=further)
        # Asked once: asking whether an object has a protocol's properties reads them.
        self._fetched = tuple(
            (source, source if isinstance(source, RenewedSource) else None) for source, _ in sources
        )

    @property
    def key_name(self) -> str | None:
        """The name of the source that holds the key, or will hold it once fetched."""
        if self._rotated is not None:
            return ROTATED
        try:
            for source, fetched in self._fetched:
                found = source.read() is not None if fetched is None else fetched.present
                if found:
                    return source.name
        except ConfigError:
            return None
        return None

    def renewal(self, wall: float) -> Renewal | None:
        """The renewal of the source in use; one that holds nothing is fetched on the way to it."""
        if self._rotated is not None:
            return None
        for source, fetched in self._fetched:
            renewal = None if fetched is None else fetched.renewal(wall)
            if renewal is not None:
                return renewal
            try:
                if source.read() is not None:
                    return None
            except ConfigError:
                return None  # `authorize` meets it again, and raises it
        return None

    def rejected(self, error: ApiError, wall: float) -> bool:
        """Whether the key was refused and another can be fetched."""
        if not isinstance(error, AuthenticationError) or self._rotated is not None:
            return False
        for source, fetched in self._fetched:
            try:
                if source.read() is None:
                    continue
            except ConfigError:
                return False
            return fetched is not None and fetched.rejected(wall)
        return False


def key_credential(
    origin: Origin,
    sources: tuple[tuple[KeySource, HeaderForm], ...],
    *,
    form: HeaderForm = BEARER,
    missing: str = "",
    further: frozenset[Origin] = frozenset(),
) -> Credential:
    """The credential for these sources: the plain one where none needs a renewal."""
    renewed = any(isinstance(source, RenewedSource) for source, _ in sources)
    kind = RenewedCredential if renewed else Credential
    return kind(origin, sources, form=form, missing=missing, further=further)
