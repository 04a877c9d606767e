"""`fairlead local serve`: a local model for other programs, until it is interrupted."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Callable

from fairlead.errors import InvalidRequest, LocalModelError
from fairlead.local.catalog import DEFAULT_MODEL, lookup
from fairlead.local.launch import SLOTS, Launch, launch
from fairlead.local.native import runtime_problem
from fairlead.local.process import Endpoint, ModelProcess
from fairlead.local.weights import Progress, setup

DEFAULT_PORT = 8091
MOST_SLOTS = 16


def serve(
    name: str = DEFAULT_MODEL,
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    key: str = "",
    slots: int = SLOTS,
    announce: Callable[[Endpoint], None],
    progress: Progress | None = None,
) -> None:
    """Serve `name` on loopback, and return after an interrupt (Ctrl-C).

    Port 0 takes a free port; without a `key` every user of this machine may use the model. Each of
    the `slots` answers one call at a time; fewer have more context each.
    `announce` is called once it answers. Raises `InvalidRequest` for an address or slots that
    cannot be, `LocalModelError` where it cannot start, or ends by itself.
    """
    model = lookup(name)
    if not 1 <= slots <= MOST_SLOTS:
        raise InvalidRequest(f"{slots} slots cannot be had; choose 1 to {MOST_SLOTS}")
    _check_address(host, port)
    if problem := runtime_problem():
        raise LocalModelError(problem)
    weights = setup(name, progress=progress)
    child = launch(model, weights, Launch(host=host, port=port, key=key, slots=slots))
    try:
        announce(child.endpoint)
        status = child.wait()
    except KeyboardInterrupt:
        return
    finally:
        child.stop()
    raise LocalModelError(_ended(status, child))


def _ended(status: int, child: ModelProcess) -> str:
    return f"the local model ended by itself ({status}: {child.last_words()}); start it again"


def _check_address(host: str, port: int) -> None:
    """Find out what is wrong with an address in our words, before llama.cpp says it in its own."""
    if not _is_loopback(host):
        raise InvalidRequest(
            f"{host} is not loopback; serve on 127.0.0.1, behind a proxy if need be"
        )
    if not 0 <= port <= 65535:
        raise InvalidRequest(f"there is no port {port}; choose one from 1024 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            # Connections of an earlier server that linger must not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LocalModelError(_no_port(port, error)) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _no_port(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another with --port, or 0 for a free one"
    if error.errno == errno.EACCES:
        return f"port {port} needs rights that you do not have; choose one above 1023 with --port"
    return f"port {port} cannot be opened ({error.strerror}); choose another with --port"
