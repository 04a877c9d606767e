from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.transports.colours import SOON, until

from fairlead.errors import LocalModelError, UnknownModel
from fairlead.local.process import Endpoint
from fairlead.local.server import LocalServer, shared_server

if TYPE_CHECKING:
    from tests.local.conftest import FakeRuntime


@pytest.fixture
def server(blank_weights: Path, runtime: FakeRuntime) -> Iterator[LocalServer]:
    """A server of blank weights in the stand-in for the runtime, on a port of its own."""
    runtime.serve(
        "self.__class__.listening_address = property(lambda s: str(os.getpid()), lambda s, v: None)"
    )
    local = LocalServer()
    yield local
    local.close()


def pid(endpoint: Endpoint) -> int:
    """The stand-in answers with its process id for an address."""
    return int(endpoint.base_url)


def test_nothing_runs_before_the_first_start(server: LocalServer) -> None:
    assert server.running() is None
    endpoint = server.start()
    assert server.running() == endpoint
    assert psutil.pid_exists(pid(endpoint))


def test_all_threads_of_a_process_share_one_child(server: LocalServer) -> None:
    together = threading.Barrier(8)
    endpoints: list[Endpoint] = []

    def use() -> None:
        together.wait()
        endpoints.append(server.start())

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(endpoints) == 8
    assert len(set(map(pid, endpoints))) == 1


def test_a_child_that_died_is_replaced_and_has_a_new_key(server: LocalServer) -> None:
    first = server.start()
    os.kill(pid(first), signal.SIGKILL)
    assert until(lambda: server.running() is None)
    second = server.start()
    assert pid(second) != pid(first)
    assert second.key != first.key


def test_close_ends_the_child_and_a_later_start_begins_anew(server: LocalServer) -> None:
    first = server.start()
    server.close()
    assert server.running() is None
    assert not psutil.pid_exists(pid(first))
    assert pid(server.start()) != pid(first)


def test_a_start_that_fails_leaves_no_child_and_may_be_tried_again(
    server: LocalServer, runtime: FakeRuntime
) -> None:
    runtime.serve("os._exit(3)")
    before = psutil.Process().children()
    with pytest.raises(LocalModelError, match="exit status 3"):
        server.start()
    assert psutil.Process().children() == before
    runtime.serve("pass")
    assert server.start().base_url == "http://127.0.0.1:9"


def test_an_unknown_model_starts_nothing(server: LocalServer) -> None:
    with pytest.raises(UnknownModel):
        server.start("gpt-9")


def test_a_process_has_one_shared_server() -> None:
    assert shared_server() is shared_server()


SCRIPT = """
import os, sys
from fairlead.local.server import shared_server
first = shared_server().start()
"""


def run(script: str) -> str:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT + script]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_starts_its_own_child_and_spares_its_parents(
    server: LocalServer,
) -> None:
    out = run("""
if (forked := os.fork()) == 0:
    assert shared_server().running() is None
    second = shared_server().start()
    print(second.base_url, flush=True)
    shared_server().close()
    os._exit(0)
assert os.waitpid(forked, 0)[1] == 0
assert shared_server().running() == first
print(first.base_url)
""")
    second, first = out.split()
    assert first != second


def test_a_process_that_ends_takes_its_child_along(server: LocalServer) -> None:
    child = int(run("print(first.base_url)"))
    assert not psutil.pid_exists(child)


def ask(endpoint: Endpoint, path: str, body: object = None, key: str | None = None) -> str:
    """One request to the real server; `body` is sent as JSON."""
    request = urllib.request.Request(endpoint.base_url + path)
    request.add_header("Authorization", f"Bearer {endpoint.key if key is None else key}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as response:
        return str(response.read().decode())


HELLO = {
    "model": "smollm2",
    "messages": [{"role": "user", "content": "Say hello."}],
    "max_tokens": 8,
    "temperature": 0,
}


@pytest.fixture(scope="module")
def real(real_weights: Path) -> Iterator[Endpoint]:
    local = LocalServer()
    yield local.start()
    local.close()


def test_the_real_model_answers(real: Endpoint) -> None:
    answer = json.loads(ask(real, "/v1/chat/completions", HELLO))
    assert answer["model"] == "smollm2"
    assert answer["choices"][0]["message"]["content"].strip()
    assert answer["usage"]["completion_tokens"] <= 8


def test_the_real_model_answers_on_all_three_protocols(real: Endpoint) -> None:
    assert json.loads(ask(real, "/v1/messages", HELLO))["role"] == "assistant"
    responses = {"model": "smollm2", "input": "Say hello.", "max_output_tokens": 8}
    assert json.loads(ask(real, "/v1/responses", responses))["output"]


def test_the_real_model_answers_nobody_without_the_key(real: Endpoint) -> None:
    for key in ("", "wrong", real.key[:-1]):
        with pytest.raises(urllib.error.HTTPError) as caught:
            ask(real, "/v1/chat/completions", HELLO, key)
        assert caught.value.code == 401
        caught.value.close()


def test_every_slot_of_the_real_model_has_a_context_of_its_own(real: Endpoint) -> None:
    properties = json.loads(ask(real, "/props"))
    assert properties["total_slots"] == 4
    assert properties["default_generation_settings"]["n_ctx"] == 4096


def test_the_real_model_is_silent_about_others_prompts(real: Endpoint) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(real, "/slots")
    assert caught.value.code == 501
    caught.value.close()


def test_the_real_model_serves_more_connections_than_it_has_slots(real: Endpoint) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(real, "/v1/chat/completions", HELLO)))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12


def test_a_prompt_over_the_real_context_is_refused_and_the_others_go_on(real: Endpoint) -> None:
    endless = {"messages": [{"role": "user", "content": "word " * 5000}], "max_tokens": 1}
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(real, "/v1/chat/completions", endless)
    with caught.value as refusal:
        assert refusal.code == 400
        assert json.load(refusal)["error"]["type"] == "exceed_context_size_error"
    assert json.loads(ask(real, "/v1/chat/completions", HELLO))["choices"]


def test_the_real_model_ends_with_its_killed_parent(real_weights: Path) -> None:
    script = SCRIPT + "import time; print(os.getpid(), flush=True); time.sleep(60)"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        _, alive = psutil.wait_procs([child], timeout=SOON)
        assert not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
