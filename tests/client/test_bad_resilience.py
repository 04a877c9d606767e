"""Limits, routes, budgets and stores that cannot be: refused when the client is made where that can
be known, else by the first call, always in one sentence.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from tests.client.conftest import settings_for
from tests.client.test_budgets import MAX, MODEL, paid
from tests.client.wire import whole
from tests.stores.redis_server import RedisServer, free_port, installed

from fairlead import Client, Settings
from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError, FairleadError, StoreError
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.cache import CachePolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.settings import ProviderSettings
from fairlead.settings.values import BudgetSettings, StoreSettings, TargetSettings
from fairlead.testing.memory import MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.testing.server import ScriptedServer
from fairlead.types.routes import Route, RouteTarget

EVERY = BudgetSettings(usd=5, scope="all")


def one_sentence(said: str) -> bool:
    return "\n" not in said and "Traceback" not in said and len(said) < 300


def refused(made: Any, sentence: str) -> None:
    """`made` refuses with these words, as a `ConfigError`."""
    with pytest.raises(ConfigError, match=sentence) as caught:
        made()
    assert one_sentence(str(caught.value))


# -- when the settings are made ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (RateLimits, {"requests_per_second": 1, "requests_per_minute": 60}, "not both"),
        (RateLimits, {"strict": True, "burst": 3, "requests_per_second": 5}, "burst is 3"),
        (RateLimits, {"burst": 3}, "requests_per_minute too"),
        (RateLimits, {"max_wait": 1.0}, "none is set"),
        (RateLimits, {"shared": True, "adaptive": True}, "adaptive or shared"),
        (RateLimits, {"lease": 60.0, "concurrency": 1}, "give shared"),
        (RateLimits, {"shared": True, "concurrency": 1, "lease": 1e6}, "at most a day"),
        (RateLimits, {"concurrency": 0}, "at least 1"),
        (RateLimits, {"tokens_per_minute": float("nan")}, "at least 1"),
        (BreakerPolicy, {"open": 10.0, "open_most": 5.0}, "below open"),
        (BreakerPolicy, {"window": 1e-308}, "window must be at least"),
        (BreakerPolicy, {"failure_percent": 101.0}, "at most 100"),
        (CachePolicy, {"ttl": 0.0}, "cache.ttl must be above 0"),
        (CachePolicy, {"ttl": float("nan")}, "cache.ttl must be above 0"),
        (CachePolicy, {"max_entries": -1}, "cache.max_entries must be above 0"),
    ],
)
def test_values_that_contradict_each_other_make_no_settings(kind, values, sentence) -> None:
    refused(lambda: kind(**values), sentence)


# -- when the client is made ---------------------------------------------------------------------

ROUTES: list[tuple[Any, str]] = [
    ({"a": Route(targets=("a",))}, r"\[routes.a\] names itself"),
    ({"a": Route(targets=("b",)), "b": Route(targets=("a",))}, "which is a route itself"),
    ({"openai": Route(targets=("groq/x",))}, "openai is a provider"),
    ({"a": Route(targets=())}, "needs at least one target"),
    ({"a": Route(targets=("groq/x", "groq/x"))}, "twice"),
    ({"a": Route(targets=("groq/x",), order="best")}, "order must be one of listed"),  # type: ignore[arg-type]
    ({"a": Route(targets=("groq/x",), on_break="stop")}, "on_break must be one of"),  # type: ignore[arg-type]
    ({"a": Route(targets=(RouteTarget("groq/x", 0.0),), order="weighted")}, "not above 0"),
]


@pytest.mark.parametrize(("routes", "sentence"), ROUTES)
def test_a_route_that_leads_nowhere_makes_no_client(routes, sentence: str) -> None:
    refused(lambda: Client(Settings(routes=routes)), sentence)


def test_an_alias_of_a_route_inside_that_route_makes_no_client() -> None:
    given = Settings(aliases={"b": "a"}, routes={"a": Route(targets=("b",))})
    refused(lambda: Client(given), "which is a route itself")


def test_a_route_may_be_made_of_a_list(opened) -> None:
    with ScriptedServer(whole()) as server:
        targets: Any = ["fake/m"]
        assert opened(settings_for(server.url)).chat(Route(targets=targets), "Hi").text


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"eur": 5}, "budgets are in dollars; set usd"),
        ({"usd": "5 EUR"}, "must be US dollars"),
        ({"usd": 5, "currency": "EUR"}, "no such key"),
        ({"usd": -5}, "must be above 0"),
        ({"usd": float("inf")}, "must be US dollars"),
        ({}, "usd is missing"),
    ],
)
def test_a_budget_in_an_unknown_currency_makes_no_client(tmp_path: Path, table, sentence) -> None:
    def made() -> None:
        store = {"kind": "memory"}
        Client(Settings.load(environ={}, cwd=tmp_path, budgets={"team": table}, store=store))

    refused(made, rf"budgets\.team.*{sentence}")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"per": "fortnight"}, "budgets.team.per must be one of hour, day, week, month"),
        ({"scope": "me"}, "budgets.team.scope must be one of account, all, user"),
        ({"unpriced": "maybe"}, "budgets.team.unpriced must be one of refuse, allow"),
    ],
)
def test_a_budget_that_would_bind_nobody_makes_no_client(values, sentence: str) -> None:
    own = BudgetSettings(usd=5, **values)
    store = StoreSettings(kind="memory")
    refused(lambda: Client(Settings(budgets={"team": own}, store=store)), sentence)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "mysql"}, "store.kind must be one of memory, sqlite, redis"),
        ({"when_down": "wait"}, "store.when_down must be one of"),
        ({"kind": "memory", "timeout": float("inf")}, "store.timeout must be above 0 and at most"),
        ({"kind": "memory", "timeout": float("nan")}, "store.timeout must be above 0 and at most"),
        ({"kind": "memory", "timeout": -1.0}, "store.timeout must be above 0 and at most"),
        ({"kind": "memory", "replicas": 0}, "store.replicas must be at least 1"),
        ({"kind": "redis"}, "store.url is missing"),
        ({"kind": "redis", "url": Secret("http://x")}, "no address of a Redis"),
        ({"kind": "redis", "url": Secret("redis://x/0?colour=red")}, "no address of a Redis"),
        ({"kind": "redis", "url": Secret("redis://x:999999/0")}, "no address of a Redis"),
        ({"kind": "sqlite", "path": "a\0b"}, "holds a character that none may have"),
        ({"kind": "sqlite", "path": "."}, "store.path must name a file"),
        ({"kind": "sqlite", "path": "/"}, "store.path must name a file"),
        ({"kind": "sqlite", "path": ".."}, "store.path must name a file"),
    ],
)
def test_a_store_that_cannot_be_makes_no_client(values: dict[str, Any], sentence: str) -> None:
    refused(lambda: Client(Settings(store=StoreSettings(**values))), sentence)


def test_a_shared_limit_in_memory_makes_no_client() -> None:
    shared = RateLimits(concurrency=1, shared=True)
    store = StoreSettings(kind="memory")
    refused(lambda: Client(Settings(rate_limits=shared, store=store)), "no other process can see")


@pytest.mark.parametrize("path", ["/", "", ".."])
def test_a_shared_limit_in_a_file_that_cannot_be_makes_no_client(path: str) -> None:
    shared = RateLimits(concurrency=1, shared=True)
    given = Settings(rate_limits=shared, store=StoreSettings(kind="sqlite", path=path))
    refused(lambda: Client(given), "store.path must name a file")


def test_a_limit_of_a_whole_key_that_differs_by_model_makes_no_client() -> None:
    own = TargetSettings(rate_limits={"requests_per_minute": 5, "per": "key"})
    refused(lambda: Client(Settings(targets={"openai/m": own})), "cannot differ by model")


def test_a_target_of_nobodys_makes_no_client() -> None:
    refused(lambda: Client(Settings(targets={"nobody/m": TargetSettings()})), "nobody")


@pytest.mark.parametrize("path", ["", "folder"])
def test_a_folder_in_the_place_of_the_file_makes_no_client(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    store = StoreSettings(kind="sqlite", path=path and str(tmp_path / path))
    refused(lambda: Client(Settings(store=store)), "must name a file|it cannot be written")


@pytest.mark.parametrize("damage", ["no database", "torn", "another program's"])
def test_a_file_that_is_no_ledger_makes_no_client(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "ledger.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE notes (text)")
    other.commit()
    other.close()
    if damage == "no database":
        path.write_bytes(b"these are no pages " * 400)
    elif damage == "torn":
        path.write_bytes(path.read_bytes()[:4000] + b"\xff" * 5000)
    store = StoreSettings(kind="sqlite", path=str(path))
    refused(lambda: Client(Settings(store=store)), "the ledger .* cannot be used")


def test_a_file_of_any_name_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Client(Settings(store=StoreSettings(kind="sqlite", path=":memory:"))).close()
    assert (tmp_path / ":memory:").is_file()


# -- with the first call -------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["nobody there", "another type", "a replica"])
def test_a_redis_that_cannot_keep_budgets_refuses_the_call(opened, tmp_path, fault: str) -> None:
    installed()
    server = RedisServer(tmp_path)
    if fault == "nobody there":
        server.kill()
    elif fault == "another type":
        server.command("SET", "{fairlead}:hold", "x")
        server.command("LPUSH", "{fairlead}:born", "x")
    else:
        server.command("REPLICAOF", "127.0.0.1", str(free_port()))
    store = StoreSettings(kind="redis", url=Secret(server.url), path=str(tmp_path / "spent.db"))
    try:
        with ScriptedServer() as provider:
            client = opened(paid(provider.url, budgets={"all": EVERY}, store=store))
            with pytest.raises(StoreError, match="the Redis that keeps the budgets") as caught:
                client.chat(MODEL, "Hi", **MAX)
            assert one_sentence(str(caught.value))
            assert provider.requests == []
    finally:
        server.stop()


def test_an_address_may_not_change_how_the_redis_is_read(tmp_path: Path) -> None:
    installed()
    server = RedisServer(tmp_path)
    url = Secret(f"{server.url}?decode_responses=true&encoding=utf-16")
    store = StoreSettings(kind="redis", url=url, path=str(tmp_path / "s.db"), timeout=5)
    try:
        with ScriptedServer(whole()) as provider:
            with Client(paid(provider.url, budgets={"all": EVERY}, store=store)) as client:
                assert client.chat(MODEL, "Hi", **MAX).text
    finally:
        server.stop()


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
@pytest.mark.parametrize("seconds", [1e12, float("inf")])
def test_a_call_without_an_end_is_limited_and_paid_for_like_any(
    opened, tmp_path: Path, kind: Any, seconds: float
) -> None:
    url = None
    if kind == "redis":
        installed()
        redis = RedisServer(tmp_path)
        url = Secret(redis.url)
    store = StoreSettings(kind=kind, url=url, path=str(tmp_path / "s.db"), timeout=5)
    one = RateLimits(concurrency=1, shared=True)
    with ScriptedServer(whole(), whole()) as provider:
        given = paid(provider.url, budgets={"all": EVERY}, store=store, rate_limits=one)
        client = opened(given)
        for _ in range(2):
            assert client.chat(MODEL, "Hi", deadline=seconds, **MAX).text
    if kind == "redis":
        redis.stop()


def test_usage_that_no_store_could_add_up_is_counted_as_far_as_it_can(
    opened, tmp_path: Path
) -> None:
    tokens = 9 * 10**15
    usage = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": tokens + 9}
    store = StoreSettings(kind="sqlite", path=str(tmp_path / "s.db"), timeout=5)
    with ScriptedServer(whole(usage=usage)) as provider:
        client = opened(paid(provider.url, budgets={"all": EVERY}, store=store))
        assert client.chat(MODEL, "Hi", **MAX).usage.output == tokens
        with pytest.raises(FairleadError, match=r"\(\$9000000.00 spent\)"):
            client.chat(MODEL, "Hi", **MAX)


# -- while it runs -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["[cache]\nttl = -1", '[routes.a]\ntargets = ["a"]', "\0", "[["])
def test_a_settings_file_that_breaks_leaves_all_in_force(tmp_path: Path, monkeypatch, text) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    file = tmp_path / "fairlead.toml"
    file.write_text('model = "openai/a"\n')
    transport = MemoryTransport(FakeRuntime(), [])
    with Client(transport=transport) as client:
        file.write_text(text)
        refused(client.reload, str(file) if "routes" not in text else "names itself")
        assert one_sentence(client.settings_problem or "")
        file.write_text('model = "openai/b"\n')
        client.reload()
        assert client.settings_problem is None


@pytest.mark.parametrize("carried_by", ["curl"], indirect=True)
def test_reloads_calls_and_closes_in_any_order_end_in_answers_alone(tmp_path: Path) -> None:
    """Threads that ask, one that reloads with other stores, one that closes: nothing else comes."""
    troubles: list[BaseException] = []
    with ScriptedServer(*[whole() for _ in range(200)]) as provider:
        key = ProviderSettings(base_url=f"{provider.url}/v1", key=Secret("sk-0123456789"))
        stores = [StoreSettings(kind="sqlite", path=str(tmp_path / f"{n}.db")) for n in "ab"]
        versions = [
            Settings(
                providers={"openai": key},
                budgets={"all": EVERY},
                store=store,
                rate_limits=RateLimits(concurrency=4, shared=True),
            )
            for store in stores
        ]
        client = Client(versions[0])
        over = Event()

        def kept_on(work: Any) -> None:
            try:
                work()
            except BaseException as error:
                troubles.append(error)

        def calls() -> None:
            for _ in range(10):
                with suppress(StoreError):  # on a busy machine the file may stay locked for long
                    client.chat(MODEL, "Hi", **MAX)

        def reloads() -> None:
            for turn in range(20):
                client.reload(versions[turn % 2])

        def closes() -> None:
            while not over.wait(0.05):
                client.close()

        asking = [Thread(target=kept_on, args=(calls,)) for _ in range(6)]
        others = [Thread(target=kept_on, args=(work,)) for work in (reloads, closes)]
        for thread in (*asking, *others):
            thread.start()
        for thread in asking:
            thread.join()
        over.set()
        for thread in others:
            thread.join()
        client.close()
    assert troubles == []
