"""An observer on a thread of its own: one that is slow, or hangs, holds up no call."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING

from fairlead.engine.watching import Watching
from fairlead.errors import ConfigError
from fairlead.ports import Observer

if TYPE_CHECKING:
    from fairlead.engine.watching import Listeners
    from fairlead.types.observed import CallEnd, ObservedAttempt, ObservedCall
    from fairlead.types.receipts import Attempt


class Queued(Observer):
    """Hands every event to `observer` in order, from a thread that begins with the first.

    About `size` events may wait. When there are more, the newest are dropped and counted in
    `dropped`: an observer that must see each end should be quick instead. `close()` ends the
    thread; a program that does not call it ends without telling what still waits.
    """

    def __init__(self, observer: Observer, *, size: int = 10_000) -> None:
        if size < 1:
            raise ConfigError("the size of a queue must be at least 1")
        self._inner = Watching((observer,))
        self._size = size
        self._events: SimpleQueue[tuple[Listeners, tuple[object, ...]] | None] = SimpleQueue()
        self._starting = Lock()
        self._thread: Thread | None = None
        self.dropped = 0

    def call_start(self, call: ObservedCall) -> None:
        self._put(self._inner.call_start, call)

    def call_stop(self, call: ObservedCall, end: CallEnd) -> None:
        if self._inner.call_stop:
            end.settle()
            self._put(self._inner.call_stop, call, end)

    def call_exception(self, call: ObservedCall, end: CallEnd, error: BaseException) -> None:
        if self._inner.call_exception:
            end.settle()
            self._put(self._inner.call_exception, call, end, error)

    def attempt_start(self, call: ObservedCall, begun: ObservedAttempt) -> None:
        self._put(self._inner.attempt_start, call, begun)

    def attempt_stop(self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt) -> None:
        self._put(self._inner.attempt_stop, call, begun, attempt)

    def attempt_exception(
        self, call: ObservedCall, begun: ObservedAttempt, attempt: Attempt, error: BaseException
    ) -> None:
        self._put(self._inner.attempt_exception, call, begun, attempt, error)

    def close(self, timeout: float = 5.0) -> bool:
        """Wait until all that was queued is told, at most `timeout` seconds: whether it was."""
        thread = self._thread
        if thread is None or not thread.is_alive():
            return self._events.empty()
        self._events.put(None)
        thread.join(timeout)
        return not thread.is_alive()

    def _put(self, listeners: Listeners, *what: object) -> None:
        if not listeners:
            return
        if self._events.qsize() >= self._size:
            self.dropped += 1
            return
        self._events.put((listeners, what))
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._run, name="fairlead-observer", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (event := self._events.get()) is not None:
            listeners, what = event
            self._inner.tell(listeners, *what)
