"""One holder among threads and processes, and none that is dead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from fairlead.errors import ConfigError
from fairlead.keys.locks import FileLock

HOLD = """
import sys
from pathlib import Path
from fairlead.keys.locks import FileLock
FileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens" / "google.lock"


def test_a_second_holder_waits_and_gives_up_with_a_sentence(path: Path) -> None:
    first = FileLock(path)
    first.acquire()
    with pytest.raises(ConfigError, match=r"has held .* for 0\.1 s"):
        FileLock(path, patience=0.1).acquire()
    first.release()
    second = FileLock(path, patience=0.1)
    second.acquire()
    second.release()


def test_a_holder_that_died_holds_nothing(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        with pytest.raises(ConfigError):
            FileLock(path, patience=0.1).acquire()
        process.kill()
    lock = FileLock(path, patience=5)
    lock.acquire()
    lock.release()


def test_who_gives_up_while_a_thread_still_waits_is_not_left_with_the_lock(path: Path) -> None:
    first, second, done = FileLock(path), FileLock(path), Event()
    first.acquire()

    def wait() -> None:
        second.acquire()
        done.set()

    thread = Thread(target=wait)
    thread.start()
    second.release()
    assert done.wait(5)
    thread.join()
    first.release()
    third = FileLock(path, patience=0.1)
    third.acquire()
    third.release()


def test_releasing_twice_or_what_is_not_held_does_no_harm(path: Path) -> None:
    lock = FileLock(path)
    lock.release()
    other = FileLock(path)
    other.acquire()
    other.release()
    other.release()
