"""What a check is: a question to a server with a name, and the verdict that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from fairlead.errors import (
    ApiError,
    BadRequestError,
    FairleadError,
    NotFoundError,
    UnsupportedFeature,
)
from fairlead.types.conformance import CheckOutcome, Verdict

if TYPE_CHECKING:
    from fairlead.conforming.peer import Peer


class Said(Struct, frozen=True):
    """A verdict, and a sentence that shows why."""

    verdict: Verdict
    evidence: str


Question = Callable[["Peer"], Said]


class Check(Struct, frozen=True):
    """One question. `topic` names the page of the protocol's documentation that `says` so.

    `optional`: a feature that a server may refuse in so many words, which is a warning.
    """

    area: str
    name: str
    says: str
    topic: str
    ask: Question
    optional: bool = False

    def outcome(self, peer: Peer) -> CheckOutcome:
        """Ask, whatever comes of it: what goes wrong on the way is a verdict too."""
        said = self._said(peer)
        source = peer.protocol.sources[self.topic]
        evidence = " ".join(peer.redacted(said.evidence).split())
        return CheckOutcome(self.area, self.name, said.verdict, evidence, self.says, source)

    def _said(self, peer: Peer) -> Said:
        try:
            return self.ask(peer)
        except UnsupportedFeature as error:
            return skipped(f"the protocol has no such thing ({error.feature})")
        except (BadRequestError, NotFoundError) as error:
            return (warned if self.optional else failed)(f"refused with {_told(error)}")
        except ApiError as error:
            return failed(f"answered {_told(error)}")
        except FairleadError as error:
            return failed(str(error))


def check(
    area: str, name: str, says: str, topic: str, *, optional: bool = False
) -> Callable[[Question], Check]:
    """Makes a check of a function."""

    def made(ask: Question) -> Check:
        return Check(area, name, says, topic, ask, optional)

    return made


def passed(evidence: str) -> Said:
    return Said("pass", evidence)


def warned(evidence: str) -> Said:
    return Said("warn", evidence)


def failed(evidence: str) -> Said:
    return Said("fail", evidence)


def skipped(evidence: str) -> Said:
    return Said("skip", evidence)


def judged(problem: str | None, well: str) -> Said:
    """`well` where there is no problem."""
    return passed(well) if problem is None else failed(problem)


def _told(error: ApiError) -> str:
    return f"{error.status}: {error}"
