"""A key that takes long to read, such as a password manager's: held, and read anew when due.

The reading itself runs off the event loop, as a `Blocking` step of a renewal.
"""

from __future__ import annotations

from collections.abc import Callable

from fairlead.auth.flow import blocking
from fairlead.auth.secret import Secret
from fairlead.ports import Flow, Renewal

FRESH_SECONDS = 60.0
"""How long a key that was read counts as the current one."""
_PATIENCE = 5.0
"""Seconds after a reading in which another one would hardly give anything else."""


class SlowSource:
    """A `RenewedSource` around a function that blocks. `fetch` returns None where there is no key.

    `read` gives what was read last and never blocks.
    """

    __slots__ = ("_bad", "_due", "_fetch", "_held", "_read_at", "name")

    def __init__(self, name: str, fetch: Callable[[], Secret | None]) -> None:
        self.name = name
        self._fetch = fetch
        self._held: Secret | None = None
        self._read_at: float | None = None
        self._due = False
        self._bad: Secret | None = None

    @property
    def present(self) -> bool:
        """Whether there is a key, as far as is known: before the first reading there may be."""
        return self._read_at is None or self._held is not None

    def read(self) -> Secret | None:
        return self._held

    def renewal(self, wall: float) -> Renewal | None:
        """The reading, where it is due; required where no key is held that could be used."""
        if self._is_young(wall, FRESH_SECONDS) and not self._due:
            return None
        required = self._held is None or self._due
        return Renewal(f"{self.name} {id(self):x}", lambda: self._reading(wall), required)

    def rejected(self, wall: float) -> bool:
        """A server refused the key: whether to try again, after a reading where that may help.

        Right after a reading, the refused key was most likely the one before.
        """
        if self._held is None:
            return False
        known_as_bad = self._bad is not None and self._bad == self._held
        self._bad = self._held
        if known_as_bad and self._is_young(wall, FRESH_SECONDS):
            return False
        self._due = not self._is_young(wall, _PATIENCE)
        return True

    def _is_young(self, wall: float, seconds: float) -> bool:
        # A clock that was set back makes the age negative; then nobody knows it.
        return self._read_at is not None and 0 <= wall - self._read_at < seconds

    def _reading(self, wall: float) -> Flow[None]:
        self._held = yield from blocking(self._fetch)
        self._read_at = wall
        self._due = False

    def __repr__(self) -> str:
        return f"SlowSource({self.name})"
