"""The end of a process whose tools have not ended: it does not wait for them."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress

_THREAD_NAME = "fairlead-tool"
"""How `turns.workers`, which is not loaded for this, names the threads of tools."""
_PATIENCE_SECONDS = 0.2


def leave_tools_behind(code: object) -> None:
    """End the process at once with exit `code` where a tool still runs; return where none does.

    Python would wait for the thread of such a tool, which cannot be stopped, for as long as it
    takes.
    """
    running = [thread for thread in threading.enumerate() if thread.name.startswith(_THREAD_NAME)]
    for thread in running:
        thread.join(_PATIENCE_SECONDS)
    if not any(thread.is_alive() for thread in running):
        return
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
    os._exit(code if isinstance(code, int) else 1)
