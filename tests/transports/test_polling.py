"""The pollers tell the same of the same sockets."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator

import pytest

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
    begin = time.monotonic()
    assert poller.wait(0.05) == []
    assert 0.045 < time.monotonic() - begin < 0.5
