"""The conformance checks that every dialect stands up to, over all recorded exchanges.

A dialect's test describes itself as a `Suite`, then asserts that each check finds no problem:

    def test_every_answer_agrees_with_an_independent_reading(tally):
        assert_none(check_answers(SUITE, tally))

A check returns (record id, reason) pairs, so that one run tells of every record that fails.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from random import Random

import pytest
from msgspec import Struct
from tests.conformance.agreement import disagreements
from tests.conformance.corpus import CORPUS, Record, path, records
from tests.conformance.cuts import Cutter, after_blank_line
from tests.conformance.reading import Reading, differences
from tests.conformance.runs import Run, bytewise, random_pieces, stream, whole
from tests.conformance.table import Tally

from fairlead.errors import ApiError, DecodeError, FairleadError, StreamInterrupted
from fairlead.ports import Decoder, Dialect, Limits
from fairlead.types.events import Event, Finish
from fairlead.types.http import Headers
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Target

Problem = tuple[str, str]
BYTEWISE_LIMIT = 64 << 10
EVERY_CUT_LIMIT = 8 << 10
PLACES = 64


class Damage(Struct, frozen=True):
    """A 2xx that is no good answer: the error it must give, exactly, and why."""

    error: type[FairleadError]
    reason: str


class Suite(Struct, frozen=True, kw_only=True):
    """One dialect as its conformance test sees it.

    `read` is the independent reading of a good 2xx. `ended` says whether a prefix of a stream holds
    the terminal event; once true it stays true for longer prefixes. `error_class` is the error that
    a 4xx or 5xx must become, by status and body. `damaged` lists the bad 2xx records by id.
    `corpus` names the recordings where they are not called like the dialect. `view` is a record as
    this dialect meets it, or None for one that it has nothing to do with. `event_start` is where
    the event at a place of a body begins, for streams whose events no blank line parts.
    """

    dialect: Dialect
    target: Callable[[Record], Target]
    request: Callable[[Record], ChatRequest]
    read: Callable[[Record], Reading]
    ended: Callable[[Record, bytes], bool]
    error_class: Callable[[int, bytes], type[ApiError]]
    damaged: Mapping[str, Damage] = {}
    corpus: str = ""
    view: Callable[[Record], Record | None] | None = None
    event_start: Callable[[bytes, int], int] = after_blank_line

    @property
    def name(self) -> str:
        """The dialect, and whose recordings these are where they lie apart."""
        return f"{self.dialect.name} ({self.corpus})" if self.corpus else self.dialect.name

    def decoder(self, record: Record) -> Decoder[Event, ChatResponse]:
        return self.decoders(record)()

    def decoders(self, record: Record) -> Callable[[], Decoder[Event, ChatResponse]]:
        """Makes fresh decoders for the record's answer."""
        return partial(self.dialect.decoder, self.request(record), self.target(record), Limits())

    def records(self) -> tuple[Record, ...]:
        """Every exchange of the dialect; the test is skipped where there is no corpus."""
        name = self.corpus or self.dialect.name
        if not path(name).exists():
            pytest.skip(f"no recorded traffic in {CORPUS}; FAIRLEAD_CORPUS names another place")
        view = self.view
        if view is None:
            return records(name)
        return tuple(seen for record in records(name) if (seen := view(record)) is not None)

    def streams(self) -> Iterator[Record]:
        return (r for r in self.records() if r.status < 300 and r.streaming)

    def damage(self, record: Record) -> Damage | None:
        """The error that a 2xx must give instead of an answer."""
        if record.capped:
            error = StreamInterrupted if record.streaming else DecodeError
            return Damage(error, "cut by the recorder")
        return self.damaged.get(record.id)


def assert_none(problems: list[Problem]) -> None:
    """Fail with the number of problems and the first ten of them."""
    if problems:
        shown = "\n".join(f"  {record_id}: {reason}" for record_id, reason in problems[:10])
        ids = len({record_id for record_id, _ in problems})
        pytest.fail(f"{len(problems)} problems in {ids} records:\n{shown}", pytrace=False)


def check_answers(suite: Suite, tally: Tally) -> list[Problem]:
    """Every 2xx decodes to what an independent reading found, or gives the error listed for it."""
    problems: list[Problem] = []
    for record in suite.records():
        if record.status >= 300:
            continue
        run = _run(suite, record)
        damage = suite.damage(record)
        if damage is not None:
            reasons = list(_damage(damage, run))
            tally.count(suite.name, "damaged")
        else:
            reasons = list(_good(suite, record, run))
            tally.count(suite.name, "streams" if record.streaming else "bodies")
        problems += [(record.id, reason) for reason in reasons]
    return problems


