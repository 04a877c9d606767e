"""The cache and shared calls as users have them: settings and options, in both colours."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from decimal import Decimal
from typing import Any

import pytest
from tests.client.conftest import KEY, settings_for
from tests.client.wire import DONE, USAGE, begun, chunk, streamed, whole

import fairlead
from fairlead import AsyncClient, Client, Settings
from fairlead.auth.secret import Secret
from fairlead.errors import InvalidRequest, RateLimitError
from fairlead.policies.cache import CachePolicy
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.stores.memory import shared_ledger
from fairlead.telemetry import Statistics
from fairlead.testing.server import Received, Script, ScriptedServer, respond
from fairlead.types.spending import Account
from fairlead.types.tools import ProviderTool

ON = CachePolicy(enabled=True)
MODEL = "fake/m-1"


def either(request: Received) -> Script:
    """Streamed or whole, as asked."""
    return streamed("Once", " upon") if b'"stream":true' in request.body else whole("Once upon")


def used(answers: list[Any]) -> list[Any]:
    return [answer.receipt.cache for answer in answers]


def test_nothing_is_kept_unless_it_is_asked_for(opened) -> None:
    with ScriptedServer(either) as server:
        client = opened.at(server.url)
        answers = [client.chat(MODEL, "Hi") for _ in range(2)]

        assert used(answers) == [None, None]
        assert len(server.requests) == 2


def test_the_settings_turn_it_on_for_all_and_a_call_turns_it_off_for_itself(opened) -> None:
    with ScriptedServer(either) as server:
        client = opened.at(server.url, cache=ON)
        answers = [client.chat(MODEL, "Hi", cache=wish) for wish in (None, None, False)]

        assert used(answers) == ["stored", "hit", None]
        assert len(server.requests) == 2


@pytest.mark.parametrize("own", [{"cache": True}, {"cache_ttl": 60}])
def test_a_call_turns_it_on_for_itself(opened, own) -> None:
    with ScriptedServer(either) as server:
        client = opened.at(server.url)

        assert used([client.chat(MODEL, "Hi", **own) for _ in range(2)]) == ["stored", "hit"]


def test_a_refreshed_answer_is_asked_for_and_kept(opened) -> None:
    with ScriptedServer(whole("old"), whole("new")) as server:
        client = opened.at(server.url, cache=ON)
        said = [client.chat(MODEL, "Hi", cache=wish).text for wish in (None, "refresh", None)]

        assert said == ["old", "new", "new"]


def test_an_answer_is_kept_for_the_time_of_its_call(opened) -> None:
    with ScriptedServer(whole("old"), whole("new")) as server:
        client = opened.at(server.url)
        client.chat(MODEL, "Hi", cache_ttl=1e-9)

        assert client.chat(MODEL, "Hi", cache=True).text == "new"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"cache": "always"}, 'cache must be True, False or "refresh"'),
        ({"cache": 1}, 'cache must be True, False or "refresh"'),
        ({"cache_ttl": 0}, "cache_ttl must be a number of seconds above 0"),
        ({"cache_ttl": "long"}, "cache_ttl must be a finite number"),
    ],
)
def test_what_is_no_wish_is_refused(opened, own, said) -> None:
    with ScriptedServer(whole()) as server:
        with pytest.raises(InvalidRequest, match=said):
            opened.at(server.url).chat(MODEL, "Hi", **own)
        assert server.requests == []


def test_a_stream_is_told_again_event_by_event(opened) -> None:
    with ScriptedServer(either) as server:
        client = opened.at(server.url, cache=ON)
        first, asked = client.stream(MODEL, "Hi")
        second, told = client.stream(MODEL, "Hi")

        assert second == first
        assert (told.message, told.usage, told.id) == (asked.message, asked.usage, asked.id)
        assert used([asked, told]) == ["stored", "hit"]
        assert client.text(MODEL, "Hi") == ["Once", " upon"]
        assert len(server.requests) == 1


def test_a_hit_works_while_the_provider_is_down(opened) -> None:
    with ScriptedServer(whole("kept")) as server:
        client = opened.at(server.url, cache=ON)
        client.chat(MODEL, "Hi")

    assert client.chat(MODEL, "Hi").text == "kept"


def test_an_error_is_not_kept(opened) -> None:
    busy = respond(429, (("Content-Type", "application/json"),), b'{"error":{"message":"busy"}}')
    with ScriptedServer(busy, whole("up")) as server:
        client = opened.at(server.url, cache=ON)
        with pytest.raises(RateLimitError):
            client.chat(MODEL, "Hi")

        assert client.chat(MODEL, "Hi").text == "up"


@pytest.mark.invariant("I16")
def test_a_key_that_is_rotated_meets_no_answer_to_the_one_before(opened) -> None:
    with ScriptedServer(whole("a"), whole("b")) as server:
        client = opened.at(server.url, cache=ON)
        client.chat(MODEL, "Hi")
        client.rotate_key("fake", "sk-other-0123456789")

        assert client.chat(MODEL, "Hi").text == "b"


@pytest.mark.invariant("I8")
def test_no_key_is_in_what_the_cache_keeps() -> None:
    with ScriptedServer(whole()) as server, Client(settings_for(server.url, cache=ON)) as client:
        client.chat(MODEL, "Hi")
        shelf = client._core._answers._shelf

        assert len(shelf) == 1
        assert KEY.encode() not in b"".join(shelf._items)
        assert KEY not in repr([kept.value for kept in shelf._items.values()])


# -- what is not kept ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "own",
    [
        {"extra_body": {"store": True}},
        {"tools": [ProviderTool("openai_chat", {"type": "web_search"})]},
    ],
    ids=["stored", "provider_tool"],
)
def test_what_does_more_than_to_ask_is_kept_only_where_the_call_says_so(opened, own) -> None:
    with ScriptedServer(whole()) as server:
        client = opened.at(server.url, cache=ON)
        plain = [client.chat(MODEL, "Hi", **own) for _ in range(2)]
        wished = [client.chat(MODEL, "Hi", cache=True, **own) for _ in range(2)]

        assert used(plain + wished) == [None, None, "stored", "hit"]


def test_speech_is_not_kept_and_says_so_where_it_is_asked_to(opened) -> None:
    with ScriptedServer(respond(200, (("Content-Type", "audio/mpeg"),), b"ID3")) as server:
        client = opened(speaking(server.url))
        for _ in range(2):
            assert client.read_speech("openai/tts-1", "Ahoy") == b"ID3"
        assert len(server.requests) == 2
        with pytest.raises(InvalidRequest, match="answers of speech are not kept"):
            client.read_speech("openai/tts-1", "Ahoy", cache=True)


def speaking(url: str) -> Settings:
    own = ProviderSettings(base_url=f"{url}/v1", key=Secret(KEY))
    return Settings(providers={"openai": own}, cache=ON)


# -- other operations, and routes ----------------------------------------------------------------


def vectors(request: Received) -> Script:
    texts = json.loads(request.body)["input"]
    items = [{"index": n, "embedding": [float(len(text))]} for n, text in enumerate(texts)]
    body = {"model": "e", "data": items, "usage": {"prompt_tokens": 2, "total_tokens": 2}}
    return respond(200, (("Content-Type", "application/json"),), json.dumps(body).encode())


def test_vectors_are_kept_and_nobody_changes_those_of_others(opened) -> None:
    with ScriptedServer(vectors) as server:
        client = opened.at(server.url, cache=ON, quirks={"base64_embeddings": False})
        first = client.do("embed", "fake/e", ["a", "bbb"])
        first.embeddings[0][0] = -1.0
        second = client.do("embed", "fake/e", ["a", "bbb"])
        second.embeddings[1][0] = -1.0
        third = client.do("embed", "fake/e", ["a", "bbb"])

        assert used([first, second, third]) == ["stored", "hit", "hit"]
        assert [list(vector) for vector in third.embeddings] == [[1.0], [3.0]]
        assert third.cost == fairlead.Cost(Decimal(0), "cache")


def test_of_many_texts_only_the_batches_that_are_new_are_sent(opened) -> None:
    quirks = {"base64_embeddings": False, "embedding_batch": 2}
    with ScriptedServer(vectors) as server:
        client = opened.at(server.url, cache=ON, quirks=quirks)
        client.do("embed", "fake/e", ["a", "bb"])
        answer = client.do("embed", "fake/e", ["a", "bb", "ccc"])

        assert [vector[0] for vector in answer.embeddings] == [1.0, 2.0, 3.0]
        assert (len(server.requests), len(answer.receipt.attempts)) == (2, 1)
        assert answer.receipt.cache is None


def test_completions_and_their_streams_are_kept(opened) -> None:
    def text(request: Received) -> Script:
        choice = {"index": 0, "text": " blue", "finish_reason": "stop"}
        body = json.dumps({"id": "c", "model": "m", "choices": [choice]}).encode()
        return respond(200, (("Content-Type", "application/json"),), body)

    with ScriptedServer(text) as server:
        client = opened.at(server.url, cache=ON)
        answers = [client.do("complete", MODEL, "The sea is") for _ in range(2)]

        assert [answer.text for answer in answers] == [" blue", " blue"]
        assert used(answers) == ["stored", "hit"]


def test_an_answer_of_a_route_is_kept_for_the_route_and_tells_who_served_it(opened) -> None:
    down = respond(500, (("Content-Type", "application/json"),), b'{"error":{"message":"no"}}')
    with ScriptedServer(down, whole("from b"), whole("from a")) as server:
        client = opened.at(server.url, cache=ON)
        route = fairlead.route("fake/a", "fake/b")
        first, second = client.chat(route, "Hi"), client.chat(route, "Hi")
        alone = client.chat("fake/b", "Hi")
        other = client.chat(fairlead.route("fake/b", "fake/a"), "Hi")

        assert used([first, second, alone, other]) == ["stored", "hit", "stored", "stored"]
        assert (second.text, second.receipt.target) == ("from b", "fake/b")


# -- money and figures ---------------------------------------------------------------------------


def paid(url: str, **changes: Any) -> Settings:
    own = ProviderSettings(base_url=f"{url}/v1", key=Secret(KEY))
    changes.setdefault("retry", RetrySettings(max_retries=0))
    return Settings(providers={"openai": own}, cache=ON, **changes)


def spent(name: str) -> tuple[int, int]:
    return shared_ledger().balance(Account(name, 0, None), time.monotonic(), time.time())


@pytest.mark.parametrize("stream", [True, False])
def test_a_hit_holds_and_spends_nothing(opened, stream) -> None:
    shared_ledger.cache_clear()
    with ScriptedServer(either) as server:
        client = opened(paid(server.url))
        ask = (lambda: client.stream("openai/gpt-4o", "Hi")[1]) if stream else None
        ask = ask or (lambda: client.chat("openai/gpt-4o", "Hi"))
        with fairlead.budget("team", usd=5):
            first = ask()
            after = spent("team")
            second = ask()

        assert after == spent("team") == (62_500, 0)
        assert first.cost.usd == Decimal("0.0000625")
        assert (second.cost.usd, second.cost.source) == (0, "cache")


def test_who_shares_a_call_pays_once_in_all() -> None:
    shared_ledger.cache_clear()

    async def run(url: str) -> list[Any]:
        async with AsyncClient(paid(url)) as client:
            with fairlead.budget("team", usd=5):
                calls = [client.chat("openai/gpt-4o", "Hi") for _ in range(20)]
                return await asyncio.gather(*calls)

    with ScriptedServer(whole()) as server:
        answers = asyncio.run(run(server.url))
        assert len(server.requests) == 1

    assert spent("team") == (62_500, 0)
    assert sum(answer.cost.usd for answer in answers) == Decimal("0.0000625")


def test_statistics_count_a_hit_as_cached_and_its_tokens_and_cost_not_at_all(opened) -> None:
    statistics = Statistics()
    with ScriptedServer(either) as server:
        client = opened(paid(server.url), observers=[statistics])
        for _ in range(3):
            client.chat("openai/gpt-4o", "Hi")

    (found,) = statistics.snapshot().targets
    assert found.ended == {"ok": 1, "cached": 2}
    assert (found.attempts, found.input_tokens, found.output_tokens) == (1, 9, 4)
    assert (found.usd, found.failed, found.seconds.count) == (Decimal("0.0000625"), 0, 1)


# -- many at once --------------------------------------------------------------------------------


def held(gate: threading.Event) -> Any:
    """A stream that begins, and ends when the gate is opened."""

    def script(request: Received) -> Script:
        yield begun(chunk({"role": "assistant", "content": "Once"}))
        gate.wait(20)
        for piece in (chunk({"content": " upon"}), chunk({}, "stop"), USAGE, DONE):
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
        yield b"0\r\n\r\n"

    return script


@pytest.mark.invariant("I13")
def test_five_hundred_tasks_share_one_request_live() -> None:
    gate = threading.Event()

    async def run(url: str) -> list[str]:
        first = asyncio.Semaphore(0)

        async with AsyncClient(settings_for(url, cache=ON)) as client:

            async def one() -> str:
                said = []
                async with client.stream(MODEL, "Hi") as stream:
                    async for piece in stream.text:
                        said.append(piece)
                        first.release()
                return "".join(said)

            tasks = [asyncio.create_task(one()) for _ in range(500)]
            for _ in range(500):
                await first.acquire()  # all have heard the beginning before there is an end
            tasks[0].cancel()
            gate.set()
            return await asyncio.gather(*tasks[1:])

    with ScriptedServer(held(gate)) as server:
        said = asyncio.run(run(server.url))
        assert len(server.requests) == 1

    assert set(said) == {"Once upon"}


@pytest.mark.invariant("I13")
def test_forty_threads_share_one_request_live() -> None:
    gate, heard, said = threading.Event(), threading.Semaphore(0), []

    with ScriptedServer(held(gate)) as server, Client(settings_for(server.url, cache=ON)) as client:

        def one() -> None:
            pieces = []
            with client.stream(MODEL, "Hi") as stream:
                for piece in stream.text:
                    pieces.append(piece)
                    heard.release()
            said.append("".join(pieces))

        threads = [threading.Thread(target=one) for _ in range(40)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert heard.acquire(timeout=20)
        gate.set()
        for thread in threads:
            thread.join(20)
        assert len(server.requests) == 1

    assert said == ["Once upon"] * 40
