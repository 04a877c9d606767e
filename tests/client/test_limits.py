"""Limits, breakers and health through the whole client, in both colours."""

from __future__ import annotations

import asyncio
from threading import Event, Thread

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import JSON, begun, chunk, streamed, whole
from tests.timing import TRIES

from fairlead import AsyncClient, Client
from fairlead.errors import BreakerOpen, ConfigError, LimitExceeded, ServerError
from fairlead.policies.breaker import BreakerPolicy
from fairlead.policies.rate_limits import RateLimits
from fairlead.settings import ProviderSettings
from fairlead.settings.values import TargetSettings
from fairlead.testing.server import Await, Pause, Reset, ScriptedServer, respond

DOWN = respond(500, JSON, b'{"error":{"message":"down"}}')
BREAKER = BreakerPolicy(failures=2)


def test_a_failing_target_is_left_alone_and_others_are_not(opened) -> None:
    with ScriptedServer([*DOWN], [*DOWN], whole()) as server:
        client = opened.at(server.url, breaker=BREAKER)
        for _ in range(2):
            with pytest.raises(ServerError):
                client.chat("fake/m", "Hi")
        with pytest.raises(BreakerOpen, match="fake/m: left alone"):
            client.chat("fake/m", "Hi")
        assert client.chat("fake/other", "Hi").text == "Hello there"

        health = client.client.health("fake/m")
        assert (health.breaker, health.failures, health.available) == ("open", 2, False)
        assert 50 < health.retry_after < 70
        assert client.client.health("fake/other").available
        assert len(server.requests) == 3


def test_a_server_on_this_machine_has_no_breaker_unless_one_is_set(opened) -> None:
    with ScriptedServer(*[[*DOWN]] * 10, whole()) as server:
        client = opened.at(server.url)
        for _ in range(10):
            with pytest.raises(ServerError):
                client.chat("fake/m", "Hi")
        assert client.chat("fake/m", "Hi").text == "Hello there"


def test_a_check_passes_an_open_breaker_but_a_chat_does_not(opened) -> None:
    with ScriptedServer([*DOWN], [*DOWN], [*DOWN], [*DOWN], whole()) as server:
        client = opened.at(server.url, breaker=BREAKER)
        for _ in range(2):
            with pytest.raises(ServerError):
                client.chat("fake/m", "Hi")
        with pytest.raises(BreakerOpen):
            client.stream("fake/m", "Hi")
        assert len(server.requests) == 2


def test_a_call_over_its_limit_is_refused_where_it_may_not_wait(opened) -> None:
    limits = RateLimits(requests_per_minute=1, strict=True, max_wait=0)
    with ScriptedServer(whole(), whole()) as server:
        client = opened.at(server.url, rate_limits=limits)
        client.chat("fake/m", "Hi")
        with pytest.raises(LimitExceeded, match=r"fake/m: more would pass the rate") as caught:
            client.chat("fake/m", "Hi")
        assert 55 < caught.value.retry_after <= 60
        assert client.chat("fake/other", "Hi").text == "Hello there"
        assert len(server.requests) == 2


def test_a_wait_for_the_rate_shows_in_the_receipt(opened) -> None:
    limits = RateLimits(requests_per_second=20, strict=True)
    with ScriptedServer(whole()) as server:
        client = opened.at(server.url, rate_limits=limits)
        client.chat("fake/m", "Hi")
        # A machine that stands still passes the time before the call, or in its wait.
        attempts = (client.chat("fake/m", "Hi").receipt.attempts[0] for _ in range(TRIES))
        assert any(0 < attempt.wait < 0.2 for attempt in attempts)


def test_the_usage_of_an_answer_corrects_the_estimate_of_its_tokens(opened) -> None:
    limits = RateLimits(tokens_per_minute=600, max_wait=0)
    huge = {"prompt_tokens": 5000, "completion_tokens": 1000, "total_tokens": 6000}
    with ScriptedServer(whole(usage=huge), whole()) as server:
        client = opened.at(server.url, rate_limits=limits)
        client.chat("fake/m", "Hi")
        with pytest.raises(LimitExceeded) as caught:
            client.chat("fake/m", "Hi")
    assert 500 < caught.value.retry_after < 650


