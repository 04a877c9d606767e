"""How a model is served: the settings of a child, and what it means when one does not start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from fairlead.errors import LocalModelError
from fairlead.local.catalog import LocalModel
from fairlead.local.native import INSTALL_LIBGOMP, INSTALL_RUNTIME
from fairlead.local.process import Endpoint, ModelProcess, spawn

START_SECONDS = 60.0
SLOTS = 4
CONTEXT_TOKENS = 16384
"""For all slots; every thousand take 23 MB of smollm2's memory."""

PROMPT_CACHE_MIB = 256
MOST_THREADS = 8
"""A container's share of the cores cannot be seen, and threads that lack one block the others."""

HTTP_THREADS = 64
"""A kept-alive connection holds one of the server's threads while it idles."""


class Launch(Struct, frozen=True, kw_only=True):
    """How a model is served. Port 0 takes a free one; an empty key lets every local user in.

    As many calls run at once as there are slots, others wait. `threads` 0 means one for each core
    that this process may use.
    """

    host: str = "127.0.0.1"
    port: int = 0
    key: str = ""
    slots: int = SLOTS
    threads: int = 0

    def __repr__(self) -> str:
        return f"Launch(host={self.host!r}, port={self.port}, slots={self.slots})"


def private_launch() -> Launch:
    """A launch on a free port that only the holder of a fresh random key can use."""
    return Launch(key=os.urandom(32).hex())


def slot_context(model: LocalModel, slots: int) -> int:
    """How many tokens one call may hold, prompt and answer: 4096 with four slots, 8192 with two."""
    return min(model.context_length, CONTEXT_TOKENS // slots)


def cores() -> int:
    """How many cores this process may use, up to `MOST_THREADS`."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_THREADS)
    return min(os.cpu_count() or 1, MOST_THREADS)


def launch(
    model: LocalModel, weights: Path, how: Launch, patience: float = START_SECONDS
) -> ModelProcess:
    """Start a child that serves `weights`, and return when it answers.

    Raises `LocalModelError` with the child's last words where it does not.
    """
    child = spawn()
    try:
        reply = child.greet(_settings(model, weights, how), patience)
        if "address" not in reply:
            raise LocalModelError(_start_failure(model, reply, child))
    except BaseException:
        child.stop()
        raise
    child.endpoint = Endpoint(reply["address"], how.key)
    return child


def _settings(model: LocalModel, weights: Path, how: Launch) -> dict[str, object]:
    return {
        "model": str(weights),
        "alias": model.name,
        "key": how.key,
        "host": how.host,
        "port": how.port,
        "context": slot_context(model, how.slots) * how.slots,
        "slots": how.slots,
        "threads": how.threads or cores(),
        "http_threads": HTTP_THREADS,
        "prompt_cache_mib": PROMPT_CACHE_MIB,
        "embedding": model.role == "embeddings",
        "parent": os.getpid(),
    }


def _start_failure(model: LocalModel, reply: Mapping[str, str], child: ModelProcess) -> str:
    if child.too_slow:
        return f"the local model {model.name} took too long to start; end other programs, try again"
    detail = reply.get("detail", "")
    if reply.get("error") == "import" and "libgomp" in detail:
        return INSTALL_LIBGOMP
    if reply.get("error") == "import" and "No module" in detail:
        return INSTALL_RUNTIME
    said = detail if reply.get("error") == "import" else child.last_words()
    if "bind" in said:
        return f"the local model cannot open its port ({said}); choose another port"
    return (
        f"the local model {model.name} did not start ({said}); "
        f"fetch it again with: fairlead local remove {model.name} && "
        f"fairlead local setup {model.name}"
    )
