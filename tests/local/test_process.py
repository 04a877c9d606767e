"""The parent's side of a child, with a stand-in for the native runtime inside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.transports.colours import until

from fairlead.local.catalog import lookup
from fairlead.local.launch import launch, private_launch
from fairlead.local.process import ModelProcess

if TYPE_CHECKING:
    from tests.local.conftest import FakeRuntime

NOWHERE = Path("/nowhere/weights.gguf")


def start() -> ModelProcess:
    return launch(lookup("smollm2"), NOWHERE, private_launch())


def gone(pid: int) -> bool:
    """Whether a process has ended, also one that nobody has waited for yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_noise_of_the_runtime_does_not_disturb_the_answer(runtime: FakeRuntime) -> None:
    runtime.serve("os.write(1, b'noise\\n' * 20_000); os.write(2, b'more\\n' * 200_000)")
    child = start()
    assert child.endpoint.base_url == "http://127.0.0.1:9"
    child.stop()


def test_a_stopped_child_is_gone_and_stopping_twice_is_allowed(runtime: FakeRuntime) -> None:
    child = start()
    assert child.alive()
    child.stop()
    assert not child.alive()
    assert until(lambda: gone(child.pid))
    child.stop()


def test_a_child_that_ignores_the_request_to_end_is_killed(runtime: FakeRuntime) -> None:
    runtime.serve("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    child = start()
    # Frozen, it cannot see the end of its input either.
    psutil.Process(child.pid).suspend()
    child.stop()
    assert until(lambda: gone(child.pid))


def test_a_terminals_interrupt_is_not_for_the_child(runtime: FakeRuntime) -> None:
    child = start()
    assert os.getpgid(child.pid) != os.getpgid(0)
    child.stop()


PARENT = """
import os, sys, time
from pathlib import Path
from fairlead.local.catalog import lookup
from fairlead.local.launch import launch, private_launch
child = launch(lookup("smollm2"), Path("/nowhere"), private_launch())
if {fork}:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
@pytest.mark.parametrize("fork", [False, True])
def test_a_child_ends_with_its_killed_parent_even_if_a_fork_keeps_the_pipe(
    runtime: FakeRuntime, fork: bool
) -> None:
    command = [sys.executable, "-W", "ignore", "-c", PARENT.format(fork=fork)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        forks = [each for each in psutil.Process(parent.pid).children() if each.pid != child]
        assert len(forks) == int(fork)
        try:
            parent.kill()
            assert until(lambda: gone(child))
        finally:
            for each in forks:
                each.kill()
