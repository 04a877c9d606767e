"""The program of the child process that serves llama.cpp. It imports nothing of fairlead.

Its parent writes one JSON line of settings to its input, and reads one JSON line from its output:
`{"address": ...}` once it serves, or `{"error": ..., "detail": ...}`. It ends when its input does,
or when its parent is gone.
"""

from __future__ import annotations

import json
import os
import select
import sys
from typing import NoReturn, Protocol, TypedDict

PARENT_CHECK_SECONDS = 0.5
SPIN_COUNT = "1000"


class Settings(TypedDict):
    """`context` is in tokens, divided among the `slots`; `parent` is a process id."""

    model: str
    alias: str
    key: str
    host: str
    port: int
    context: int
    slots: int
    threads: int
    http_threads: int
    prompt_cache_mib: int
    embedding: bool
    parent: int


class Server(Protocol):
    """What we need of `xllamacpp.Server`, which has no types."""

    listening_address: str


def main() -> None:
    settings: Settings = json.loads(sys.stdin.buffer.readline())
    reply = _private_output()
    try:
        server = _serve(settings)
    except ImportError as error:
        _fail(reply, "import", str(error))
    except RuntimeError as error:
        _fail(reply, "init", str(error))
    _write(reply, {"address": server.listening_address})
    _wait_for_end(settings["parent"])
    # Nothing to save, and native destructors may take long or crash.
    os._exit(0)


def _private_output() -> int:
    """The reply goes over a copy of standard output: native code may print to the original."""
    reply = os.dup(1)
    os.dup2(2, 1)
    return reply


def _serve(settings: Settings) -> Server:
    # Threads that spin long while they wait make the model ten times slower on a busy machine, and
    # those that never do make it half as fast on an idle one. Read when the library is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.model_alias = {settings["alias"]}
    params.api_keys = [settings["key"]] if settings["key"] else []
    params.hostnames = [settings["host"]]
    params.port = settings["port"]
    params.n_ctx = settings["context"]
    params.n_parallel = settings["slots"]
    # A context that slots share is cheaper, but when it is full, all of their calls fail.
    params.kv_unified = False
    params.cpuparams.n_threads = settings["threads"]
    params.n_threads_http = settings["http_threads"]
    params.cache_ram_mib = settings["prompt_cache_mib"]
    if settings["embedding"]:
        params.embedding = True
        # A text must fit into one batch to become one vector.
        params.n_batch = params.n_ubatch = settings["context"] // settings["slots"]
    # Fitting to free memory probes the model first and doubles the time to start.
    params.fit_params = False
    params.verbosity = 1
    params.ui = False
    params.endpoint_slots = False
    # No web page may read from it. No origin is called so; `null` is what sandboxed pages are.
    params.cors_origins = "none"
    server: Server = xllamacpp.Server(params)
    return server


def _write(reply: int, message: dict[str, str]) -> None:
    os.write(reply, json.dumps(message).encode() + b"\n")
    os.close(reply)


def _fail(reply: int, error: str, detail: str) -> NoReturn:
    _write(reply, {"error": error, "detail": detail})
    os._exit(1)


def _wait_for_end(parent: int) -> None:
    """Return at the end of input, or when `parent` is not our parent any more.

    The second matters when a process forked from the parent keeps the pipe open.
    """
    if os.name == "nt":
        while sys.stdin.buffer.read(4096):
            pass
        return
    while os.getppid() == parent:
        readable, _, _ = select.select([0], [], [], PARENT_CHECK_SECONDS)
        if readable and not os.read(0, 4096):
            return


if __name__ == "__main__":
    main()
