"""What is remembered of a target, and when a slow call may be sent twice."""

from __future__ import annotations

from hypothesis import given, strategies as st

from fairlead.policies.hedge import LEAST_DELAY, delay_of, permitted
from fairlead.policies.retry_budget import RetryBudget
from fairlead.policies.target_record import HEDGED_SHARE, TargetRecord, TargetRecords


def test_the_usual_time_follows_what_was_measured_and_is_forgotten() -> None:
    record = TargetRecord()
    assert record.usual(0.0, stream=True) is None
    record.answered(1.0, 10.0, stream=True)
    record.answered(2.0, 20.0, stream=True)

    assert record.usual(20.0, stream=True) == 1.3
    assert record.usual(20.0, stream=False) is None
    assert record.usual(320.1, stream=True) is None


def test_after_it_was_forgotten_a_time_counts_alone() -> None:
    record = TargetRecord()
    record.answered(100.0, 0.0, stream=False)
    record.answered(1.0, 1000.0, stream=False)

    assert record.usual(1000.0, stream=False) == 1.0


@given(rests=st.lists(st.floats(0.0, 1e6), min_size=1))
def test_a_rest_is_never_shortened(rests) -> None:
    record = TargetRecord()
    for until in rests:
        record.rest(until)

    assert record.rests(0.0) == max(rests)
    assert record.rests(1e7) == 0.0


def test_another_key_wakes_the_targets_of_its_provider_alone() -> None:
    records = TargetRecords()
    for target in ("one/a", "one/b", "ones/a"):
        records.of(target).rest(100.0)
    records.wake("one")

    assert [records.of(t).rests(0.0) for t in ("one/a", "one/b", "ones/a")] == [0, 0, 100]


def learned(count: int, seconds: float) -> TargetRecord:
    record = TargetRecord()
    for _ in range(count):
        record.answered(seconds, 0.0, stream=True)
    return record


def test_a_learned_delay_needs_answers_and_is_never_short() -> None:
    assert delay_of("p95", learned(19, 9.0), stream=True) is None
    assert delay_of("p95", learned(20, 9.0), stream=True) == 9.0
    assert delay_of("p95", learned(20, 0.2), stream=True) == LEAST_DELAY
    assert delay_of("p95", learned(20, 9.0), stream=False) is None
    assert delay_of(0.5, TargetRecord(), stream=True) == 0.5
    assert delay_of("off", learned(50, 9.0), stream=True) is None


def test_the_learned_delay_is_the_slowest_twentieth() -> None:
    record = TargetRecord()
    for number in range(1, 101):
        record.answered(float(number), 0.0, stream=True)

    assert delay_of("p95", record, stream=True) == 95.0


def test_at_most_one_call_in_twenty_is_hedged() -> None:
    record, retries = TargetRecord(), RetryBudget(floor=1000)
    hedged = 0
    for call in range(2000):
        record.hedges.deposit(call * 0.01)
        hedged += permitted(record, retries, call * 0.01)

    assert 0 < hedged <= HEDGED_SHARE * 2000


def test_a_hedge_pays_from_the_budget_of_retries_and_a_refused_one_costs_nothing() -> None:
    record, retries = TargetRecord(), RetryBudget(ratio=0.0, floor=1)
    for _ in range(100):
        record.hedges.deposit(0.0)
    left = record.hedges.available(0.0)

    assert permitted(record, retries, 0.0)
    assert not permitted(record, retries, 0.0)
    assert record.hedges.available(0.0) == left - 1
