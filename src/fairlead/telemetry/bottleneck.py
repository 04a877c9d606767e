"""Which phase takes the time of a target's calls, and what may be changed about it."""

from __future__ import annotations

from msgspec import Struct

from fairlead.telemetry.phases import PHASES
from fairlead.telemetry.snapshot import Snapshot, TargetSnapshot

_ADVICE = {
    "wait": (
        "waiting before attempts",
        "a limit is reached or the provider fails: send less at once, or add another target",
    ),
    "queue": (
        "waiting for a connection",
        "raise http.max_connections and max_connections_per_host, or send less at once",
    ),
    "connect": (
        "connecting",
        "keep one client for all calls so that connections are used again; raise http.max_idle",
    ),
    "first_byte": (
        "waiting for the provider to begin",
        "shorten or cache the prompt, or take a smaller model or a nearer region",
    ),
    "first_event": (
        "waiting for content after the answer had begun",
        "the model reasons first: lower reasoning_effort, or take a model that does not",
    ),
    "stream": (
        "receiving the answer",
        "it is as slow as the model writes: lower max_tokens, ask for less, or take a faster model",
    ),
    "decode": (
        "decoding answers in this process",
        "the answers are large: stream them, or ask for fewer choices or smaller batches",
    ),
}


class Finding(Struct, frozen=True):
    """The phase that dominates a target's time: `share` of all its `seconds`, from 0 to 1."""

    target: str
    phase: str
    share: float
    seconds: float
    advice: str

    def __str__(self) -> str:
        what, change = _ADVICE[self.phase][0], self.advice
        return f"{self.target}: {self.share:.0%} of the time goes into {what}; {change}"


def findings(snapshot: Snapshot) -> tuple[Finding, ...]:
    """One for each target whose time is known, the one that took the most time first."""
    found = [finding for target in snapshot.targets if (finding := _finding(target)) is not None]
    return tuple(sorted(found, key=lambda finding: -finding.seconds))


def _finding(target: TargetSnapshot) -> Finding | None:
    spent = {name: target.phases[name].total for name in PHASES if name in target.phases}
    total = sum(spent.values())
    if total <= 0:
        return None
    phase = max(spent, key=lambda name: spent[name])
    return Finding(target.target, phase, spent[phase] / total, total, _ADVICE[phase][1])