def check_splits(suite: Suite, tally: Tally) -> list[Problem]:
    """Every stream gives the same events in one piece, byte by byte, and at random splits."""
    problems: list[Problem] = []
    for record in suite.streams():
        body = record.body
        expected = _run(suite, record)
        random = Random(record.id)
        splits = {"random splits": random_pieces(body, random)}
        if len(body) <= BYTEWISE_LIMIT:
            splits["byte by byte"] = bytewise(body)
        for name, pieces in splits.items():
            run = stream(suite.decoder(record), pieces)
            problems += [(record.id, f"{name}: {what}") for what in _same(expected, run)]
            tally.count(suite.name, "splits")
    return problems


def check_cuts(suite: Suite, tally: Tally) -> list[Problem]:
    """A stream cut before its terminal event is interrupted; cut after it, it is an answer."""
    problems: list[Problem] = []
    for record in suite.streams():
        if suite.damage(record) is None:
            problems += [(record.id, reason) for reason in _cuts(suite, record, tally)]
    return problems


def check_truncated_bodies(suite: Suite, tally: Tally) -> list[Problem]:
    """A JSON body that breaks off anywhere is a `DecodeError`, never a shorter answer."""
    problems: list[Problem] = []
    for record in suite.records():
        body = record.body.rstrip()
        if record.streaming or record.status >= 300 or suite.damage(record) or len(body) < 2:
            continue
        for place in Random(record.id).sample(range(1, len(body)), min(4, len(body) - 1)):
            run = whole(suite.decoder(record), body[:place])
            if type(run.failure) is not DecodeError:
                problems.append((record.id, f"cut at {place}: {run.failure!r}, not a DecodeError"))
            tally.count(suite.name, "cuts")
    return problems


def check_errors(suite: Suite, tally: Tally) -> list[Problem]:
    """Every 4xx and 5xx is the error that fits its status and body, with the provider's words."""
    problems: list[Problem] = []
    for record in suite.records():
        if record.status < 400:
            continue
        error = suite.dialect.decode_error(
            record.status, Headers(record.headers), record.body, suite.target(record)
        )
        expected = suite.error_class(record.status, record.body)
        if type(error) is not expected:
            problems.append((record.id, f"{error!r}, not {expected.__name__}"))
        if error.status != record.status:
            problems.append((record.id, f"status {error.status}, not {record.status}"))
        tally.count(suite.name, "errors")
    return problems


def _run(suite: Suite, record: Record) -> Run:
    if record.streaming:
        return stream(suite.decoder(record), [record.body])
    return whole(suite.decoder(record), record.body)


def _damage(damage: Damage, run: Run) -> Iterator[str]:
    if type(run.failure) is not damage.error:
        yield f"{run.failure!r}, not {damage.error.__name__} ({damage.reason})"
    if any(isinstance(event, Finish) for event in run.events):
        yield "a finish event in spite of the failure"


def _good(suite: Suite, record: Record, run: Run) -> Iterator[str]:
    if run.response is None:
        yield f"{run.failure!r}"
        return
    yield from differences(suite.read(record), run.response)
    yield from disagreements(run.events, run.response)


def _same(expected: Run, run: Run) -> Iterator[str]:
    if run.events != expected.events:
        place = next(
            (
                i
                for i, (a, b) in enumerate(zip(run.events, expected.events, strict=False))
                if a != b
            ),
            min(len(run.events), len(expected.events)),
        )
        yield (
            f"event {place} is {run.events[place : place + 1]!r:.200}, "
            f"not {expected.events[place : place + 1]!r:.200}"
        )
    if run.response != expected.response:
        yield "another answer"
    if type(run.failure) is not type(expected.failure) or str(run.failure) != str(expected.failure):
        yield f"{run.failure!r}, not {expected.failure!r}"


def _cuts(suite: Suite, record: Record, tally: Tally) -> Iterator[str]:
    body = record.body
    places: Sequence[int] = range(len(body))
    if len(body) > EVERY_CUT_LIMIT:
        places = sorted(Random(record.id).sample(places, PLACES))
    end = bisect_left(range(len(body)), True, key=lambda n: suite.ended(record, body[:n]))
    cutter = Cutter(body, suite.decoders(record), suite.event_start)
    for place in places:
        if reason := cutter.wrong(place, ended=place >= end):
            yield f"cut at {place} of {len(body)} (terminal at {end}): {reason}"
            break
    tally.count(suite.name, "cuts", len(places))