def test_a_stream_holds_its_place_until_the_block_is_left(opened) -> None:
    limits = RateLimits(concurrency=1, max_wait=0)
    with ScriptedServer(streamed("a", "b"), streamed("a", "b"), whole()) as server:
        client = opened.at(server.url, rate_limits=limits)
        client.first(1, "fake/m", "Hi")
        client.stream("fake/m", "Hi")
        assert client.chat("fake/m", "Hi").text == "Hello there"
        (limit,) = client.client.health("fake/m").limits
    assert (limit.in_use, limit.waiting, limit.concurrency) == (0, 0, 1)
    assert "KEY" not in str(limit.key_name)


def test_a_stream_that_breaks_frees_its_place_and_counts_as_a_failure(opened) -> None:
    limits = RateLimits(concurrency=1, max_wait=0)
    cut = [begun(chunk({"content": "Hello"})), Pause(0.05), Reset()]
    with ScriptedServer(*[cut] * 3) as server:
        client = opened.at(server.url, rate_limits=limits, breaker=BreakerPolicy(least_calls=2))
        for _ in range(2):
            with pytest.raises(Exception, match="cut"):
                client.stream("fake/m", "Hi")
        assert client.client.health("fake/m").breaker == "open"
        assert client.client.health("fake/m").in_use == 0


def test_limits_that_contradict_each_other_refuse_the_client(opened) -> None:
    fake = ProviderSettings(base_url="http://127.0.0.1:9/v1", rate_limits={"burst": 5})
    with pytest.raises(ConfigError, match="burst"):
        opened(settings_for("http://127.0.0.1:9").__class__(providers={"fake": fake}))
    target = TargetSettings(breaker={"open": 900})
    with pytest.raises(ConfigError, match="open_most"):
        opened(settings_for("http://127.0.0.1:9", targets={"fake/m": target}))


def test_health_of_what_was_never_used_is_well_and_sends_nothing(opened) -> None:
    client = opened.at("http://127.0.0.1:9", breaker=BREAKER)
    health = client.client.health("fake/m")
    assert (health.target, health.breaker, health.in_use, health.limits) == (
        "fake/m",
        "closed",
        0,
        (),
    )


def test_tasks_of_one_client_share_its_places() -> None:
    settings = settings_for("", rate_limits=RateLimits(concurrency=2))
    slow = [Pause(0.02), *whole()]

    async def main(url: str) -> int:
        most = 0
        own = settings_for(url, rate_limits=settings.rate_limits)
        async with AsyncClient(own) as client:

            async def watch() -> None:
                nonlocal most
                while True:
                    most = max(most, client.health("fake/m").in_use)
                    await asyncio.sleep(0.001)

            watching = asyncio.ensure_future(watch())
            await asyncio.gather(*(client.chat("fake/m", "Hi") for _ in range(10)))
            watching.cancel()
            assert client.health("fake/m").in_use == 0
        return most

    with ScriptedServer(*[slow] * 10) as server:
        assert asyncio.run(main(server.url)) == 2


def test_threads_of_one_client_share_its_places() -> None:
    slow = [Pause(0.02), *whole()]
    with ScriptedServer(*[slow] * 10) as server:
        settings = settings_for(server.url, rate_limits=RateLimits(concurrency=2))
        with Client(settings) as client:
            threads = [Thread(target=client.chat, args=("fake/m", "Hi")) for _ in range(10)]
            most = 0
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                most = max(most, client.health("fake/m").in_use)
                threads[0].join(0.001)
                threads = [thread for thread in threads if thread.is_alive()] or threads
            assert most == 2
            assert client.health("fake/m").in_use == 0


def test_a_cancelled_task_in_the_queue_takes_nothing() -> None:
    go = Event()
    slow = [Await(go), *whole()]

    async def main(url: str) -> None:
        own = settings_for(url, rate_limits=RateLimits(concurrency=1))
        async with AsyncClient(own) as client:
            first = asyncio.ensure_future(client.chat("fake/m", "Hi"))
            others = [asyncio.ensure_future(client.chat("fake/m", "Hi")) for _ in range(20)]
            while client.health("fake/m").waiting < 20:  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.01)
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            go.set()
            assert (await first).text == "Hello there"
            health = client.health("fake/m")
            assert (health.in_use, health.waiting) == (0, 0)

    with ScriptedServer(slow) as server:
        asyncio.run(main(server.url))
        assert len(server.requests) == 1
