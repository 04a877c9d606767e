"""Purses: nothing is spent that is not there, and a hold that fails leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from fairlead.engine.budgets import AMBIENT, pursed
from fairlead.engine.ledger import Due, Ledger
from fairlead.engine.purse import Purse, hold_in, settle_in
from fairlead.engine.runtime import drive
from fairlead.errors import BudgetExceeded, StoreError
from fairlead.stores.memory import MemoryLedger
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.spending import Account, Hold, Shortage, Slot, Spending


def spending(amount: int) -> Spending:
    return Spending(amount, "openai/m", "chat")


def room(purse: Purse) -> int:
    """The most that can be held now."""
    low, high = 0, 1 << 40
    while low < high:
        middle = (low + high + 1) // 2
        try:
            purse.hold(middle, "x")
        except BudgetExceeded:
            high = middle - 1
        else:
            purse.settle(middle, None)
            low = middle
    return low


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_settled_and_held_never_exceed_the_limit(calls: list[tuple[int, int]]) -> None:
    purse, spent = Purse("run", 100), 0
    for worst, real in calls:
        try:
            purse.hold(worst, "openai/m")
        except BudgetExceeded:
            assert spent + worst > 100
            continue
        purse.settle(worst, spending(min(real, worst)))
        spent += min(real, worst)
        assert spent <= 100
        assert room(purse) == 100 - spent


def test_what_is_unpriced_is_refused() -> None:
    with pytest.raises(BudgetExceeded, match="no price or no bound is known for openai/m"):
        Purse("run", 100).hold(None, "openai/m")


def test_a_hold_is_in_all_purses_or_in_none() -> None:
    wide, narrow = Purse("wide", 100), Purse("narrow", 10)
    with pytest.raises(BudgetExceeded, match="budget narrow"):
        hold_in((wide, narrow), 20, "openai/m")
    assert (room(wide), room(narrow)) == (100, 10)
    hold_in((wide, narrow), 10, "openai/m")
    settle_in((wide, narrow), 10, spending(4))
    assert (room(wide), room(narrow)) == (96, 6)


class Distant(MemoryLedger):
    """A store that is not in memory, and may be down."""

    in_memory = False
    down = False

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        if self.down:
            raise StoreError("the store is down")
        return super().hold(hold, now, wall)


class Billed:
    """A call of a known price."""

    user = None

    def worst(self, wall: float) -> int | None:
        return 20


def due(books: Ledger, *purses: Purse, account: int | None = None) -> Due:
    billing: Any = Billed()
    for purse in purses:
        with pursed("max_cost", purse):
            found = books.due(billing, AMBIENT.get())
    assert found.purses == purses
    if account is not None:
        return Due((Account("team", account),), False, purses)
    return found


@pytest.mark.parametrize("store", [MemoryLedger, Distant])
def test_a_ledger_holds_and_settles_in_the_purse_around_the_call(store) -> None:
    books, purse = Ledger(store(), FakeRuntime()), Purse("max_cost", 30)
    ticket = drive(books.hold(due(books, purse), 20, "openai/m", 600.0))
    assert room(purse) == 10
    drive(books.settle(ticket, spending(5)))
    assert room(purse) == 25


@pytest.mark.parametrize("store", [MemoryLedger, Distant])
def test_an_account_that_has_too_little_leaves_the_purse_as_it_was(store) -> None:
    books, purse = Ledger(store(), FakeRuntime()), Purse("max_cost", 30)
    with pytest.raises(BudgetExceeded, match="budget team"):
        drive(books.hold(due(books, purse, account=10), 20, "openai/m", 600.0))
    assert room(purse) == 30


def test_a_store_that_is_down_leaves_the_purse_as_it_was_or_lets_it_pay_alone() -> None:
    store, purse = Distant(), Purse("max_cost", 30)
    store.down = True
    strict = Ledger(store, FakeRuntime())
    with pytest.raises(StoreError):
        drive(strict.hold(due(strict, purse, account=100), 20, "openai/m", 600.0))
    assert room(purse) == 30
    lenient = Ledger(store, FakeRuntime(), when_down="allow")
    drive(lenient.hold(due(lenient, purse, account=100), 20, "openai/m", 600.0))
    assert room(purse) == 10
