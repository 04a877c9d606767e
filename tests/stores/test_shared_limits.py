"""Limits that clients share, from the settings to the store: what it takes, what if it is down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import begun, chunk, whole
from tests.ports import free_port
from tests.stores.redis_server import RedisServer
from tests.timing import prompt
from tests.transports.colours import until

from fairlead import AsyncClient, Client
from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError, LimitExceeded, StoreError
from fairlead.policies.rate_limits import RateLimits
from fairlead.settings import Settings
from fairlead.settings.values import BudgetSettings, StoreSettings
from fairlead.testing.server import Pause, ScriptedServer


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreSettings]:
    path = str(tmp_path / "ledger.db")
    if request.param == "sqlite":
        yield StoreSettings(kind="sqlite", path=path, timeout=5)
        return
    url = request.getfixturevalue("shared_redis").url
    yield StoreSettings(kind="redis", url=Secret(url), prefix=tmp_path.name, path=path, timeout=5)


def at(url: str, store: StoreSettings, **changes: Any) -> Settings:
    limits = RateLimits(shared=True, **changes.pop("limits"))
    return settings_for(url, rate_limits=limits, store=store, **changes)


def test_two_clients_count_together(store: StoreSettings) -> None:
    limits = {"requests_per_minute": 2, "burst": 2, "max_wait": 0}
    with ScriptedServer(whole(), whole()) as server:
        with Client(at(server.url, store, limits=limits)) as one:
            with Client(at(server.url, store, limits=limits)) as two:
                one.chat("fake/m", "Hi")
                two.chat("fake/m", "Hi")
                for client in (one, two):
                    with pytest.raises(LimitExceeded, match="that all processes share") as caught:
                        client.chat("fake/m", "Hi")
                    assert 25 < caught.value.retry_after <= 30


def test_a_client_waits_for_the_place_that_another_has(store: StoreSettings) -> None:
    async def run() -> None:
        limits = {"concurrency": 1}
        end = chunk({}, "stop") + b"data: [DONE]\n\n"
        slow = [
            begun(chunk({"content": "Hello"})),
            Pause(0.3),
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(end), end),
        ]
        with ScriptedServer(slow, whole()) as server:
            async with AsyncClient(at(server.url, store, limits=limits)) as one:
                async with AsyncClient(at(server.url, store, limits=limits)) as two:
                    async with one.stream("fake/m", "Hi") as stream:
                        await anext(aiter(stream))
                        began = time.monotonic()
                        waiting = asyncio.ensure_future(two.chat("fake/m", "Hi"))
                        await stream.result()
                    answer = await waiting
                    assert time.monotonic() - began >= 0.2
        assert answer.receipt.attempts[0].wait > 0.1

    asyncio.run(run())


def test_tokens_that_were_not_used_are_there_for_others(store: StoreSettings) -> None:
    limits = {"tokens_per_minute": 600, "max_wait": 0}  # a hundred at once
    with ScriptedServer(*[whole()] * 3) as server:
        with Client(at(server.url, store, limits=limits)) as client:
            for _ in range(3):
                client.chat("fake/m", "x" * 150)


def commands(server: RedisServer) -> dict[str, int]:
    said = server.command("INFO", "commandstats")
    return {
        line.split(":")[0].removeprefix("cmdstat_"): int(line.split("calls=")[1].split(",")[0])
        for line in said.splitlines()
        if line.startswith("cmdstat_")
    }


def asked(server: RedisServer) -> int:
    return commands(server).get("evalsha", 0)


@pytest.mark.parametrize(
    ("limits", "budget", "trips"),
    [
        ({"requests_per_second": 100}, False, 1),
        ({"concurrency": 9, "requests_per_second": 100, "tokens_per_minute": 10**6}, False, 2),
        ({"concurrency": 9, "requests_per_second": 100}, True, 4),
    ],
)
def test_what_a_call_takes_of_redis_is_known(
    own_redis: RedisServer, tmp_path: Path, limits: Any, budget: bool, trips: int
) -> None:
    """One question for all limits, one farewell where something comes back, two for the budget."""
    store = StoreSettings(
        kind="redis", url=Secret(own_redis.url), path=str(tmp_path / "s.db"), timeout=5
    )
    budgets = {"all": BudgetSettings(usd=1, scope="all", unpriced="allow")} if budget else {}
    with ScriptedServer(whole(), whole()) as server:
        with Client(at(server.url, store, limits=limits, budgets=budgets)) as client:
            client.chat("fake/m", "Hi", max_tokens=50)
            own_redis.command("CONFIG", "RESETSTAT")
            client.chat("fake/m", "Hi", max_tokens=50)
            found = commands(own_redis)
    assert found["evalsha"] == trips
    assert not found.keys() & {"eval", "info", "hello", "ping", "script|load"}


@pytest.mark.fault("R1", "without its store, a call that is limited waits 50 ms once and goes on")
def test_limits_without_a_redis_are_kept_to_alone(tmp_path: Path) -> None:
    store = StoreSettings(
        kind="redis",
        url=Secret(f"redis://127.0.0.1:{free_port()}/0"),
        path=str(tmp_path / "s.db"),
        replicas=5,
    )
    limits = {"requests_per_minute": 50, "burst": 10, "max_wait": 0}
    with ScriptedServer(whole(), whole()) as server:
        with Client(at(server.url, store, limits=limits)) as client:
            for _ in range(2):
                client.chat("fake/m", "Hi")
            with pytest.raises(LimitExceeded) as caught:
                client.chat("fake/m", "Hi")
    assert 1.2 < caught.value.retry_after <= 6  # one of five: six seconds, and not 1.2, for each


@pytest.mark.fault("R1", "a Redis that hangs and comes back: limits go on alone, then together")
def test_a_redis_that_hangs_and_comes_back(own_redis: RedisServer, tmp_path: Path) -> None:
    store = StoreSettings(kind="redis", url=Secret(own_redis.url), path=str(tmp_path / "s.db"))
    limits = {"requests_per_minute": 60_000, "burst": 1000, "max_wait": 0}
    with ScriptedServer(whole()) as server:
        with Client(at(server.url, store, limits=limits)) as client:
            own_redis.pause()
            for watch in prompt(0.5):
                with watch:
                    for _ in range(2):
                        client.chat("fake/m", "Hi")
            own_redis.resume()
            before = asked(own_redis)
            assert until(lambda: client.chat("fake/m", "Hi") and asked(own_redis) > before)


@pytest.mark.invariant("I18")
def test_with_refuse_no_call_is_sent_without_the_store(tmp_path: Path) -> None:
    store = StoreSettings(
        kind="redis",
        url=Secret(f"redis://127.0.0.1:{free_port()}/0"),
        path=str(tmp_path / "s.db"),
        limits_when_down="refuse",
    )
    with ScriptedServer(whole()) as server:
        with Client(at(server.url, store, limits={"concurrency": 5})) as client:
            with pytest.raises(StoreError, match="the Redis that keeps the limits cannot be"):
                client.chat("fake/m", "Hi")
        assert server.requests == []


@pytest.mark.parametrize(
    ("store", "sentence"),
    [
        (StoreSettings(kind="memory"), "which no other process can see"),
        (StoreSettings(kind="redis"), "store.url is missing"),
        (StoreSettings(kind="sqlite", replicas=0), "store.replicas must be at least 1"),
        (StoreSettings(kind="sqlite", path="/proc/nowhere/x.db"), "cannot be used"),
    ],
)
def test_a_store_that_cannot_be_is_refused_when_the_client_is_made(
    store: StoreSettings, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Client(at("http://127.0.0.1:9", store, limits={"concurrency": 1}))


def test_limits_that_are_not_shared_ask_no_store(own_redis: RedisServer, tmp_path: Path) -> None:
    store = StoreSettings(kind="redis", url=Secret(own_redis.url), path=str(tmp_path / "s.db"))
    settings = {"rate_limits": RateLimits(concurrency=3), "store": store}
    with ScriptedServer(whole()) as server:
        with Client(settings_for(server.url, **settings)) as client:
            client.chat("fake/m", "Hi")
    assert "evalsha" not in commands(own_redis)


@pytest.mark.fault(
    "R1", "a budget whose Redis hangs sends nothing, and says so within store.timeout"
)
@pytest.mark.invariant("I18")
def test_a_budget_whose_redis_hangs_refuses_in_time(own_redis: RedisServer, tmp_path: Path) -> None:
    store = StoreSettings(kind="redis", url=Secret(own_redis.url), path=str(tmp_path / "s.db"))
    budgets = {"all": BudgetSettings(usd=1, scope="all", unpriced="allow")}
    with ScriptedServer(whole()) as server:
        with Client(settings_for(server.url, budgets=budgets, store=store)) as client:
            own_redis.pause()
            for watch in prompt(0.5):
                with watch:
                    for _ in range(20):
                        with pytest.raises(StoreError, match="keeps the budgets does not"):
                            client.chat("fake/m", "Hi", max_tokens=5)
            assert server.requests == []
            own_redis.resume()

            def answered() -> bool:
                with suppress(StoreError):
                    return client.chat("fake/m", "Hi", max_tokens=5).text == "Hello there"
                return False

            assert until(answered)


def test_health_shows_what_this_process_has_under_way(store: StoreSettings) -> None:
    limits = {"concurrency": 3}
    with ScriptedServer([begun(chunk({"content": "Hello"})), Pause(1)]) as server:
        with Client(at(server.url, store, limits=limits)) as client:
            with client.stream("fake/m", "Hi") as stream:
                next(iter(stream))
                (health,) = client.health("fake/m").limits
                assert (health.in_use, health.waiting, health.concurrency) == (1, 0, 3)
            (health,) = client.health("fake/m").limits
            assert health.in_use == 0


def test_new_settings_keep_the_store_and_another_store_is_opened(tmp_path: Path) -> None:
    from fairlead.engine.runtime import BlockingRuntime, drive
    from fairlead.sharing import next_sharing, open_sharing

    runtime = BlockingRuntime()
    here = at("http://127.0.0.1:9", StoreSettings(path=str(tmp_path / "a.db")), limits={})
    there = at("http://127.0.0.1:9", StoreSettings(path=str(tmp_path / "b.db")), limits={})
    assert open_sharing(here, runtime, wanted=False) is None
    first = open_sharing(here, runtime, wanted=True)
    assert next_sharing(first, here, here, runtime, wanted=True) is first
    second = next_sharing(first, here, there, runtime, wanted=True)
    assert second is not None
    assert second is not first
    assert {path.name for path in tmp_path.glob("*.db")} == {"a-limits.db", "b-limits.db"}
    for one in (first, second):
        assert one is not None
        drive(one.talk.aclose())
