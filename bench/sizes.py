"""How much each benchmark does."""

from __future__ import annotations

from msgspec import Struct


class Sizes(Struct, frozen=True):
    """`rounds` are of each side; `processes` is their number for what a process start costs.

    `batches` are the short rounds of layers, each of `batch_calls` or of one stream. `delay` is how
    many seconds a network takes, one way.
    """

    rounds: int = 9
    calls: int = 1000
    concurrent_calls: int = 6400
    bursts: int = 5
    burst_events: int = 2000
    paced_events: int = 2000
    idle_streams: int = 1000
    processes: int = 15
    signatures: int = 2000
    lookups: int = 5000
    embeddings: int = 10_000
    json_characters: int = 1_000_000
    batches: int = 60
    batch_calls: int = 60
    crowd: int = 1000
    crowd_rounds: int = 3
    decisions: int = 5000
    delay: float = 0.025


QUICK = Sizes(
    rounds=3,
    calls=300,
    concurrent_calls=1280,
    bursts=2,
    paced_events=500,
    processes=5,
    signatures=500,
    lookups=1000,
    json_characters=200_000,
    batches=15,
    crowd=200,
    crowd_rounds=1,
)
