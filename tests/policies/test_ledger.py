"""Money: what is settled and held never exceeds a limit, whatever is done in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fairlead.policies.ledger import Book, slots_at, window_at, window_end
from fairlead.types.spending import PERIODS, Account, Hold, Shortage

LIMIT = 100
TEAM = Account("team", LIMIT)
DAILY = Account("team", 60, "day")
GLOBAL = Account("all", 150, "month")
ACCOUNTS = (TEAM, DAILY, GLOBAL)


def hold(name: str, amount: int, *accounts: Account, lease: float = 60.0) -> Hold:
    return Hold(name, amount, accounts or (TEAM,), lease)


def test_what_is_held_is_not_there_for_others() -> None:
    book = Book()
    assert book.hold(hold("a", 70), 0, 0)
    refused = book.hold(hold("b", 31), 0, 0)
    assert refused == Shortage(TEAM, 0, 70)
    assert not isinstance(book.hold(hold("c", 30), 0, 0), Shortage)


def test_a_budget_may_be_spent_to_the_last_nano_dollar() -> None:
    book = Book()
    slots = book.hold(hold("a", LIMIT), 0, 0)
    assert not isinstance(slots, Shortage)
    book.settle("a", slots, LIMIT, 0)
    assert book.balance(TEAM, 0, 0) == (LIMIT, 0)
    assert isinstance(book.hold(hold("b", 1), 0, 0), Shortage)


def test_settling_gives_back_what_was_not_spent() -> None:
    book = Book()
    slots = book.hold(hold("a", 90), 0, 0)
    book.settle("a", slots, 15, 0)
    assert book.balance(TEAM, 0, 0) == (15, 0)


def test_a_refusal_by_one_account_holds_in_none() -> None:
    book = Book()
    assert isinstance(book.hold(hold("a", 61, GLOBAL, DAILY), 0, 0), Shortage)
    assert book.balance(GLOBAL, 0, 0) == (0, 0)


@pytest.mark.fault("P12")
def test_more_than_was_held_is_counted_and_leaves_less_for_the_next() -> None:
    book = Book()
    slots = book.hold(hold("a", 10), 0, 0)
    book.settle("a", slots, 120, 0)
    assert book.balance(TEAM, 0, 0) == (120, 0)
    assert isinstance(book.hold(hold("b", 1), 0, 0), Shortage)


def test_a_hold_ends_with_its_lease_and_not_before() -> None:
    book = Book()
    book.hold(hold("a", LIMIT, lease=60), 0, 0)
    assert isinstance(book.hold(hold("b", 1), 59.9, 0), Shortage)
    assert not isinstance(book.hold(hold("c", LIMIT), 60, 0), Shortage)


def test_what_is_settled_after_its_lease_is_counted_all_the_same() -> None:
    book = Book()
    slots = book.hold(hold("a", 50, lease=1), 0, 0)
    assert book.balance(TEAM, 2, 0) == (0, 0)
    book.settle("a", slots, 40, 0)
    assert book.balance(TEAM, 2, 0) == (40, 0)


def test_a_call_counts_in_the_period_in_which_it_began() -> None:
    book = Book()
    slots = book.hold(hold("a", 50, DAILY), 0, 86399)
    book.settle("a", slots, 50, 86401)
    assert book.balance(DAILY, 0, 86399) == (50, 0)
    assert book.balance(DAILY, 0, 86401) == (0, 0)


def test_a_refusal_says_when_the_period_ends() -> None:
    refused = Book().hold(hold("a", 61, DAILY), 0, 86400 - 30)
    assert isinstance(refused, Shortage)
    assert refused.resets_in == 30


def test_a_clock_that_leaps_ahead_and_comes_back_grants_nothing() -> None:
    book = Book()
    slots = book.hold(hold("a", 60, DAILY), 0, 1000)
    book.settle("a", slots, 60, 5 * 86400)
    assert isinstance(book.hold(hold("b", 1, DAILY), 0, 1000), Shortage)


def test_what_is_forgotten_while_the_clock_was_wrong_is_counted_anew_and_in_one_place() -> None:
    book, accounts = Book(), (DAILY,)
    slots = book.hold(Hold("a", 10, accounts, 60), 0, 0)
    assert not isinstance(slots, Shortage)
    book.settle("a", slots, 10, 0)
    for number in range(2000):  # far ahead, until past periods are looked for
        book.settle(str(number), slots_at((Account(str(number), 1),), 30 * 86400), 0, 30 * 86400)
    slots = book.hold(Hold("b", 10, accounts, 60), 0, 0)
    assert not isinstance(slots, Shortage)
    book.settle("b", slots, 7, 0)
    assert book.balance(DAILY, 0, 0) == (7, 0)


def test_past_periods_are_forgotten_and_those_that_run_are_not() -> None:
    book = Book()
    daily = Account("one", 10, "day")
    slots = book.hold(hold("x", 10, TEAM), 0, 0)
    book.settle("x", slots, 10, 0)
    for day in range(5000):
        slots = book.hold(hold(str(day), 5, daily), 0, day * 86400)
        book.settle(str(day), slots, 5, day * 86400)
    assert len(book._balances) < 1200
    assert book.balance(TEAM, 0, 0) == (10, 0)
    assert book.balance(daily, 0, 4999 * 86400) == (5, 0)


@given(st.sampled_from(PERIODS), st.floats(0, 4e9))
def test_a_period_ends_where_the_next_begins(per, wall: float) -> None:
    window = window_at(per, wall)
    end = window_end(per, window)
    assert end is not None
    assert end > wall
    assert window_at(per, end) == window + 1
    assert window_at(per, end - 1) == window


@given(st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_periods_are_those_of_the_calendar_in_utc(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    wall = moment.timestamp()
    month = window_end("month", window_at("month", wall) - 1)
    week = window_end("week", window_at("week", wall) - 1)
    assert month is not None
    assert week is not None
    start = datetime.fromtimestamp(month, UTC)
    assert (start.year, start.month, start.day, start.hour) == (moment.year, moment.month, 1, 0)
    monday = datetime.fromtimestamp(week, UTC)
    assert monday.isocalendar()[:2] == moment.isocalendar()[:2]
    assert (monday.weekday(), monday.hour) == (0, 0)


def test_threads_together_are_granted_what_one_would_be() -> None:
    book = Book()
    granted: list[int] = []
    start = Barrier(8)

    def run(thread: int) -> None:
        start.wait()
        for number in range(50):
            slots = book.hold(hold(f"{thread}-{number}", 1), 0, 0)
            if not isinstance(slots, Shortage):
                book.settle(f"{thread}-{number}", slots, 1, 0)
                granted.append(1)

    threads = [Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == LIMIT
    assert book.balance(TEAM, 0, 0) == (LIMIT, 0)


class Money(RuleBasedStateMachine):
    """Reserve, settle, release, crash, expire and jump, against a list of what was granted.

    Every call costs at most what was held for it, and leases are longer than calls.
    """

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.now = 0.0
        self.wall = 1e6
        self.open: dict[str, tuple] = {}
        self.spent: dict[tuple, int] = {}
        self.held: dict[str, tuple] = {}
        self.number = 0

    @rule(
        amount=st.integers(0, 70),
        accounts=st.lists(st.sampled_from(ACCOUNTS), min_size=1, max_size=3, unique=True),
    )
    def begin(self, amount: int, accounts: list[Account]) -> None:
        self.number += 1
        name = str(self.number)
        before = {a: self.book.balance(a, self.now, self.wall) for a in accounts}
        fits = all(sum(before[a]) + amount <= a.limit for a in accounts)
        slots = self.book.hold(hold(name, amount, *accounts), self.now, self.wall)
        assert fits == (not isinstance(slots, Shortage))
        if not isinstance(slots, Shortage):
            self.open[name] = (amount, slots)
            self.held[name] = (amount, slots, self.now + 60.0)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), share=st.floats(0, 1))
    def end(self, data: st.DataObject, share: float) -> None:
        name = data.draw(st.sampled_from(sorted(self.open)))
        amount, slots = self.open.pop(name)
        cost = int(amount * share)
        self.held.pop(name, None)
        self.book.settle(name, slots, cost, self.wall)
        for slot in slots:
            self.spent[slot] = self.spent.get(slot, 0) + cost

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.open.pop(data.draw(st.sampled_from(sorted(self.open))))

    @rule(seconds=st.sampled_from([0.0, 1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds
        if any(until <= self.now for name, (*_, until) in self.held.items() if name in self.open):
            # A call never outlives its lease: its deadline comes before.
            for name in list(self.open):
                if self.held[name][2] <= self.now:
                    _, slots = self.open.pop(name)
                    self.held.pop(name)
                    self.book.settle(name, slots, 0, self.wall)

    @rule(leap=st.sampled_from([-86400.0, -3600.0, 3600.0, 86400.0]))
    def set_the_clock(self, leap: float) -> None:
        self.wall += leap

    @invariant()
    def nothing_is_over_its_limit_and_every_sum_is_right(self) -> None:
        limits = {(a.name, a.per): a.limit for a in ACCOUNTS}
        for (name, per, window), balance in self.book._balances.items():
            balance.expire(self.now)
            assert balance.settled + balance.held <= limits[name, per]
            slot = next(
                (s for s in self.spent if (s.account, s.per, s.window) == (name, per, window)), None
            )
            assert balance.settled == (self.spent[slot] if slot else 0)
            expected = sum(
                amount
                for amount, slots, until in self.held.values()
                if until > self.now
                and any((s.account, s.per, s.window) == (name, per, window) for s in slots)
            )
            assert balance.held == expected


Money.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestMoneyUnderAnyOrderOfEvents = Money.TestCase


@pytest.mark.parametrize("per", [None, *PERIODS])
def test_windows_count_from_1970(per) -> None:
    assert window_at(per, 0) in (0, 1970 * 12)
