"""Which sockets are ready: `epoll` or `poll` where the system has them, else `selectors`.

A poller is libcurl's socket callback itself: what it is told to watch is 1 readable, 2 writable,
3 both, 4 nothing more. What it reports is 1, 2 and 4 for an error, in a mask. `select` is never
used where there is better, because its sets end at descriptor 1,023.

All look again when their time is over: a process that stood still meanwhile, or a signal, may have
Python give up without a look.
"""

from __future__ import annotations

import select
import selectors
from contextlib import suppress
from math import ceil
from typing import Protocol

READ, WRITE, ERROR = 1, 2, 4
REMOVE = 4
# by what to watch; poll and epoll agree on the bits: 1 is readable, 4 writable
_EVENTS = (0, 1, 4, 5)


class Poller(Protocol):
    """The sockets of one driver; a `live` one heeds at once what is watched anew."""

    live: bool

    def watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        """libcurl's socket callback."""
        ...

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Ready sockets with their masks, after at most `seconds`."""
        ...

    def close(self) -> None: ...


class EpollPoller:
    """For drivers with many connections; an event loop watches this one descriptor for all."""

    __slots__ = ("_epoll", "_watched")
    live = True

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, int] = {}

    def fileno(self) -> int:
        return self._epoll.fileno()

    def watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        known = self._watched.get(descriptor)
        if what == REMOVE:
            if known is not None:
                del self._watched[descriptor]
                with suppress(OSError):  # a closed descriptor has left by itself
                    self._epoll.unregister(descriptor)
        elif known is None:
            self._watched[descriptor] = what
            self._epoll.register(descriptor, _EVENTS[what])
        elif known != what:
            self._watched[descriptor] = what
            self._epoll.modify(descriptor, _EVENTS[what])

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        ready = self._epoll.poll(seconds) or (self._epoll.poll(0) if seconds > 0 else [])
        return [
            (descriptor, READ if events == READ else _mask(events)) for descriptor, events in ready
        ]

    def close(self) -> None:
        self._epoll.close()


class PollPoller:
    """For a lane with one connection: registering costs no system call."""

    __slots__ = ("_poll", "_watched")
    live = False

    def __init__(self) -> None:
        self._poll = select.poll()
        self._watched: set[int] = set()

    def watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        if what != REMOVE:
            self._watched.add(descriptor)
            self._poll.register(descriptor, _EVENTS[what])
        elif descriptor in self._watched:
            self._watched.remove(descriptor)
            self._poll.unregister(descriptor)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        ready = self._poll.poll(ceil(seconds * 1000)) or (self._poll.poll(0) if seconds > 0 else [])
        return [
            (descriptor, READ if events == READ else _mask(events)) for descriptor, events in ready
        ]

    def close(self) -> None:
        self._watched.clear()


class SelectorPoller:
    """For systems with neither; slower, and the same to look at."""

    __slots__ = ("_selector",)
    live = False

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def fileno(self) -> int:
        descriptor: int = self._selector.fileno()  # epoll, kqueue and devpoll have one
        return descriptor

    def watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        with suppress(KeyError):
            self._selector.unregister(descriptor)
        if what not in (0, REMOVE):
            self._selector.register(descriptor, what)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        ready = self._selector.select(seconds) or (self._selector.select(0) if seconds > 0 else [])
        return [(key.fd, mask) for key, mask in ready]

    def close(self) -> None:
        self._selector.close()


def poller_for_many() -> EpollPoller | SelectorPoller:
    """The best of this system for many connections."""
    return EpollPoller() if hasattr(select, "epoll") else SelectorPoller()


def _mask(events: int) -> int:
    """From bits of `poll` and `epoll`: 1 readable, 4 writable, 8 error, 16 hung up."""
    mask = events & READ
    if events & 4:
        mask |= WRITE
    if events & 24:
        mask |= READ | ERROR
    return mask
