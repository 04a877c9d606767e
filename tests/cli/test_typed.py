"""Lines that a person types."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from fairlead.cli.typed import typed_line

INTERRUPTED = """
import os, random, signal
from fairlead.cli import typed

class Stopped(Exception): pass

def stop(*_): raise Stopped

typed._LONGEST_WAIT = 0.01
signal.signal(signal.SIGALRM, stop)
read, write = os.pipe()
with open(read, encoding="utf-8") as terminal:
    for _ in range(300):
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(5e-6, 2e-5))
            typed.typed_line(terminal)
        except Stopped: pass
print("each was heard")
"""


def test_a_line_is_read_and_the_next_is_left():
    read, write = os.pipe()
    with os.fdopen(read, encoding="utf-8") as terminal:
        os.write(write, b"yes\n")
        assert typed_line(terminal) == "yes\n"
        os.write(write, b"no\n")
        os.close(write)
        assert (typed_line(terminal), typed_line(terminal)) == ("no\n", "")


@pytest.mark.skipif(os.name != "posix", reason="timers of POSIX")
def test_a_signal_just_before_the_wait_is_heard():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == (b"each was heard\n", b"")
