"""All three stores behind one fixture, each fresh for its test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stores.redis_server import RedisServer, installed

from fairlead.ports import LedgerStore
from fairlead.stores.memory import MemoryLedger
from fairlead.stores.redis import RedisLedger
from fairlead.stores.sqlite import SqliteLedger


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    installed()
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """For tests that kill it, or fill it."""
    installed()
    server = RedisServer(tmp_path)
    yield server
    server.stop()


def _made(kind: str, request: pytest.FixtureRequest, folder: Path) -> LedgerStore:
    if kind == "memory":
        return MemoryLedger()
    if kind == "sqlite":
        return SqliteLedger(folder / "ledger.db", timeout=10)
    server = request.getfixturevalue("shared_redis")
    return RedisLedger(server.url, timeout=10, prefix=folder.name)


@pytest.fixture(params=["memory", "sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    made = _made(request.param, request, tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "redis"])
def lasting_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    """Those whose answers can be lost on the way, and whose users can be killed."""
    made = _made(request.param, request, tmp_path)
    yield made
    made.close()
