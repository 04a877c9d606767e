"""The bound holds exactly, whatever the traffic and the clock do."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.policies.retry_budget import RetryBudget


def withdrawals(budget: RetryBudget, now: float, cost: int = 1) -> int:
    """How many retries are to be had."""
    count = 0
    while budget.try_withdraw(now, cost):
        count += 1
    return count


def test_a_quiet_target_may_be_retried_ten_times_a_window() -> None:
    budget = RetryBudget()
    assert withdrawals(budget, 0.0) == 10
    assert withdrawals(budget, 59.9) == 0
    assert withdrawals(budget, 61.0) == 10


def test_a_fifth_of_the_requests_may_be_retried_beside_the_floor() -> None:
    budget = RetryBudget()
    for second in range(50):
        budget.deposit(second / 2)
    assert budget.available(25.0) == pytest.approx(20)
    assert withdrawals(budget, 25.0) == 20


def test_an_ambiguous_retry_costs_two() -> None:
    assert withdrawals(RetryBudget(), 0.0, cost=2) == 5


def test_a_refusal_takes_nothing() -> None:
    budget = RetryBudget()
    assert withdrawals(budget, 0.0) == 10
    budget.deposit(1.0)
    for _ in range(4):
        budget.deposit(1.0)
        assert not budget.try_withdraw(1.0, 2)
    assert budget.try_withdraw(1.0)


def test_what_was_not_used_is_not_saved_up() -> None:
    budget = RetryBudget()
    for _ in range(1000):
        budget.deposit(0.0)
    assert budget.available(59.0) == pytest.approx(210)
    assert budget.available(61.0) == 10


def test_a_clock_that_leaps_ahead_grants_the_floor_and_no_more() -> None:
    budget = RetryBudget()
    for _ in range(100):
        budget.deposit(0.0)
    assert withdrawals(budget, 1e9) == 10


def test_a_clock_that_goes_back_grants_nothing() -> None:
    budget = RetryBudget()
    assert withdrawals(budget, 1000.0) == 10
    for now in (999.0, 500.0, 0.0, -1000.0, 1000.5):
        assert not budget.try_withdraw(now)


def test_requests_of_a_clock_that_went_back_count_where_it_stood() -> None:
    budget = RetryBudget()
    budget.deposit(1000.0)
    for _ in range(99):
        budget.deposit(0.0)
    assert budget.available(1000.0) == pytest.approx(30)


def test_threads_together_get_what_one_would() -> None:
    budget = RetryBudget(floor=200)
    granted: list[int] = []
    start = Barrier(8)

    def run() -> None:
        start.wait()
        granted.append(withdrawals(budget, 0.0))

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 200


STEPS = st.lists(
    st.tuples(
        st.one_of(st.just(0.0), st.floats(0, 3), st.floats(0, 70), st.sampled_from([1.0, 60.0])),
        st.sampled_from(["request", "request", "request", "retry", "ambiguous"]),
        st.integers(1, 15),
    ),
    max_size=60,
)


@pytest.mark.invariant("I4")
@settings(max_examples=200)
@given(start=st.floats(0, 1e6), steps=STEPS)
def test_in_the_minute_up_to_any_retry_the_bound_holds_and_is_used(
    start: float, steps: list[tuple[float, str, int]]
) -> None:
    budget = RetryBudget()
    now = start
    requests: list[float] = []
    spent: list[tuple[float, int]] = []
    for pause, kind, times in steps:
        now += pause
        for _ in range(times):
            if kind == "request":
                budget.deposit(now)
                requests.append(now)
                continue
            cost = 2 if kind == "ambiguous" else 1
            if budget.try_withdraw(now, cost):
                spent.append((now, cost))
                assert paid(spent, now, 60) <= earned(requests, now, 60) + 1e-9
            else:
                # Whole seconds may withhold what the bound would just allow, and no more.
                assert paid(spent, now, 61) + cost > earned(requests, now, 59) - 1e-9


def paid(spent: list[tuple[float, int]], now: float, window: float) -> int:
    return sum(cost for at, cost in spent if at > now - window)


def earned(requests: list[float], now: float, window: float) -> float:
    return 0.2 * sum(1 for at in requests if at > now - window) + 10
