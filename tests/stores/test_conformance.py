"""What every store promises, in the same words."""

from __future__ import annotations

import time
from collections import Counter
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.timing import prompt
from tests.transports.colours import until

from fairlead.policies.ledger import Book
from fairlead.ports import LedgerStore
from fairlead.types.spending import Account, Hold, Shortage, Slot, Spending

LIMIT = 100
TEAM = Account("team a/ü", LIMIT)
DAILY = Account("team a/ü", 60, "day")
ALL = Account("all", 150, "month")
_names = iter(range(10**9))


def name() -> str:
    return f"call-{next(_names)}"


def spent(amount: int) -> Spending:
    return Spending(amount, "openai/m", "chat")


def held(store: LedgerStore, amount: int, *accounts: Account, lease: float = 60.0):
    """A hold and its name."""
    made = name()
    return store.hold(Hold(made, amount, accounts or (TEAM,), lease), now(), time.time()), made


def now() -> float:
    return time.monotonic()


def balance(store: LedgerStore, account: Account) -> tuple[int, int]:
    return store.balance(account, now(), time.time())


def test_a_new_account_is_empty(store: LedgerStore) -> None:
    assert balance(store, TEAM) == (0, 0)


def test_hold_settle_and_the_rest_is_free_again(store: LedgerStore) -> None:
    slots, call = held(store, 90)
    assert slots == (Slot("team a/ü", None, 0),)
    assert balance(store, TEAM) == (0, 90)
    store.settle(call, slots, spent(15), time.time())
    assert balance(store, TEAM) == (15, 0)


def test_a_hold_that_does_not_fit_is_refused_with_the_figures(store: LedgerStore) -> None:
    slots, call = held(store, 50)
    store.settle(call, slots, spent(50), time.time())
    held(store, 40)
    refused, _ = held(store, 11)
    assert refused == Shortage(TEAM, 50, 40)
    assert not isinstance(held(store, 10)[0], Shortage)


def test_a_refusal_of_a_period_says_when_it_ends(store: LedgerStore) -> None:
    refused, _ = held(store, 61, DAILY)
    assert isinstance(refused, Shortage)
    left = 86400 - time.time() % 86400
    assert refused.resets_in == pytest.approx(left, abs=2)


def test_a_release_leaves_no_trace(store: LedgerStore) -> None:
    slots, call = held(store, 90)
    store.settle(call, slots, None, time.time())
    assert balance(store, TEAM) == (0, 0)


def test_all_accounts_hold_or_none(store: LedgerStore) -> None:
    refused, _ = held(store, 61, ALL, TEAM, DAILY)
    assert isinstance(refused, Shortage)
    assert refused.account == DAILY
    assert [balance(store, a) for a in (ALL, TEAM, DAILY)] == [(0, 0)] * 3
    slots, call = held(store, 60, ALL, TEAM, DAILY)
    assert [balance(store, a) for a in (ALL, TEAM, DAILY)] == [(0, 60)] * 3
    store.settle(call, slots, spent(60), time.time())
    assert [balance(store, a) for a in (ALL, TEAM, DAILY)] == [(60, 0)] * 3


def test_a_settlement_counts_once_however_often_it_is_told(lasting_store: LedgerStore) -> None:
    slots, call = held(lasting_store, 50)
    for _ in range(3):
        lasting_store.settle(call, slots, spent(20), time.time())
    assert balance(lasting_store, TEAM) == (20, 0)


def test_a_call_that_may_cost_nothing_is_held_and_settled_too(store: LedgerStore) -> None:
    slots, call = held(store, 0)
    store.settle(call, slots, spent(0), time.time())
    assert balance(store, TEAM) == (0, 0)


def test_a_release_of_what_was_never_held_changes_nothing(store: LedgerStore) -> None:
    held(store, 30)
    store.settle(name(), (), None, time.time())
    assert balance(store, TEAM) == (0, 30)


def test_a_lease_frees_what_its_holder_never_settled(store: LedgerStore) -> None:
    for watch in prompt(0.05):  # a look past the lease would not see it
        assert until(lambda: balance(store, TEAM) == (0, 0))
        with watch:
            held(store, LIMIT, lease=0.05)
            refused, _ = held(store, 1, lease=0.05)
    assert isinstance(refused, Shortage)
    assert until(lambda: balance(store, TEAM) == (0, 0))
    assert not isinstance(held(store, LIMIT)[0], Shortage)


def test_what_is_settled_after_its_lease_is_counted(store: LedgerStore) -> None:
    slots, call = held(store, 50, DAILY, TEAM, lease=0.02)
    time.sleep(0.05)
    assert balance(store, DAILY) == (0, 0)
    store.settle(call, slots, spent(40), time.time())
    assert balance(store, DAILY) == (40, 0)
    assert balance(store, TEAM) == (40, 0)


