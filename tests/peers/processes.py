"""Servers of other people as child processes on loopback: started, waited for, ended."""

from __future__ import annotations

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 90
STOP_SECONDS = 10
_KEPT = ("PATH", "LANG", "SYSTEMROOT", "TMPDIR")


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    *,
    ready: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The address of a server that runs while the block does.

    It has answered at `ready`. `folder` is its home and takes its output; of our environment it
    sees no more than it needs to start.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    output = folder / "output.txt"
    with output.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**kept, "HOME": str(folder), **(environment or {})},
        )
        url = f"http://127.0.0.1:{port}"
        try:
            _await(process, url + ready, output)
            yield url
        finally:
            _end(process)


def _await(process: subprocess.Popen[bytes], url: str, output: Path) -> None:
    for _ in range(START_SECONDS * 10):
        if _answers(url):
            return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(f"{process.args} ended: {output.read_text()[-2000:]}")
    raise RuntimeError(f"{url} has not answered in time: {output.read_text()[-2000:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
