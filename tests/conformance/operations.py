"""The conformance checks of the operations beside chat, over all recorded exchanges.

They are to an operation what `harness.py` is to a chat dialect: an `OperationSuite` describes it,
and each check returns (record id, reason) pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

import pytest
from msgspec import Struct
from tests.conformance.corpus import CORPUS, Record, path, records
from tests.conformance.harness import Damage, Problem
from tests.conformance.table import Tally

from fairlead.errors import ApiError, DecodeError, FairleadError
from fairlead.ports import Operation
from fairlead.types.http import Headers
from fairlead.types.operations import Answer
from fairlead.types.targets import Target

CUTS = 4
INJURIES = 8


class OperationSuite(Struct, frozen=True, kw_only=True):
    """One operation in one provider's words, as its conformance test sees it.

    `corpus` names the recordings, `mine` those of them in these words. `request` is what was asked,
    as far as the answer's meaning depends on it. `disagreements` reads a good 2xx independently,
    and tells where the answer differs. `error_class` is the error that a 4xx or 5xx must become, by
    status and body; `damaged` lists the bad 2xx records by id.
    """

    name: str
    corpus: str
    operation: Operation[Any, Any]
    mine: Callable[[Record], bool]
    target: Callable[[Record], Target]
    request: Callable[[Record], Any]
    disagreements: Callable[[Record, Any], Iterator[str]]
    error_class: Callable[[int, bytes], type[ApiError]]
    damaged: Mapping[str, Damage] = {}

    def records(self) -> tuple[Record, ...]:
        """Every exchange in these words; the test is skipped where there is no corpus."""
        if not path(self.corpus).exists():
            pytest.skip(f"no recorded traffic in {CORPUS}; FAIRLEAD_CORPUS names another place")
        return tuple(record for record in records(self.corpus) if self.mine(record))

    def decode(self, record: Record, body: bytes) -> Answer:
        answer: Answer = self.operation.decode(body, self.request(record), self.target(record))
        return answer

    def damage(self, record: Record) -> Damage | None:
        """The error that a 2xx must give instead of an answer."""
        if record.capped:
            return Damage(DecodeError, "cut by the recorder")
        return self.damaged.get(record.id)

    def good(self) -> Iterator[Record]:
        """The 2xx that must decode."""
        return (r for r in self.records() if r.status < 300 and self.damage(r) is None)


def check_answers(suite: OperationSuite, tally: Tally) -> list[Problem]:
    """Every 2xx decodes to what an independent reading found, or gives the error listed for it."""
    problems: list[Problem] = []
    for record in suite.records():
        if record.status >= 300:
            continue
        damage = suite.damage(record)
        reasons = _good(suite, record) if damage is None else _damaged(suite, record, damage)
        problems += [(record.id, reason) for reason in reasons]
        tally.count(suite.name, "bodies" if damage is None else "damaged")
    return problems


def check_truncated_bodies(suite: OperationSuite, tally: Tally) -> list[Problem]:
    """A JSON body that breaks off anywhere is a `DecodeError`, never a shorter answer."""
    problems: list[Problem] = []
    for record in suite.good():
        body = record.body.rstrip()
        for place in Random(record.id).sample(range(1, len(body)), min(CUTS, len(body) - 1)):
            outcome = _outcome(suite, record, body[:place])
            if type(outcome) is not DecodeError:
                problems.append((record.id, f"cut at {place}: {outcome!r:.200}"))
            tally.count(suite.name, "cuts")
    return problems


def check_injured_bodies(suite: OperationSuite) -> list[Problem]:
    """A body with any byte changed is an answer or a typed error, never another exception."""
    problems: list[Problem] = []
    for record in suite.good():
        random = Random(record.id)
        for _ in range(INJURIES):
            body = bytearray(record.body)
            body[random.randrange(len(body))] = random.randrange(256)
            try:
                _outcome(suite, record, bytes(body))
            except Exception as error:
                problems.append((record.id, f"{error!r:.200}"))
    return problems


def check_errors(suite: OperationSuite, tally: Tally) -> list[Problem]:
    """Every 4xx and 5xx is the error that fits its status and body, with the provider's words."""
    problems: list[Problem] = []
    for record in suite.records():
        if record.status < 400:
            continue
        error = suite.operation.decode_error(
            record.status, Headers(record.headers), record.body, suite.target(record)
        )
        expected = suite.error_class(record.status, record.body)
        if type(error) is not expected or error.status != record.status:
            problems.append((record.id, f"{error!r}, not {expected.__name__}"))
        tally.count(suite.name, "errors")
    return problems


def _outcome(suite: OperationSuite, record: Record, body: bytes) -> Answer | FairleadError:
    try:
        return suite.decode(record, body)
    except FairleadError as error:
        return error


def _good(suite: OperationSuite, record: Record) -> Iterator[str]:
    outcome = _outcome(suite, record, record.body)
    if isinstance(outcome, FairleadError):
        yield f"{outcome!r}"
    else:
        yield from suite.disagreements(record, outcome)


def _damaged(suite: OperationSuite, record: Record, damage: Damage) -> Iterator[str]:
    outcome = _outcome(suite, record, record.body)
    if type(outcome) is not damage.error:
        yield f"{outcome!r:.200}, not {damage.error.__name__} ({damage.reason})"
