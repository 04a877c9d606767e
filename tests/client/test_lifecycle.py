"""Clients over their lives: loops, threads, tasks, cancellation, forgetting to close."""

from __future__ import annotations

import asyncio
import gc
import random
import subprocess
import sys
import threading
import time

import pytest
from tests.client.conftest import settings_for
from tests.client.wire import begun, chunk, streamed, whole

from fairlead import AsyncClient, Client
from fairlead.stores.report import total
from fairlead.testing.server import Pause, ScriptedServer


def until(condition) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


@pytest.mark.asks("event_loops")
def test_one_asynchronous_client_serves_loop_after_loop() -> None:
    with ScriptedServer(whole()) as server:
        client = AsyncClient(settings_for(server.url))
        texts = [asyncio.run(client.chat("fake/m", "Hi")).text for _ in range(3)]

    assert texts == ["Hello there"] * 3


FORKED = """
import asyncio, os, sys
from pathlib import Path
from fairlead import AsyncClient, Client, Settings
from fairlead.stores.sqlite import SqliteLedger
settings = Settings.load(path=Path(sys.argv[1]), environ={"HOME": "/nonexistent"})
class Loops:
    def __init__(self):
        self.client = AsyncClient(settings)
    def chat(self):
        return asyncio.run(self.client.chat("openai/gpt-4o", "Hi", max_tokens=10)).text
class Blocks:
    def __init__(self):
        self.client = Client(settings)
    def chat(self):
        return self.client.chat("openai/gpt-4o", "Hi", max_tokens=10).text
made = {"loops": Loops, "blocks": Blocks}[sys.argv[2]]()
said = [made.chat()]
child = os.fork()
said.append(made.chat())
print(said, flush=True)
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
print(made.chat())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no fork")
@pytest.mark.parametrize("colour", ["blocks", "loops"])
def test_a_client_goes_on_in_both_after_a_fork(tmp_path, colour: str) -> None:
    with ScriptedServer(*[whole() for _ in range(4)]) as server:
        file = tmp_path / "fairlead.toml"
        file.write_text(
            f'[providers.openai]\nbase_url = "{server.url}/v1"\nkey = "sk-0123456789"\n'
            f'[store]\npath = "{tmp_path}/ledger.db"\ntimeout = 5\n'
            '[budgets.all]\nusd = 1\nscope = "all"\n'
            "[rate_limits]\nconcurrency = 1\nshared = true\n"
        )
        words = [sys.executable, "-c", FORKED, str(file), colour]
        said = subprocess.run(words, capture_output=True, text=True, timeout=60)

    both = "['Hello there', 'Hello there']\n" * 2
    assert said.stdout == both + "Hello there\n", said.stderr
    assert total(tmp_path / "ledger.db").calls == 4


def test_many_tasks_share_one_client() -> None:
    async def main(url: str) -> set[str]:
        async with AsyncClient(settings_for(url)) as client:
            answers = await asyncio.gather(*[client.chat("fake/m", "Hi") for _ in range(200)])
        return {answer.text for answer in answers}

    with ScriptedServer(whole()) as server:
        assert asyncio.run(main(server.url)) == {"Hello there"}
        assert len(server.requests) == 200


def test_many_threads_share_one_client() -> None:
    texts: list[str] = []
    with ScriptedServer(whole()) as server, Client(settings_for(server.url)) as client:

        def work() -> None:
            texts.extend(client.chat("fake/m", "Hi").text for _ in range(10))

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert texts == ["Hello there"] * 160


def test_a_blocking_client_works_inside_a_running_loop() -> None:
    async def main(url: str) -> str:
        with Client(settings_for(url)) as client, client.stream("fake/m", "Hi") as stream:
            return "".join(stream.text)

    with ScriptedServer(streamed("a", "b")) as server:
        assert asyncio.run(main(server.url)) == "ab"


@pytest.mark.fault("S15")
@pytest.mark.asks("cancelling")
def test_cancelled_calls_free_their_connections_and_the_client_lives_on() -> None:
    slow = [begun(chunk({"content": "x"})), Pause(30)]
    dice = random.Random(7)

    async def ask(client: AsyncClient) -> None:
        async with client.stream("fake/m", "Hi") as stream:
            async for _ in stream:
                pass

    async def main(url: str) -> None:
        async with AsyncClient(settings_for(url)) as client:
            tasks = [asyncio.create_task(ask(client)) for _ in range(50)]
            for task in tasks:
                await asyncio.sleep(dice.random() / 50)
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(end) for end in ended} == {asyncio.CancelledError}
            assert await asyncio.to_thread(until, lambda: server.open_connections == 0)

    with ScriptedServer(slow) as server:
        asyncio.run(main(server.url))


def test_a_timeout_around_a_call_cancels_it_and_is_no_error_of_ours() -> None:
    async def main(url: str) -> None:
        async with AsyncClient(settings_for(url)) as client:
            async with asyncio.timeout(0.1):
                await client.chat("fake/m", "Hi")

    with ScriptedServer([Pause(30)]) as server:
        with pytest.raises(TimeoutError):
            asyncio.run(main(server.url))
        assert until(lambda: server.open_connections == 0)


def test_a_client_may_be_closed_twice() -> None:
    with ScriptedServer(whole()) as server:
        client = Client(settings_for(server.url))
        client.chat("fake/m", "Hi")
        client.close()
        client.close()
        assert until(lambda: server.open_connections == 0)


@pytest.mark.fault("S15")
def test_a_stream_that_is_forgotten_frees_its_connection() -> None:
    with ScriptedServer([begun(chunk({"content": "x"})), Pause(30)]) as server:
        client = Client(settings_for(server.url))
        stream = client.stream("fake/m", "Hi")
        next(iter(stream))
        del stream
        gc.collect()
        assert until(lambda: server.open_connections == 0)


@pytest.mark.parametrize("carried_by", ["curl"], indirect=True)
@pytest.mark.parametrize("colour", ["Client", "AsyncClient"])
def test_a_program_that_never_closes_ends_quietly(colour) -> None:
    ask = 'client.chat("vllm/m", "Hi")'
    program = f"import asyncio, fairlead\nclient = fairlead.{colour}()\n"
    # A loop that looks for faults would also tell of a first step that took long, as it may.
    program += f"asyncio.run({ask}, debug=False)\n" if colour == "AsyncClient" else f"{ask}\n"
    with ScriptedServer(whole()) as server:
        run = subprocess.run(
            [sys.executable, "-X", "dev", "-c", program],
            env={"VLLM_BASE_URL": f"{server.url}/v1", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_a_large_conversation_goes_through(opened) -> None:
    turns = [
        {"role": "user" if n % 2 == 0 else "assistant", "content": "word " * 200}
        for n in range(1001)
    ]
    tools = [{"type": "function", "function": {"name": f"tool_{n}"}} for n in range(200)]
    with ScriptedServer(whole()) as server:
        answer = opened.at(server.url).chat("fake/m", turns, tools=tools)

    assert answer.text == "Hello there"
    assert len(server.requests[0].body) > 1_000_000
