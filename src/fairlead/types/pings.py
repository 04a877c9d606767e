"""How long the steps to a server took: one try, and all tries to one place."""

from __future__ import annotations

from msgspec import Struct

PHASES = ("dns", "connect", "tls", "quic", "server")


class PingTry(Struct, frozen=True):
    """One request without a key. Times are in seconds, None for a step that was not taken.

    `connect` is TCP's handshake and `tls` the one above it; `quic` is both in one. `server` runs
    from the request to the first byte of the answer. `resumed`: the TLS session of an earlier
    connection went on, so that the handshake was shorter.
    """

    status: int
    http_version: str
    remote: str
    reused: bool
    server: float
    total: float
    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    quic: float | None = None
    tls_version: str | None = None
    resumed: bool = False


class PhaseTimes(Struct, frozen=True):
    """Percentiles of one step over all tries that took it, in seconds."""

    phase: str
    p50: float
    p90: float
    most: float


class Ping(Struct, frozen=True):
    """All tries to one place: those on new connections, then those on a connection that stood.

    `error` says what ended them early.
    """

    name: str
    url: str
    tries: tuple[PingTry, ...]
    error: str | None = None

    def times(self, *, reused: bool) -> tuple[PhaseTimes, ...]:
        """Every step in its order, then the total."""
        chosen = [item for item in self.tries if item.reused is reused]
        found = []
        for phase in (*PHASES, "total"):
            values: list[float | None] = [getattr(item, phase) for item in chosen]
            known = sorted(value for value in values if value is not None)
            if known:
                figures = [_percentile(known, share) for share in (0.5, 0.9, 1.0)]
                found.append(PhaseTimes(phase, *figures))
        return tuple(found)


def _percentile(ordered: list[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed."""
    rank = -(-len(ordered) * round(share * 100) // 100)
    return ordered[max(0, rank - 1)]
