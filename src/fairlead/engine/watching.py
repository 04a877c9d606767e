"""The observers of one client, and the record of what each of its calls has told them.

A call that nobody ends, because its stream was dropped without being closed, is ended when Python
frees it. That may happen in the middle of anything, another observer's work included, so that such
an end is told with the next call, or when the client is closed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fairlead.errors import ConfigError
from fairlead.ports import Observer
from fairlead.types.observed import CallEnd, ObservedAttempt, ObservedCall
from fairlead.types.receipts import Attempt, Receipt, Timings

if TYPE_CHECKING:
    from fairlead.engine.call import Call
    from fairlead.engine.reply import Reply
    from fairlead.ports import Runtime
    from fairlead.types.observed import Asking

Listeners = tuple[Callable[..., None], ...]

_EVENTS = (
    "call_start",
    "call_stop",
    "call_exception",
    "attempt_start",
    "attempt_stop",
    "attempt_exception",
)
_ABANDONED = "dropped without being closed"


class Watching:
    """Who listens to which event. An observer that raises is told of in the log, once."""

    __slots__ = (
        "_broken",
        "attempt_exception",
        "attempt_start",
        "attempt_stop",
        "call_exception",
        "call_start",
        "call_stop",
        "hears_attempts",
        "owed",
    )

    def __init__(self, observers: Sequence[Observer]) -> None:
        found = _checked(observers)
        self.owed: deque[Callable[[], None]] = deque()
        """Ends that are still to be told."""
        self._broken: set[str] = set()
        self.call_start = _listeners(found, "call_start")
        self.call_stop = _listeners(found, "call_stop")
        self.call_exception = _listeners(found, "call_exception")
        self.attempt_start = _listeners(found, "attempt_start")
        self.attempt_stop = _listeners(found, "attempt_stop")
        self.attempt_exception = _listeners(found, "attempt_exception")
        self.hears_attempts = bool(
            self.attempt_start or self.attempt_stop or self.attempt_exception
        )

    def __bool__(self) -> bool:
        return any(getattr(self, event) for event in _EVENTS)

    def tell(self, listeners: Listeners, *what: object) -> None:
        """Tell all of them. Only what ends the program, such as Ctrl-C, gets out, and last."""
        ending: BaseException | None = None
        for listen in listeners:
            try:
                listen(*what)
            except Exception as error:
                self._note(listen, error)
            except BaseException as error:
                ending = error
        if ending is not None:
            raise ending

    def settle(self) -> None:
        """Tell the ends that are owed."""
        while self.owed:
            with suppress(IndexError):  # another thread may have taken the last
                self.owed.popleft()()

    def _note(self, listen: Callable[..., None], error: Exception) -> None:
        name = getattr(listen, "__qualname__", type(listen).__name__)
        if name in self._broken:
            return
        self._broken.add(name)
        from logging import getLogger

        with suppress(Exception):
            getLogger("fairlead").warning(
                "%s raised %s; the call goes on, and this is said once", name, type(error).__name__
            )


class Watch:
    """One call as it is told. It holds neither the call nor its reply, which hold it."""

    __slots__ = (
        "_attempts",
        "_call",
        "_ended",
        "_open",
        "_runtime",
        "_started",
        "_told",
        "_watching",
    )

    def __init__(self, call: Call[Any, Any], watching: Watching, runtime: Runtime) -> None:
        self._ended = True  # until it has begun there is nothing to end
        self._watching = watching
        self._runtime = runtime
        self._attempts = call.attempts
        self._started = call.started
        self._open: list[ObservedAttempt] = []
        self._told = 0
        self._call = ObservedCall(call.operation, call.target, call.stream, runtime.wall())
        if watching.hears_attempts:
            call.watch = self

    def begin(self) -> None:
        """The call begins."""
        watching = self._watching
        if watching.owed:
            watching.settle()
        self._ended = False
        watching.tell(watching.call_start, self._call)

    def attempt_begins(self, target: str, *, sends: bool = True) -> ObservedAttempt:
        """An attempt begins; what is returned is wanted at its end."""
        self._told += 1
        watching = self._watching
        attempt = ObservedAttempt(self._told, target, self._runtime.wall(), sends)
        if self._ended:
            return attempt  # others go on with what the call has begun, and it is over
        self._open.append(attempt)
        if watching.attempt_start:
            watching.tell(watching.attempt_start, self._call, attempt)
        return attempt

    def attempt_ends(
        self, begun: ObservedAttempt | None, attempt: Attempt, error: BaseException | None
    ) -> None:
        """An attempt has ended; one that never sent anything begins here too."""
        if begun is None and not self._ended:
            begun = self.attempt_begins(attempt.target, sends=False)
        if begun not in self._open:
            return  # the call has ended, and its attempts with it
        self._open.remove(begun)
        watching = self._watching
        if error is None:
            watching.tell(watching.attempt_stop, self._call, begun, attempt)
        else:
            watching.tell(watching.attempt_exception, self._call, begun, attempt, error)

    def failed(self, receipt: Receipt, error: BaseException, asking: Asking | None) -> None:
        """The call ends without a reply."""
        self._end(CallEnd(receipt, None, asking), error)

    def ended(self, reply: Reply[Any, Any], error: BaseException | None) -> None:
        """The reply has ended, and the call with it."""
        self._end(CallEnd(reply.receipt, reply, reply.asking), error)

    def _end(self, end: CallEnd, error: BaseException | None) -> None:
        if self._ended:
            return
        self._ended = True
        watching = self._watching
        try:
            for begun in tuple(self._open):  # none, unless something went wrong in between
                said = None if error is None else type(error).__name__
                self.attempt_ends(begun, Attempt(begun.target, error=said), error)
        finally:
            if error is None:
                watching.tell(watching.call_stop, self._call, end)
            else:
                watching.tell(watching.call_exception, self._call, end, error)

    def __del__(self) -> None:
        if getattr(self, "_ended", True):
            return
        self._ended = True
        seconds = self._runtime.now() - self._started
        told = _Abandoned(self._watching, self._call, seconds, self._attempts, self._open)
        self._watching.owed.append(told)


class _Abandoned:
    """The end of a call that nobody ended."""

    __slots__ = ("_attempts", "_call", "_open", "_seconds", "_watching")

    def __init__(
        self,
        watching: Watching,
        call: ObservedCall,
        seconds: float,
        attempts: list[Attempt],
        still_open: list[ObservedAttempt],
    ) -> None:
        self._watching = watching
        self._call = call
        self._seconds = seconds
        self._attempts = attempts
        self._open = still_open

    def __call__(self) -> None:
        watching, call, seconds = self._watching, self._call, self._seconds
        for begun in self._open:
            attempt = Attempt(begun.target, error=_ABANDONED, timings=Timings(total=seconds))
            self._attempts.append(attempt)
            watching.tell(watching.attempt_stop, call, begun, attempt)
        receipt = Receipt(call.operation, call.target, tuple(self._attempts), seconds=seconds)
        watching.tell(watching.call_stop, call, CallEnd(receipt))


def _checked(observers: Sequence[Observer]) -> tuple[Observer, ...]:
    """Raises `ConfigError` for what can never hear anything."""
    if not isinstance(observers, Iterable):
        raise ConfigError("observers must be a list of observers, even where there is one")
    found = tuple(observers)
    for observer in found:
        if isinstance(observer, type):
            raise ConfigError(f"observers: {observer.__name__} is a class; pass an object of it")
        if not any(callable(getattr(observer, event, None)) for event in _EVENTS):
            raise ConfigError(
                f"observers: {type(observer).__name__} listens to nothing; "
                f"give it one of the methods {', '.join(_EVENTS)}"
            )
    return found


def _listeners(observers: Iterable[Observer], event: str) -> Listeners:
    """The methods for `event`, without those that were left as the port has them."""
    idle = getattr(Observer, event)
    methods = (getattr(observer, event, None) for observer in observers)
    return tuple(m for m in methods if callable(m) and getattr(m, "__func__", None) is not idle)
