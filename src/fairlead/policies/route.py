"""In which order the targets of a route are tried. Reads no clock; the dice are passed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from fairlead.types.routes import Order

Random = Callable[[], float]
"""Draws from [0, 1)."""


class Standing(Struct, frozen=True):
    """What is known of one target at one moment; None where it is not.

    `cost` is what the request would cost there, in any unit that all share; `latency` the usual
    seconds to the first event; `load` the calls under way; `rests` the seconds for which it had
    better be left alone.
    """

    weight: float = 1.0
    cost: float | None = None
    latency: float | None = None
    load: int = 0
    rests: float = 0.0


def arranged(order: Order, standings: Sequence[Standing], random: Random) -> list[int]:
    """The places of all targets, the first to be tried first.

    One that rests comes after those that do not, the sooner free the sooner: a rest that was
    imposed wrongly must never make a call fail that it could have answered.
    """
    places = _ARRANGED[order](standings, random)
    if not any(standing.rests for standing in standings):
        return places
    return sorted(places, key=lambda place: standings[place].rests)


def share(remaining: float, others: Sequence[float | None], *, least: float) -> float:
    """How long one target may stay silent, while `others` wait for their turn.

    Each of those is left three times what it usually needs and no less than `least`, or its even
    part where that is not known, or is less.
    """
    even = remaining / (len(others) + 1)
    return remaining - sum(even if u is None else min(even, max(least, 3 * u)) for u in others)


def _listed(standings: Sequence[Standing], _: Random) -> list[int]:
    return list(range(len(standings)))


def _weighted(standings: Sequence[Standing], random: Random) -> list[int]:
    """Each next place is drawn by weight from those that are left (Efraimidis and Spirakis)."""
    drawn = [random() ** (1.0 / standing.weight) for standing in standings]
    return sorted(range(len(standings)), key=lambda place: -drawn[place])


def _least_loaded(standings: Sequence[Standing], random: Random) -> list[int]:
    """The better of two at random: always the best of all would send every caller to it at once."""
    known = [s.latency for s in standings if s.latency is not None]
    # Whoever was not measured yet is taken for as quick as the quickest, so that it will be.
    quickest = min(known, default=1.0)
    scores = [(s.load + 1) * (quickest if s.latency is None else s.latency) for s in standings]
    shuffled = sorted(range(len(standings)), key=[random() for _ in standings].__getitem__)
    pair = sorted(shuffled[:2], key=scores.__getitem__)
    return pair[:1] + sorted(pair[1:] + shuffled[2:], key=scores.__getitem__)


def _cheapest(standings: Sequence[Standing], _: Random) -> list[int]:
    costs = [float("inf") if s.cost is None else s.cost for s in standings]
    return sorted(range(len(standings)), key=costs.__getitem__)


def _fastest(standings: Sequence[Standing], _: Random) -> list[int]:
    """Who was not measured lately comes first: how else would it be known?"""
    latencies = [0.0 if s.latency is None else s.latency for s in standings]
    return sorted(range(len(standings)), key=latencies.__getitem__)


_ARRANGED: dict[Order, Callable[[Sequence[Standing], Random], list[int]]] = {
    "listed": _listed,
    "weighted": _weighted,
    "least_loaded": _least_loaded,
    "cheapest": _cheapest,
    "fastest": _fastest,
}
