"""What a cache keeps and for how long: by exact key, each for its time, within a size. No clock.

Instants are of the runtime's clock, sizes in bytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from fairlead.errors import ConfigError

if TYPE_CHECKING:
    from fairlead.ports import Authorizer
    from fairlead.types.routes import Route
    from fairlead.types.targets import Target

V_ = TypeVar("V_")

ENTRY_OVERHEAD = 1024
"""What an entry is counted as beside its content."""


Places = tuple[tuple["Target", "Authorizer | None"], ...]


class Caching(Struct, frozen=True):
    """How one call uses the cache.

    Its answer is kept for `ttl` seconds; with `refresh` none from before is taken. With `share`
    an equal call that is under way answers it too. `places` are all targets that may serve it,
    each with its credential, and `route` says how they are chosen.
    """

    ttl: float
    places: Places
    route: Route | None = None
    refresh: bool = False
    share: bool = True


class CachePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """The table `[cache]`: whether answers are kept, and how long and how many.

    Off by default; a call says `cache=True` for itself. An answer is kept for `ttl` seconds; of
    more than `max_entries`, or `max_bytes` in all, those go first that were not asked for the
    longest. With `single_flight` equal calls at the same time become one.
    """

    enabled: bool = False
    ttl: float = 3600.0
    max_entries: int = 1024
    max_bytes: int = 64 << 20
    single_flight: bool = True

    def __post_init__(self) -> None:
        for name in ("ttl", "max_entries", "max_bytes"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"cache.{name} must be above 0; enabled = false keeps nothing")


class _Kept(Struct, Generic[V_]):
    value: V_
    size: int
    until: float


class Shelf(Generic[V_]):
    """Keeps values; the least recently used go when there is no room. Safe to share by threads."""

    __slots__ = ("_items", "_lock", "_most_bytes", "_most_entries", "_size")

    def __init__(self, most_entries: int, most_bytes: int) -> None:
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._items: OrderedDict[bytes, _Kept[V_]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: bytes, now: float) -> V_ | None:
        """What is kept under `key`, if its time is not over."""
        if key not in self._items:
            return None  # most often, and without the lock
        with self._lock:
            kept = self._items.get(key)
            if kept is None:
                return None
            if now >= kept.until:
                self._drop(key)
                return None
            self._items.move_to_end(key)
            return kept.value

    def put(self, key: bytes, value: V_, size: int, until: float) -> bool:
        """Keep `value` in the place of what is there; False where it is too large for all room."""
        size += ENTRY_OVERHEAD
        with self._lock:
            items = self._items
            if key in items:
                self._drop(key)
            if size > self._most_bytes:
                return False
            items[key] = _Kept(value, size, until)
            self._size += size
            if self._size > self._most_bytes or len(items) > self._most_entries:
                self._make_room()
        return True

    def resize(self, most_entries: int, most_bytes: int) -> None:
        """Other bounds from now on."""
        with self._lock:
            self._most_entries, self._most_bytes = most_entries, most_bytes
            self._make_room()

    def clear(self) -> None:
        """Keep nothing any more."""
        with self._lock:
            self._items.clear()
            self._size = 0

    @property
    def size(self) -> int:
        """Bytes of all that is kept."""
        return self._size

    def __len__(self) -> int:
        return len(self._items)

    def _make_room(self) -> None:
        while self._size > self._most_bytes or len(self._items) > self._most_entries:
            self._drop(next(iter(self._items)))

    def _drop(self, key: bytes) -> None:
        kept = self._items.pop(key, None)
        if kept is not None:
            self._size -= kept.size


def digest(parts: Sequence[bytes], salt: bytes) -> bytes:
    """A key that tells of none of its `parts`, not even to who can guess them: `salt` is secret.

    Their lengths stand before them, so that none can pass for two.
    """
    lengths = repr([*map(len, parts)]).encode()
    return keyed(b"".join((lengths, *parts)), salt)


def keyed(text: bytes, salt: bytes) -> bytes:
    """The same of one text."""
    return blake2b(text, key=salt, digest_size=32).digest()
