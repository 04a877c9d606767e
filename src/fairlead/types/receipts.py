"""What happened on the way to an answer: every attempt, its waiting and its outcome."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

CacheUse = Literal["hit", "shared", "stored", "missed"]


class Timings(Struct, frozen=True, omit_defaults=True):
    """Seconds since the attempt began; None where that point was not reached.

    `queue` is the wait for a connection slot, `connect` the time until the connection stood
    (near zero for a reused one), `first_byte` that of the response, `first_event` of content.
    `decode` is no instant but how long it took to read an answer that came whole.
    """

    queue: float | None = None
    connect: float | None = None
    first_byte: float | None = None
    first_event: float | None = None
    total: float | None = None
    decode: float | None = None


class Attempt(Struct, frozen=True, omit_defaults=True):
    """One HTTP exchange. `error` is the error's class name and sentence; `wait` what came before.

    `possibly_billed` marks a request that was sent in full and then lost: the provider may have
    done the work.
    """

    target: str
    status: int | None = None
    error: str | None = None
    request_id: str | None = None
    http_version: str | None = None
    reused_connection: bool = False
    wait: float = 0.0
    timings: Timings = Timings()
    bytes_in: int = 0
    bytes_out: int = 0
    possibly_billed: bool = False


class Receipt(Struct, frozen=True, omit_defaults=True):
    """The account of one call.

    `target` is who served it, as `provider/model`; `key_name` names the credential (such as the
    environment variable) and never holds it. `seconds` is the whole call, waiting included.
    `defaults` lists the settings that fairlead chose because the caller asked it to. `cache` is
    None for a call that was none of the cache's business, else `hit` (an answer from before),
    `shared` (that of an equal call under way), `stored` (asked for, and kept) or `missed` (asked
    for, and not kept). A hit and a shared answer have no attempts, and cost nothing.
    """

    operation: str
    target: str
    attempts: tuple[Attempt, ...] = ()
    key_name: str | None = None
    dropped: tuple[str, ...] = ()
    seconds: float = 0.0
    defaults: tuple[str, ...] = ()
    cache: CacheUse | None = None

    @property
    def from_cache(self) -> bool:
        """Whether nothing was sent for this call: its answer is that of another."""
        return self.cache in ("hit", "shared")
