"""The local model for the calls of this process: started at the first, shared by all."""

from __future__ import annotations

import atexit
import os
import weakref
from threading import Lock

from fairlead.errors import LocalModelError
from fairlead.local.catalog import DEFAULT_MODEL, lookup
from fairlead.local.launch import launch, private_launch
from fairlead.local.native import runtime_problem
from fairlead.local.process import Endpoint, ModelProcess
from fairlead.local.weights import Progress, setup


class LocalServer:
    """Child servers by model name, at most one of each. Safe to use from many threads.

    A child ends with `close`, with this process however that ends, or on its own; it is started
    again at the next call. A process forked from this one starts its own.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._children: dict[str, ModelProcess] = {}
        self._tied = False

    def running(self, name: str = DEFAULT_MODEL) -> Endpoint | None:
        """Where `name` answers, if it runs. Never blocks; costs one system call."""
        child = self._children.get(name)
        return child.endpoint if child is not None and child.alive() else None

    def start(self, name: str = DEFAULT_MODEL, progress: Progress | None = None) -> Endpoint:
        """Where `name` answers, after fetching and starting it where needed.

        Blocks: about 0.5 s for a start, longer for a first fetch, which calls `progress`. Raises
        `LocalModelError` or `UnknownModel`.
        """
        if endpoint := self.running(name):
            return endpoint
        with self._lock:
            return self.running(name) or self._start(name, progress)

    def close(self) -> None:
        """End all children. A later `start` begins anew."""
        with self._lock:
            while self._children:
                self._children.popitem()[1].stop()

    def _start(self, name: str, progress: Progress | None) -> Endpoint:
        model = lookup(name)
        # Before a long fetch, not after it.
        if problem := runtime_problem():
            raise LocalModelError(problem)
        weights = setup(name, progress=progress)
        self._tie_to_process()
        if dead := self._children.pop(name, None):
            dead.stop()
        child = launch(model, weights, private_launch())
        self._children[name] = child
        return child.endpoint

    def _tie_to_process(self) -> None:
        if self._tied:
            return
        self._tied = True
        this = weakref.ref(self)
        atexit.register(_close, this)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: _forget(this))

    def _forget(self) -> None:
        # The lock may have been held by a thread that does not exist in this process.
        self._lock = Lock()
        for child in self._children.values():
            child.forget()
        self._children.clear()


def _close(server: weakref.ref[LocalServer]) -> None:
    if (this := server()) is not None:
        this.close()


def _forget(server: weakref.ref[LocalServer]) -> None:
    if (this := server()) is not None:
        this._forget()


_SHARED = LocalServer()


def shared_server() -> LocalServer:
    """The server of this process. There is one, as a model takes hundreds of megabytes."""
    return _SHARED
