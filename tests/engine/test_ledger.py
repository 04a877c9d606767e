"""The talk with the store: on time, once, and never forgotten."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from tests.timing import prompt

from fairlead.engine.budgets import AMBIENT, budget
from fairlead.engine.ledger import Due, Ledger, Rule, Ticket
from fairlead.engine.runtime import AsyncRuntime, drive
from fairlead.errors import BudgetExceeded, ConfigError, StoreError
from fairlead.ports import LedgerStore
from fairlead.stores.memory import MemoryLedger
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.spending import Account, Hold, Shortage, Slot, Spending

TEAM = Account("team", 100)
DUE = Due((TEAM,), False)
COST = Spending(7, "openai/m", "chat")


class Billed:
    """A call for `user`, of no known price."""

    def __init__(self, user: str | None = None) -> None:
        self.user = user

    def worst(self, wall: float) -> int | None:
        return None

    def guess(self, written: int, wall: float) -> int:
        return 0

    def priced(self, usage: object, wall: float) -> int | None:
        return None


class Frail(MemoryLedger):
    """A store that can be down. `asked` counts the calls that reached it."""

    in_memory = False
    records = True

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.asked = 0
        self.settled: list[tuple[str, int]] = []

    def _reach(self) -> None:
        self.asked += 1
        if self.down:
            raise StoreError("the store is down")

    def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
        self._reach()
        return super().hold(hold, now, wall)

    def settle(
        self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
    ) -> None:
        self._reach()
        self.settled.append((name, 0 if spending is None else spending.amount))
        super().settle(name, slots, spending, wall)

    def prolong(
        self, name: str, slots: Sequence[Slot], lease: float, now: float, wall: float
    ) -> None:
        self._reach()
        super().prolong(name, slots, lease, now, wall)


def ledger(store: LedgerStore, **arguments: Any) -> tuple[Ledger, FakeRuntime]:
    runtime = FakeRuntime()
    return Ledger(store, runtime, **arguments), runtime


def hold(books: Ledger, amount: int = 10) -> Ticket:
    return drive(books.hold(DUE, amount, "openai/m", 600.0))


def balance(store: MemoryLedger, runtime: FakeRuntime) -> tuple[int, int]:
    return store.balance(TEAM, runtime.now(), runtime.wall())


def test_a_settlement_that_is_not_heard_is_told_with_the_next_hold() -> None:
    store = Frail()
    books, runtime = ledger(store)
    ticket = hold(books)
    store.down = True
    drive(books.settle(ticket, COST))
    assert balance(store, runtime) == (0, 10)
    store.down = False
    runtime.advance(1)
    hold(books)
    assert balance(store, runtime) == (7, 10)


def test_a_hold_is_prolonged_to_the_deadline_of_its_call_and_a_minute() -> None:
    store = Frail()
    books, runtime = ledger(store)
    ticket = drive(books.hold(DUE, 10, "openai/m", 100.0))
    assert ticket.until == runtime.now() + 100
    runtime.advance(150)
    again = drive(books.prolong(ticket, runtime.now() + 200))
    assert again == runtime.now() + 200
    runtime.advance(259)
    assert balance(store, runtime) == (0, 10)
    runtime.advance(2)
    assert balance(store, runtime) == (0, 0)


def test_a_store_that_is_down_is_told_again_soon_that_a_hold_goes_on() -> None:
    store = Frail()
    books, runtime = ledger(store)
    ticket = drive(books.hold(DUE, 10, "openai/m", 100.0))
    store.down = True
    runtime.advance(100)
    assert drive(books.prolong(ticket, runtime.now() + 200)) == runtime.now() + 1
    store.down = False
    runtime.advance(1)
    drive(books.prolong(ticket, runtime.now() + 199))
    runtime.advance(190)
    assert balance(store, runtime) == (0, 10)


def test_what_was_never_held_is_not_prolonged() -> None:
    store = Frail()
    books, _ = ledger(store, when_down="allow")
    assert drive(books.hold(Due((), True), 10, "openai/m", 100.0)).until == float("inf")
    store.down = True
    assert hold(books).until == float("inf")


def test_what_is_left_to_tell_is_told_when_the_client_closes() -> None:
    store = Frail()
    books, runtime = ledger(store)
    ticket = hold(books)
    store.down = True
    drive(books.settle(ticket, COST))
    store.down = False
    drive(books.aclose())
    assert balance(store, runtime) == (7, 0)


def test_a_hold_that_may_have_been_heard_is_taken_back() -> None:
    store = Frail()
    books, runtime = ledger(store)
    store.down = True
    with pytest.raises(StoreError):
        hold(books)
    store.down = False
    runtime.advance(1)
    hold(books)
    assert [amount for _, amount in store.settled] == [0]


def test_a_store_that_failed_is_left_alone_for_half_a_second() -> None:
    store = Frail()
    books, runtime = ledger(store)
    store.down = True
    for _ in range(50):
        with pytest.raises(StoreError, match="the store is down"):
            hold(books)
    assert store.asked == 1
    store.down = False
    runtime.advance(0.5)
    hold(books)
    assert balance(store, runtime) == (0, 10)


def test_with_when_down_allow_calls_pass_and_are_counted_later() -> None:
    store = Frail()
    books, runtime = ledger(store, when_down="allow")
    store.down = True
    tickets = [hold(books) for _ in range(3)]
    for ticket in tickets:
        drive(books.settle(ticket, COST))
    store.down = False
    drive(books.aclose())
    assert balance(store, runtime) == (21, 0)


def test_what_was_allowed_is_counted_though_the_hold_that_failed_is_taken_back() -> None:
    class FirstWordCounts(Frail):
        """Who has settled once is done, as in Redis."""

        def settle(
            self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
        ) -> None:
            if name not in dict(self.settled):
                super().settle(name, slots, spending, wall)

    store = FirstWordCounts()
    books, runtime = ledger(store, when_down="allow")
    store.down = True
    ticket = hold(books)
    store.down = False
    runtime.advance(1)
    drive(books.settle(ticket, COST))
    assert balance(store, runtime) == (7, 0)


def test_a_hundred_calls_on_a_store_that_hangs_are_all_refused_in_time() -> None:
    class Hanging(Frail):
        def _reach(self) -> None:
            self.asked += 1
            time.sleep(0.05)
            raise StoreError("does not answer")

    async def run() -> float:
        books = Ledger(Hanging(), AsyncRuntime())
        began = time.monotonic()
        calls = [books.hold(DUE, 1, "openai/m", 600.0) for _ in range(100)]
        said = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(one, StoreError) for one in said)
        return time.monotonic() - began

    for watch in prompt(0.5):
        watch.seconds = asyncio.run(run())


def test_cancelled_twice_a_settlement_is_still_told() -> None:
    store = Frail()
    free = threading.Event()
    reach = store._reach

    def slow() -> None:
        free.wait(20)
        reach()

    store._reach = slow  # type: ignore[method-assign]

    async def run() -> None:
        books = Ledger(store, AsyncRuntime())
        slots = (Slot("team", None, 0),)
        settling = asyncio.ensure_future(books.settle(Ticket("a", 10, slots), COST))
        await asyncio.sleep(0)
        for _ in range(2):
            settling.cancel()
            await asyncio.sleep(0)
        free.set()
        await asyncio.gather(settling, return_exceptions=True)
        await books.aclose()

    asyncio.run(run())
    assert [amount for _, amount in store.settled] == [7]


def test_ids_differ_between_ledgers_and_calls() -> None:
    books, _ = ledger(MemoryLedger())
    other, _ = ledger(MemoryLedger())
    assert len({hold(books, 1).name, hold(books, 1).name, hold(other, 1).name}) == 3


def test_the_lease_outlives_the_deadline_of_the_call() -> None:
    store = MemoryLedger()
    books, runtime = ledger(store)
    hold(books)
    runtime.advance(600 + 59)
    assert balance(store, runtime) == (0, 10)
    runtime.advance(2)
    assert balance(store, runtime) == (0, 0)


def test_with_nothing_to_keep_no_call_is_concerned() -> None:
    books, _ = ledger(MemoryLedger())
    assert not books.concerned
    with budget("team", usd=1):
        assert books.concerned
    assert not books.concerned


def test_the_budgets_around_a_call_are_each_there_once() -> None:
    rules = (Rule("all", 50, "month", "all"), Rule("each", 30, "day", "user"), Rule("team", 20))
    books, _ = ledger(MemoryLedger(), rules=rules)
    assert books.concerned
    with budget("team"), budget("team", usd=1), budget("team", usd=1, per="day"):
        due = books.due(Billed("ann"), AMBIENT.get())
    assert due.accounts == (
        Account("all", 50, "month"),
        Account("each/ann", 30, "day"),
        Account("team", 20),
        Account("team", 10**9, "day"),
    )
    assert books.due(Billed(), AMBIENT.get()).accounts == (Account("all", 50, "month"),)


def test_one_budget_that_refuses_unknown_prices_is_enough() -> None:
    books, _ = ledger(MemoryLedger(), rules=(Rule("all", 50, None, "all"),))
    with budget("mine", usd=1, unpriced="allow"):
        assert not books.due(Billed(), AMBIENT.get()).allows_unpriced
    books, _ = ledger(MemoryLedger())
    with budget("mine", usd=1, unpriced="allow"):
        assert books.due(Billed(), AMBIENT.get()).allows_unpriced


def test_a_user_of_any_name_is_an_account() -> None:
    books, _ = ledger(MemoryLedger(), rules=(Rule("each", 30, None, "user"),))
    names = [
        books.due(Billed(u), AMBIENT.get()).accounts[0].name
        for u in ("a\nb", "x" * 500, "\ud800", "ann")
    ]
    assert all(name.isprintable() and len(name) < 200 for name in names)
    assert len(set(names)) == 4
    assert names[-1] == "each/ann"


def test_an_unknown_budget_is_told_with_what_to_do() -> None:
    books, _ = ledger(MemoryLedger())
    with budget("team"), pytest.raises(ConfigError, match=r"give usd=, or set \[budgets.team\]"):
        books.due(Billed(), AMBIENT.get())


def test_a_refusal_says_what_is_left_spent_held_and_needed() -> None:
    store = MemoryLedger()
    books, _ = ledger(store)
    due = Due((Account("team", 5 * 10**9, "day"),), False)
    first = drive(books.hold(due, 4 * 10**9, "openai/m", 60.0))
    drive(books.settle(first, Spending(3_250_000_000, "openai/m", "chat")))
    drive(books.hold(due, 10**9, "openai/m", 60.0))
    with pytest.raises(BudgetExceeded) as caught:
        drive(books.hold(due, 800_000_000, "openai/m", 60.0))
    said = str(caught.value)
    assert said.startswith(
        "budget team: $0.75 of $5.00 per day is left ($3.25 spent, $1.00 held for calls under "
        "way), and this call to openai/m may cost $0.80; lower max_tokens or raise the budget, or "
        "ask again when those have ended"
    )
    assert caught.value.resets_in is not None


def test_a_refusal_says_how_long_to_wait_where_waiting_helps() -> None:
    books, _ = ledger(MemoryLedger())
    due = Due((Account("team", 5 * 10**9, "day"),), False)
    spent = drive(books.hold(due, 4 * 10**9, "openai/m", 60.0))
    drive(books.settle(spent, Spending(4 * 10**9, "openai/m", "chat")))
    with pytest.raises(BudgetExceeded, match=r"raise the budget, or wait \d+ \w+$"):
        drive(books.hold(due, 2 * 10**9, "openai/m", 60.0))
    with pytest.raises(BudgetExceeded, match=r"lower max_tokens or raise the budget$"):
        drive(books.hold(due, 6 * 10**9, "openai/m", 60.0))


@pytest.mark.invariant("I2")
def test_who_is_cancelled_while_the_store_is_asked_holds_nothing() -> None:
    store, free = Frail(), threading.Event()
    reach = store._reach

    def slow() -> None:
        free.wait(20)
        reach()

    store._reach = slow  # type: ignore[method-assign]

    async def run() -> None:
        books = Ledger(store, AsyncRuntime())
        holding = asyncio.ensure_future(books.hold(DUE, 10, "openai/m", 600.0))
        await asyncio.sleep(0.01)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        free.set()
        until = time.monotonic() + 20
        while not store.settled or store.balance(TEAM, time.monotonic(), time.time()) != (0, 0):
            assert time.monotonic() < until
            await asyncio.sleep(0.005)

    asyncio.run(run())


@pytest.mark.fault(
    "R1", "a budget whose store is down sends nothing; one call in half a second asks"
)
@pytest.mark.invariant("I18")
def test_after_a_failure_one_call_looks_for_all() -> None:
    store = Frail()
    books, runtime = ledger(store)
    store.down = True
    for _ in range(4):
        for _ in range(20):
            with pytest.raises(StoreError):
                hold(books)
        runtime.advance(0.6)
    assert store.asked == 4


def test_a_hold_that_was_broken_off_by_the_user_is_taken_back() -> None:
    class Stopped(Frail):
        def hold(self, hold: Hold, now: float, wall: float) -> tuple[Slot, ...] | Shortage:
            super().hold(hold, now, wall)
            raise KeyboardInterrupt

    store = Stopped()
    books, _ = ledger(store)
    with pytest.raises(KeyboardInterrupt):
        hold(books)
    drive(books.aclose())
    assert [amount for _, amount in store.settled] == [0]


def test_a_call_does_not_wait_until_all_that_an_outage_has_left_is_told() -> None:
    class Slow(Frail):
        def settle(
            self, name: str, slots: Sequence[Slot], spending: Spending | None, wall: float
        ) -> None:
            super().settle(name, slots, spending, wall)
            runtime.advance(0.01)

    store = Slow()
    books, runtime = ledger(store, when_down="allow")
    store.down = True
    for _ in range(1000):
        drive(books.settle(Ticket("lost", 0, (Slot("team", None, 0),)), COST))
    store.down = False
    runtime.advance(1)

    began = runtime.now()
    drive(books.hold(Due((Account("rich", 10**9),), False), 10, "openai/m", 600.0))
    assert runtime.now() - began < 0.2
    drive(books.aclose())
    assert len(store.settled) == 1000
