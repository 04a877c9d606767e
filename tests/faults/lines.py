"""Lines that are broken in ways that no script of a server can show."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

_FILLING = 8


@contextmanager
def swallowing(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port whose queue is full: the kernel drops every further attempt to connect."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as held:
        listener = held.enter_context(socket.socket(family))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(0)
        taken: int = listener.getsockname()[1]
        for _ in range(_FILLING):
            filling = held.enter_context(socket.socket(family))
            filling.settimeout(0.1)
            with suppress(TimeoutError):
                filling.connect((host, taken))
                continue
            break
        yield taken