def prolong(store: LedgerStore, call: str, slots: tuple[Slot, ...], lease: float) -> None:
    store.prolong(call, slots, lease, now(), time.time())


def test_a_hold_that_is_prolonged_outlives_its_lease_in_all_accounts(store: LedgerStore) -> None:
    slots, call = (), name()
    for watch in prompt(0.05):  # past its lease there is nothing to prolong
        store.settle(call, slots, None, time.time())
        with watch:
            slots, call = held(store, 50, TEAM, DAILY, lease=0.05)
            prolong(store, call, slots, 60.0)
    time.sleep(0.06)
    assert balance(store, TEAM) == balance(store, DAILY) == (0, 50)
    store.settle(call, slots, spent(40), time.time())
    assert balance(store, TEAM) == balance(store, DAILY) == (40, 0)


def test_a_hold_that_was_prolonged_ends_with_its_new_lease(store: LedgerStore) -> None:
    slots, call = held(store, 50)
    prolong(store, call, slots, 0.02)
    time.sleep(0.03)
    assert balance(store, TEAM) == (0, 0)


def test_a_hold_that_has_ended_is_not_prolonged(store: LedgerStore) -> None:
    settled, call = held(store, 30)
    store.settle(call, settled, spent(20), time.time())
    prolong(store, call, settled, 60.0)
    lapsed, late = held(store, 30, lease=0.02)
    time.sleep(0.03)
    assert balance(store, TEAM) == (20, 0)
    prolong(store, late, lapsed, 60.0)
    prolong(store, name(), (), 60.0)
    assert balance(store, TEAM) == (20, 0)


def test_more_than_was_held_is_counted(store: LedgerStore) -> None:
    slots, call = held(store, 10)
    store.settle(call, slots, spent(120), time.time())
    assert balance(store, TEAM) == (120, 0)
    assert isinstance(held(store, 1)[0], Shortage)


def test_large_amounts_are_exact(store: LedgerStore) -> None:
    most = 9_000_000 * 10**9
    rich = Account("rich", most)
    slots, call = held(store, most - 1, rich)
    assert balance(store, rich) == (0, most - 1)
    store.settle(call, slots, spent(most - 1), time.time())
    assert isinstance(held(store, 2, rich)[0], Shortage)
    assert not isinstance(held(store, 1, rich)[0], Shortage)
    assert balance(store, rich) == (most - 1, 1)


@pytest.mark.parametrize("account", ["a:b", "a b", "x" * 200, "{}", "'; DROP TABLE hold; --", "é"])
def test_any_name_is_an_account_of_its_own(store: LedgerStore, account: str) -> None:
    mine, other = Account(account, 10), Account(account + "2", 10)
    held(store, 10, mine)
    assert balance(store, mine) == (0, 10)
    assert balance(store, other) == (0, 0)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 60),
            st.sampled_from([(TEAM,), (DAILY,), (ALL,), (TEAM, ALL), (TEAM, DAILY, ALL)]),
            st.sampled_from(["settle", "release", "crash"]),
            st.integers(0, 60),
        ),
        max_size=15,
    )
)
def test_every_store_decides_as_the_book_does(store: LedgerStore, steps) -> None:
    book, salt = Book(), name()
    for amount, accounts, ending, cost in steps:
        mine = tuple(Account(f"{salt}{a.name}", a.limit, a.per) for a in accounts)
        call, wall = name(), time.time()
        hold = Hold(call, amount, mine, 600.0)
        said, expected = store.hold(hold, now(), wall), book.hold(hold, now(), wall)
        assert isinstance(said, Shortage) == isinstance(expected, Shortage)
        if isinstance(said, Shortage) or isinstance(expected, Shortage):
            assert (said.account, said.settled, said.held) == (
                expected.account,
                expected.settled,
                expected.held,
            )
            continue
        paid = min(cost, amount) if ending == "settle" else 0
        if ending != "crash":
            store.settle(call, said, spent(paid) if paid else None, wall)
            book.settle(call, expected, paid, wall)
    for account in (TEAM, DAILY, ALL):
        mine = Account(f"{salt}{account.name}", account.limit, account.per)
        assert balance(store, mine) == book.balance(mine, now(), time.time())


def test_threads_together_are_granted_what_one_would_be(store: LedgerStore) -> None:
    granted: Counter[int] = Counter()
    start = Barrier(8)

    def run(thread: int) -> None:
        start.wait()
        for _ in range(30):
            slots, call = held(store, 1)
            if not isinstance(slots, Shortage):
                store.settle(call, slots, spent(1), time.time())
                granted[thread] += 1

    threads = [Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.total() == LIMIT
    assert balance(store, TEAM) == (LIMIT, 0)
