"""How a server fared against its protocol: one outcome for each check, and all of them together."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Verdict = Literal["pass", "warn", "fail", "skip"]
VERDICTS: tuple[Verdict, ...] = ("pass", "warn", "fail", "skip")


class CheckOutcome(Struct, frozen=True):
    """What one check found.

    `says` is what the protocol's documentation promises, at the address `source`. `evidence` is a
    sentence on what the server did. `warn`: allowed, or a matter of taste, but clients trip over
    it; `skip`: it could not be looked at.
    """

    area: str
    name: str
    verdict: Verdict
    evidence: str
    says: str
    source: str


class Scorecard(Struct, frozen=True):
    """All outcomes for one server, in the order of the checks."""

    url: str
    dialect: str
    model: str
    outcomes: tuple[CheckOutcome, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[CheckOutcome, ...]:
        """The outcomes that are failures."""
        return tuple(outcome for outcome in self.outcomes if outcome.verdict == "fail")

    @property
    def totals(self) -> dict[str, dict[Verdict, int]]:
        """How many outcomes of each verdict there are, by area."""
        found: dict[str, dict[Verdict, int]] = {}
        for outcome in self.outcomes:
            counts = found.setdefault(outcome.area, dict.fromkeys(VERDICTS, 0))
            counts[outcome.verdict] += 1
        return found
