from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.transports.colours import SOON

from fairlead.errors import InvalidRequest, LocalModelError
from fairlead.local.foreground import serve
from fairlead.local.process import Endpoint

if TYPE_CHECKING:
    from tests.local.conftest import FakeRuntime


def refused(**address: object) -> str:
    with pytest.raises((InvalidRequest, LocalModelError)) as caught:
        serve(announce=lambda _: pytest.fail("it must not start"), **address)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_port_in_use_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(port=port) == (
            f"port {port} is in use; choose another with --port, or 0 for a free one"
        )


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com", "::", "10.0.0.1"])
def test_other_machines_are_not_served(host: str) -> None:
    assert refused(host=host).startswith(f"{host} is not loopback; serve on 127.0.0.1")


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    assert refused(port=port).startswith(f"there is no port {port}")


@pytest.mark.parametrize("slots", [0, 17])
def test_a_number_of_slots_out_of_reach_is_refused(slots: int) -> None:
    assert refused(slots=slots) == f"{slots} slots cannot be had; choose 1 to 16"


def test_an_interrupt_ends_it_in_peace(blank_weights: Path, runtime: FakeRuntime) -> None:
    announced: list[Endpoint] = []

    def announce(endpoint: Endpoint) -> None:
        announced.append(endpoint)
        raise KeyboardInterrupt

    # The suite's own server may run beside it.
    before = psutil.Process().children()
    serve(port=0, announce=announce)
    assert announced == [Endpoint("http://127.0.0.1:9", "")]
    assert psutil.Process().children() == before


def test_a_model_that_ends_by_itself_is_an_error(blank_weights: Path, runtime: FakeRuntime) -> None:
    before = psutil.Process().children()

    def kill(_endpoint: Endpoint) -> None:
        (child,) = [each for each in psutil.Process().children() if each not in before]
        os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(LocalModelError, match=r"ended by itself \(-9: exit status -9\)"):
        serve(port=0, announce=kill)


@pytest.fixture
def foreground(real_weights: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    script = (
        "from fairlead.local.foreground import serve\n"
        "serve(port=0, announce=lambda endpoint: print(endpoint.base_url, flush=True))\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().decode().strip()
        process.kill()


def test_the_real_model_serves_others_without_a_key_until_interrupted(
    foreground: tuple[subprocess.Popen[bytes], str],
) -> None:
    process, address = foreground
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 4})
    request = urllib.request.Request(address + "/v1/chat/completions", body.encode())
    request.add_header("Content-Type", "application/json")
    request.add_header("Origin", "https://attacker.example")
    with urllib.request.urlopen(request, timeout=60) as response:
        assert json.load(response)["choices"]
        # A page in a browser may not read what the model says; sandboxed ones call themselves null.
        assert response.headers["Access-Control-Allow-Origin"] not in {
            "*",
            "null",
            "https://attacker.example",
        }
    process.send_signal(signal.SIGINT)
    assert process.wait(SOON) == 0
