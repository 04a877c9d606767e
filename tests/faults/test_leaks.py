"""Ten thousand streams that are left at any point, in each colour: everything returns to where it
was, and the client is of use afterwards."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import pytest
from tests.faults.aftermath import MODEL, Ends, held, layered, resources, settled
from tests.faults.open_streams import open_streams

import fairlead
from fairlead import AsyncClient, Client
from fairlead.policies.rate_limits import RateLimits
from fairlead.stores.memory import shared_ledger
from fairlead.types.http import HttpSettings

COUNT = 10_000
AT_ONCE = 50
SETTINGS = {
    "http": HttpSettings(max_connections=AT_ONCE),
    "rate_limits": RateLimits(requests_per_second=1_000_000, concurrency=AT_ONCE),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with open_streams() as address:
        yield address


@pytest.fixture(autouse=True)
def _own_ledger() -> None:
    shared_ledger.cache_clear()


def nothing_under_way(client: Client | AsyncClient, ends: Ends) -> None:
    assert ends.begun == ends.ended
    assert set(ends.begun.values()) <= {1}
    health = client.health(MODEL)
    assert (health.in_use, health.waiting) == (0, 0)
    assert held() == 0


async def _cancelled(url: str, count: int) -> None:
    """Streams by the hundred, each cancelled after a time of its own."""
    dice = random.Random(7)
    ends = Ends()

    async def leave(client: AsyncClient) -> None:
        task = asyncio.ensure_future(_read(client))
        await asyncio.sleep(dice.choice((0, 0, 0.0005, 0.002, 0.005, 0.02)) * dice.random())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    async with AsyncClient(layered(url, **SETTINGS), observers=[ends]) as client:
        for _ in range(count // AT_ONCE):
            await asyncio.gather(*(leave(client) for _ in range(AT_ONCE)))
        nothing_under_way(client, ends)
        assert len(asyncio.all_tasks()) == 1
        answers = [client.chat(MODEL, "Hi", max_tokens=9) for _ in range(AT_ONCE)]
        assert {answer.text for answer in await asyncio.gather(*answers)} == {"Hello there"}


async def _read(client: AsyncClient) -> None:
    with fairlead.budget("faults", usd=10_000):
        async with client.stream(MODEL, "Hi", max_tokens=9) as stream:
            async for _ in stream:
                pass


@pytest.mark.fault("S15")
@pytest.mark.invariant("I1")
@pytest.mark.invariant("I11")
def test_ten_thousand_cancelled_streams_leave_nothing(url: str) -> None:
    asyncio.run(_cancelled(url, AT_ONCE))
    before = resources()

    asyncio.run(_cancelled(url, COUNT))

    assert settled(before)


def _left(url: str, count: int) -> None:
    """Streams one by one, each left after some events, or forgotten."""
    dice = random.Random(7)
    ends = Ends()
    with Client(layered(url, **SETTINGS), observers=[ends]) as client:
        with fairlead.budget("faults", usd=10_000):
            for _ in range(count):
                stream = client.stream(MODEL, "Hi", max_tokens=9)
                for _, _event in zip(range(dice.randrange(6)), stream, strict=False):
                    pass
                if dice.random() < 0.9:
                    stream.close()
                del stream
            assert client.chat(MODEL, "Hi", max_tokens=9).text == "Hello there"
        nothing_under_way(client, ends)


@pytest.mark.fault("S15")
@pytest.mark.invariant("I1")
@pytest.mark.invariant("I11")
def test_ten_thousand_blocking_streams_that_are_left_leave_nothing(url: str) -> None:
    _left(url, AT_ONCE)
    before = resources()

    _left(url, COUNT)

    assert settled(before)
