"""Budgets from the settings and around blocks, in both colours, on every route that spends."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.client.conftest import KEY, settings_for
from tests.client.wire import chunk, pieces, streamed, whole
from tests.transports.colours import until

import fairlead
from fairlead import AsyncClient, Client, Settings
from fairlead.auth.secret import Secret
from fairlead.engine.budgets import AMBIENT
from fairlead.errors import (
    BudgetExceeded,
    ConfigError,
    InvalidRequest,
    StoreError,
    UnknownBudget,
)
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.settings.values import BudgetSettings, StoreSettings
from fairlead.stores.memory import shared_ledger
from fairlead.testing.server import Close, Pause, ScriptedServer, respond, stream
from fairlead.types.spending import Account

MODEL = "openai/gpt-4o"
COST = 62_500  # nano-dollars of the usual answer: 9 in at 2.50, 4 out at 10 dollars a million
MAX = {"max_tokens": 10}


@pytest.fixture(autouse=True)
def _own_ledger() -> None:
    shared_ledger.cache_clear()


def paid(url: str, **changes: Any) -> Settings:
    own = ProviderSettings(base_url=f"{url}/v1", key=Secret(KEY))
    changes.setdefault("retry", RetrySettings(max_retries=0))
    return Settings(providers={"openai": own}, **changes)


def spent(name: str, per: Any = None) -> tuple[int, int]:
    """Settled and held, in nano-dollars, of an account in memory."""
    return shared_ledger().balance(Account(name, 0, per), time.monotonic(), time.time())


def test_a_call_in_a_block_spends_from_its_budget(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5):
            client.chat(MODEL, "Hi", **MAX)

    assert spent("team-a") == (COST, 0)


def test_a_call_outside_of_every_block_spends_from_none(opened) -> None:
    with ScriptedServer(whole(), whole()) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5):
            client.chat(MODEL, "Hi", **MAX)
        client.chat(MODEL, "Hi", **MAX)

    assert spent("team-a") == (COST, 0)


def test_a_call_that_may_cost_too_much_is_refused_before_anything_is_sent(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd="0.001"), pytest.raises(BudgetExceeded) as caught:
            client.chat(MODEL, "Hi", max_tokens=100)
        assert server.requests == []

    error = caught.value
    assert (error.account, error.limit, error.exit_code) == ("team-a", Decimal("0.001"), 5)
    assert error.needed is not None
    assert error.needed > Decimal("0.001")
    assert str(error).startswith("budget team-a: $0.001 of $0.001 is left ($0.00 spent), and this")
    assert "lower max_tokens or raise the budget" in str(error)
    assert error.receipt is not None
    assert error.receipt.attempts == ()


def test_nested_budgets_all_apply(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5), fairlead.budget("user-7", usd=1, per="day"):
            client.chat(MODEL, "Hi", **MAX)
        with fairlead.budget("team-a", usd=5), fairlead.budget("user-8", usd="0.0001"):
            with pytest.raises(BudgetExceeded, match="budget user-8"):
                client.chat(MODEL, "Hi", **MAX)

    assert spent("team-a") == (COST, 0)
    assert spent("user-7", "day") == (COST, 0)
    assert spent("user-8") == (0, 0)


def test_a_stream_is_held_until_its_end_and_settled_by_its_usage(opened) -> None:
    with ScriptedServer(streamed("Hello")) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5):
            client.stream(MODEL, "Hi", **MAX)

    assert spent("team-a") == (COST, 0)


def test_while_a_stream_runs_its_worst_case_is_held() -> None:
    with ScriptedServer(streamed("Hello")) as server:
        with Client(paid(server.url)) as client, fairlead.budget("team-a", usd=5):
            with client.stream(MODEL, "Hi", max_tokens=1000) as answer:
                settled, held = spent("team-a")
                assert settled == 0
                assert held > 1000 * 10_000
                answer.result()
            assert spent("team-a") == (COST, 0)


@pytest.mark.fault("P13", "settled by an estimate of what went in and came out")
def test_a_stream_that_is_left_early_is_settled_by_an_estimate(opened) -> None:
    text = "word " * 80
    with ScriptedServer([*list(stream(pieces(text)))[:-4], Pause(5)]) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5):
            client.first(2, MODEL, "Hi " * 100, max_tokens=1000)

    settled, held = spent("team-a")
    assert held == 0
    assert settled >= len(text) // 4 * 10_000  # at least the output that came


def test_a_stream_that_breaks_is_settled_once_by_an_estimate(opened) -> None:
    with ScriptedServer([*list(stream([chunk({"content": "Hello"})]))[:-1], Close()]) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5), pytest.raises(fairlead.StreamInterrupted):
            client.stream(MODEL, "Hi", **MAX)

    settled, held = spent("team-a")
    assert held == 0
    assert 0 < settled < 20 * COST


def test_a_failure_before_anything_was_billed_gives_everything_back(opened) -> None:
    with ScriptedServer(respond(400, (), b'{"error":{"message":"no"}}')) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5), pytest.raises(fairlead.BadRequestError):
            client.chat(MODEL, "Hi", **MAX)

    assert spent("team-a") == (0, 0)


def test_a_request_that_was_sent_and_lost_is_counted_by_an_estimate(opened, quick) -> None:
    with ScriptedServer([Pause(3)]) as server:
        client = opened(paid(server.url, timeouts=quick["timeouts"]))
        with fairlead.budget("team-a", usd=5), pytest.raises(fairlead.FairleadError):
            client.chat(MODEL, "Hi " * 500, deadline=0.4, **MAX)

    settled, held = spent("team-a")
    assert held == 0
    assert settled > 300 * 2_500


def test_embeddings_and_completions_spend_too(opened) -> None:
    vectors = {
        "model": "text-embedding-3-small",
        "data": [{"index": 0, "embedding": [0.5]}],
        "usage": {"prompt_tokens": 500, "total_tokens": 500},
    }
    answer = respond(200, (("Content-Type", "application/json"),), json.dumps(vectors).encode())
    with ScriptedServer(answer) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5):
            client.do("embed", "openai/text-embedding-3-small", ["one"])
        with fairlead.budget("small", usd="0.000001"), pytest.raises(BudgetExceeded):
            client.do("embed", "openai/text-embedding-3-small", ["one" * 100])

    assert spent("team-a") == (10_000, 0)


@pytest.mark.parametrize("model", ["openai/gpt-99", "fake/m"])
def test_an_unknown_price_is_refused_under_a_budget(opened, model: str) -> None:
    with ScriptedServer(whole()) as server:
        settings = paid(server.url)
        settings.providers.update(settings_for(server.url).providers)
        client = opened(settings)
        with fairlead.budget("team-a", usd=5):
            with pytest.raises(BudgetExceeded, match=f"no price or no bound is known for {model}"):
                client.chat(model, "Hi", **MAX)
        assert server.requests == []


@pytest.mark.parametrize("model", ["openai/gpt-99", "fake/m"])
def test_an_unknown_price_may_be_let_through_uncounted_with_a_warning(opened, model: str) -> None:
    with ScriptedServer(whole()) as server:
        settings = paid(server.url)
        settings.providers.update(settings_for(server.url).providers)
        client = opened(settings)
        with fairlead.budget("team-a", usd=5, unpriced="allow"):
            answer = client.chat(model, "Hi", **MAX)

    assert spent("team-a") == (0, 0)
    (warning,) = answer.warnings
    assert warning == f"no price is known for {model}; the cost of this answer is not counted"


def test_a_plain_post_cannot_slip_past_a_budget(opened) -> None:
    with ScriptedServer(respond(200, (), b"{}"), respond(200, (), b"{}")) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd=5), pytest.raises(BudgetExceeded, match="no price"):
            client.post(f"{server.url}/run", {})
        with fairlead.budget("team-a", usd=5, unpriced="allow"):
            assert client.post(f"{server.url}/run", {}).warnings


def test_what_costs_nothing_needs_no_budget(opened) -> None:
    with ScriptedServer(respond(200, (), b'{"data":[]}')) as server:
        client = opened(paid(server.url))
        with fairlead.budget("team-a", usd="0.000000001"):
            assert client.models("openai") == ()


def test_budgets_of_the_settings_hold_for_all_for_users_and_for_who_names_them(
    opened, tmp_path: Path
) -> None:
    budgets = {
        "everybody": BudgetSettings(usd=100, per="month", scope="all"),
        "people": BudgetSettings(usd="0.0002", per="day", scope="user"),
        "team-a": BudgetSettings(usd=5, per="day"),
    }
    settings = {"budgets": budgets, "store": StoreSettings(kind="memory")}
    with ScriptedServer(whole(), whole(), whole()) as server:
        client = opened(paid(server.url, **settings))
        with fairlead.budget("team-a"):
            client.chat(MODEL, "Hi", max_tokens=1)
        small = {"max_tokens": 1, "user": "ann"}
        with pytest.raises(BudgetExceeded, match=r"budget people/ann: .* per day"):
            client.chat(MODEL, "Hi", **small)

    assert spent("everybody", "month") == (COST, 0)
    assert spent("team-a", "day") == (COST, 0)
    assert spent("people/ann", "day") == (0, 0)


def test_a_budget_that_nobody_set_is_an_error_with_the_nearest_name(opened) -> None:
    settings = {
        "budgets": {"team-a": BudgetSettings(usd=5)},
        "store": StoreSettings(kind="memory"),
    }
    with ScriptedServer(whole()) as server:
        client = opened(paid(server.url, **settings))
        with fairlead.budget("team-b"), pytest.raises(ConfigError, match="did you mean team-a"):
            client.chat(MODEL, "Hi", **MAX)


def test_a_budget_that_nobody_set_is_no_trouble_of_the_targets_of_a_route(opened) -> None:
    settings = {
        "budgets": {"team-a": BudgetSettings(usd=5)},
        "store": StoreSettings(kind="memory"),
    }
    with ScriptedServer(whole()) as server:
        client = opened(paid(server.url, **settings))
        with fairlead.budget("team-b"), pytest.raises(UnknownBudget, match="did you mean team-a"):
            client.chat(fairlead.route(MODEL, "openai/gpt-4o-mini"), "Hi", **MAX)

    assert not server.requests


def test_the_settings_and_the_block_both_hold(opened) -> None:
    settings = {
        "budgets": {"team-a": BudgetSettings(usd="0.0001")},
        "store": StoreSettings(kind="memory"),
    }
    with ScriptedServer(whole()) as server:
        client = opened(paid(server.url, **settings))
        with fairlead.budget("team-a", usd=5), pytest.raises(BudgetExceeded) as caught:
            client.chat(MODEL, "Hi", **MAX)
    assert caught.value.limit == Decimal("0.0001")


def test_budgets_of_the_settings_last_in_a_file_that_clients_share(opened, tmp_path: Path) -> None:
    settings = {
        "budgets": {"all": BudgetSettings(usd="0.003", scope="all")},
        "store": StoreSettings(path=str(tmp_path / "ledger.db"), timeout=5),
    }
    with ScriptedServer(whole(), whole()) as server:
        for _ in range(2):
            opened(paid(server.url, **settings)).chat(MODEL, "Hi", **MAX)
        with pytest.raises(BudgetExceeded, match=r"\$0\.000125 spent"):
            opened(paid(server.url, **settings)).chat(MODEL, "Hi", max_tokens=300)


@pytest.mark.parametrize("when_down", ["refuse", "allow"])
def test_a_store_that_is_down_refuses_within_50_ms_or_allows(
    opened, tmp_path: Path, when_down: Any
) -> None:
    import sqlite3

    path = tmp_path / "ledger.db"
    settings = {
        "budgets": {"all": BudgetSettings(usd=1, scope="all")},
        "store": StoreSettings(path=str(path), when_down=when_down),
    }
    with ScriptedServer(whole()) as server:
        client = opened(paid(server.url, **settings))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        if when_down == "allow":
            assert client.chat(MODEL, "Hi", **MAX).text == "Hello there"
        else:
            with pytest.raises(StoreError, match="other processes keep it locked"):
                client.chat(MODEL, "Hi", **MAX)
            assert server.requests == []
        assert time.monotonic() - began < 1
        other.execute("ROLLBACK")
        opened.close()  # what could not be told is told now
        opened._opened.clear()
        told = other.execute("SELECT sum(settled) FROM balance").fetchone()
        other.close()
    assert told == ((COST,) if when_down == "allow" else (None,))


@pytest.mark.invariant("I2")
def test_many_calls_at_once_never_spend_more_than_there_is() -> None:
    # Each may cost 0.0013 and costs 0.0000625: at first three fit at a time.
    async def run(url: str) -> list[object]:
        async with AsyncClient(paid(url)) as client:
            with fairlead.budget("team-a", usd="0.004"):
                calls = [client.chat(MODEL, "Hi", max_tokens=1) for _ in range(60)]
                return await asyncio.gather(*calls, return_exceptions=True)

    with ScriptedServer(*[whole() for _ in range(60)]) as server:
        said = asyncio.run(run(server.url))
        sent = len(server.requests)

    answers = [one for one in said if isinstance(one, fairlead.ChatResponse)]
    refused = [one for one in said if isinstance(one, BudgetExceeded)]
    assert len(answers) + len(refused) == 60
    assert answers
    assert refused
    assert sent == len(answers)
    assert spent("team-a") == (len(answers) * COST, 0)


@pytest.mark.fault("P13")
@pytest.mark.invariant("I2")
def test_a_call_that_is_cancelled_leaves_nothing_held() -> None:
    async def run(url: str) -> None:
        async with AsyncClient(paid(url)) as client:
            with fairlead.budget("team-a", usd=5):
                call = asyncio.ensure_future(client.chat(MODEL, "Hi", **MAX))
                while not server.requests:  # noqa: ASYNC110  # the server is in a thread
                    await asyncio.sleep(0.01)
                assert spent("team-a")[1] > 0
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call

    with ScriptedServer([Pause(10)]) as server:
        asyncio.run(run(server.url))
    settled, held = spent("team-a")
    assert held == 0
    assert 0 < settled < COST * 40, "what was sent may be billed"


def test_one_budget_may_be_around_tasks_and_threads_that_end_in_any_order() -> None:
    team = fairlead.budget("team", usd=5)
    left: list[int] = []

    async def task(seconds: float) -> None:
        with team, team:
            await asyncio.sleep(seconds)
        left.append(len(AMBIENT.get()))

    async def tasks() -> None:
        await asyncio.gather(task(0.02), task(0.0), task(0.01))

    with team:
        threads = [Thread(target=asyncio.run, args=(tasks(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(AMBIENT.get()) == 1
    assert left == [0] * 12
    assert AMBIENT.get() == ()


def test_a_task_that_a_block_starts_is_in_it_and_a_thread_is_not() -> None:
    from fairlead.engine.budgets import AMBIENT

    seen: list[int] = []

    async def run() -> None:
        with fairlead.budget("team-a", usd=5):
            task = asyncio.ensure_future(look())
        await task
        await look()

    async def look() -> None:
        seen.append(len(AMBIENT.get()))

    asyncio.run(run())
    with fairlead.budget("team-a", usd=5):
        thread = Thread(target=lambda: seen.append(len(AMBIENT.get())))
        thread.start()
        thread.join()
    assert seen == [1, 0, 0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": ""}, "1 to 200 printable characters"),
        ({"name": "a\nb", "usd": 1}, "printable"),
        ({"name": "a" * 201, "usd": 1}, "1 to 200"),
        ({"name": "a", "usd": 0}, "above 0"),
        ({"name": "a", "usd": -1}, "above 0"),
        ({"name": "a", "usd": float("nan")}, "above 0"),
        ({"name": "a", "usd": float("inf")}, "above 0"),
        ({"name": "a", "usd": "five"}, "above 0"),
        ({"name": "a", "usd": True}, "above 0"),
        ({"name": "a", "usd": 1e9}, "at most 9,000,000"),
        ({"name": "a", "usd": 1, "per": "year"}, "per must be one of hour, day, week, month"),
        ({"name": "a", "per": "day"}, "per goes with usd"),
        ({"name": "a", "usd": 1, "unpriced": "yes"}, "unpriced must be refuse or allow"),
    ],
)
def test_what_is_no_budget_is_refused_when_it_is_made(arguments, sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        fairlead.budget(**arguments)


@pytest.mark.parametrize("usd", [5, 5.0, "5", "5.00", Decimal(5)])
def test_dollars_mean_what_is_written(usd: Any) -> None:
    assert fairlead.budget("a", usd=usd)._named.limit == 5 * 10**9


def test_a_float_is_the_decimal_number_that_was_typed() -> None:
    assert fairlead.budget("a", usd=0.1)._named.limit == 10**8


@pytest.mark.parametrize(
    ("budgets", "store", "sentence"),
    [
        ({"a": BudgetSettings()}, StoreSettings(kind="memory"), "budgets.a: usd is missing"),
        ({"a": BudgetSettings(usd=1e12)}, StoreSettings(kind="memory"), "at most 9,000,000"),
        ({}, StoreSettings(kind="redis"), "store.url is missing"),
        ({}, StoreSettings(kind="redis", url=Secret("http://x")), "no address of a Redis"),
    ],
)
def test_settings_that_cannot_be_are_refused_when_the_client_is_made(
    budgets, store, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Client(Settings(budgets=budgets, store=store))


def test_along_a_route_each_target_holds_its_own_and_only_the_answer_is_paid(opened) -> None:
    down = respond(503, (), b'{"error":{"message":"down"}}')
    with ScriptedServer(down, whole()) as server:
        client = opened(paid(server.url))
        route = fairlead.route("openai/gpt-4o-mini", MODEL)
        with fairlead.budget("team-a", usd=5):
            answer = client.chat(route, "Hi", **MAX)

    assert answer.receipt.target == MODEL
    assert spent("team-a") == (COST, 0)


def test_a_stream_that_begins_anew_is_paid_for_each_beginning(opened) -> None:
    cut = [*list(stream([chunk({"content": "Hello"})]))[:-1], Close()]
    with ScriptedServer(cut, streamed("Hello")) as server:
        client = opened(paid(server.url))
        route = fairlead.route("openai/gpt-4o-mini", MODEL, on_break="restart")
        with fairlead.budget("team-a", usd=5):
            client.stream(route, "Hi", **MAX)

    settled, held = spent("team-a")
    assert held == 0
    assert settled > COST


def test_a_route_whose_targets_are_all_too_dear_sends_nothing(opened) -> None:
    with ScriptedServer(whole()) as server:
        client = opened(paid(server.url))
        route = fairlead.route("openai/gpt-4o-mini", MODEL)
        with fairlead.budget("team-a", usd="0.00001"), pytest.raises(fairlead.FairleadError) as no:
            client.chat(route, "Hi", max_tokens=1000)
        assert server.requests == []
    assert "budget team-a" in str(no.value) + "".join(map(str, getattr(no.value, "exceptions", ())))


@pytest.mark.fault("S15")
@pytest.mark.invariant("I2")
def test_a_stream_that_is_dropped_is_freed_at_once_and_settled_with_the_next_call() -> None:
    begun_only = list(stream([chunk({"content": "Hello"})]))[:-1]
    with ScriptedServer([*begun_only, Pause(30)], whole()) as server:
        with Client(paid(server.url)) as client, fairlead.budget("team-a", usd=5):
            left = client.stream(MODEL, "Hi", **MAX)
            next(iter(left))
            gc.disable()
            try:
                del left
                assert until(lambda: server.open_connections == 0)
            finally:
                gc.enable()
            assert spent("team-a")[1] > 0
            client.chat(MODEL, "Hi", **MAX)

    settled, held = spent("team-a")
    assert held == 0
    assert settled > COST
