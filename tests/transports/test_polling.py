"""The pollers tell the same of the same sockets."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.timing import prompt

from fairlead.transports.curl.polling import (
    ERROR,
    READ,
    REMOVE,
    WRITE,
    EpollPoller,
    Poller,
    PollPoller,
    SelectorPoller,
)

KINDS = [SelectorPoller]
if hasattr(select, "epoll"):
    KINDS.append(EpollPoller)
if hasattr(select, "poll"):
    KINDS.append(PollPoller)


@pytest.fixture(params=KINDS)
def poller(request: pytest.FixtureRequest) -> Iterator[Poller]:
    poller = request.param()
    yield poller
    poller.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    yield here, there
    here.close()
    there.close()


def watch(poller: Poller, what: int) -> Callable[[socket.socket], None]:
    return lambda end: poller.watch(what, end.fileno(), None, None)


def test_readiness_is_reported_as_libcurl_wants_it(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    here, there = pair
    watch(poller, READ)(here)
    assert poller.wait(0) == []
    there.send(b"x")
    assert poller.wait(1) == [(here.fileno(), READ)]
    watch(poller, READ | WRITE)(here)
    assert poller.wait(1) == [(here.fileno(), READ | WRITE)]
    watch(poller, WRITE)(here)
    assert poller.wait(1) == [(here.fileno(), WRITE)]
    watch(poller, REMOVE)(here)
    watch(poller, REMOVE)(here)
    assert poller.wait(0) == []


def test_a_peer_that_has_gone_makes_a_socket_readable(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    here, there = pair
    watch(poller, READ)(here)
    there.close()
    ((descriptor, mask),) = poller.wait(1)
    assert descriptor == here.fileno()
    assert mask & ~ERROR == READ


def test_a_descriptor_that_was_closed_may_be_used_again(poller: Poller) -> None:
    for _ in range(3):
        here, there = socket.socketpair()
        watch(poller, READ)(here)
        there.send(b"x")
        assert poller.wait(1) == [(here.fileno(), READ)]
        watch(poller, REMOVE)(here)
        here.close()
        there.close()


def test_a_wait_ends_when_it_should(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    watch(poller, READ)(pair[0])
    for timed in prompt(0.5, least=0.045):
        with timed:
            assert poller.wait(0.05) == []


class Overslept:
    """A system's poller that does not look once its time is over, as Python's after a signal."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def poll(self, timeout: float) -> list[tuple[int, int]]:
        return [] if timeout else self._inner.poll(0)

    def select(self, timeout: float) -> list[Any]:
        return [] if timeout else self._inner.select(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_what_came_while_the_process_stood_still_is_seen_though_the_time_is_over(
    poller: Poller, pair: tuple[socket.socket, socket.socket]
) -> None:
    here, there = pair
    (name,) = {"_epoll", "_poll", "_selector"} & vars(type(poller)).keys()
    setattr(poller, name, Overslept(getattr(poller, name)))
    watch(poller, READ)(here)
    assert poller.wait(1) == []
    there.send(b"x")
    assert poller.wait(1) == [(here.fileno(), READ)]
