"""A process ends although a tool has not."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import atexit, threading
from fairlead.cli.leaving import leave_tools_behind
from fairlead.turns.workers import BlockingWorkers

atexit.register(lambda: print("at exit"))
workers = BlockingWorkers(1)
job = workers.start({work}, asynchronous=False)
workers.close()
leave_tools_behind(7)
print("waited")
"""


@pytest.mark.parametrize(
    ("work", "code", "said"),
    [
        ("lambda: threading.Event().wait(600)", 7, "at exit\n"),
        ("lambda: None", 0, "waited\nat exit\n"),
    ],
)
def test_only_a_tool_that_still_runs_is_left(work: str, code: int, said: str):
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(work=work)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (code, said, "")
