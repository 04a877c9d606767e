"""What was spent, by account, model and day."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.errors import ConfigError
from fairlead.stores.report import Spent, entries, spent, total
from fairlead.stores.sqlite import SqliteLedger
from fairlead.types.spending import Slot, Spending

DAY = 86400.0
CALLS = [
    (("team", "all"), 100.0, "openai/a", 10, False),
    (("team",), 200.0, "openai/b", 20, True),
    ((), DAY + 5, "openai/a", 40, False),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger ü.db"
    ledger = SqliteLedger(path)
    for number, (accounts, at, model, amount, estimated) in enumerate(CALLS):
        slots = tuple(Slot(account, None, 0) for account in accounts)
        cost = Spending(amount, model, "chat", '{"input":3}', estimated)
        ledger.settle(str(number), slots, cost, at)
    ledger.close()
    return path


def test_a_call_counts_for_each_of_its_accounts(path: Path) -> None:
    assert spent(path, "account") == [
        Spent(None, 1, 40, 0),
        Spent("all", 1, 10, 0),
        Spent("team", 2, 30, 1),
    ]


def test_by_model_and_by_day_each_call_counts_once(path: Path) -> None:
    assert spent(path, "model") == [Spent("openai/a", 2, 50, 0), Spent("openai/b", 1, 20, 1)]
    assert spent(path, "day") == [Spent("1970-01-01", 2, 30, 1), Spent("1970-01-02", 1, 40, 0)]


def test_the_total_counts_each_call_once(path: Path) -> None:
    assert total(path) == Spent(None, 3, 70, 1)


def test_every_call_can_be_read(path: Path) -> None:
    found = {entry.amount: entry for entry in entries(path, "account")}
    assert found[10].names == ("team", "all")
    assert found[40].names == (None,)
    assert found[20].usage == '{"input":3}'


def test_reading_writes_nothing(path: Path) -> None:
    before = path.read_bytes()
    spent(path, "model")
    assert path.read_bytes() == before


def test_a_file_that_is_no_ledger_is_an_error_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(b"nonsense" * 200)
    with pytest.raises(ConfigError, match="cannot be read: file is not a database"):
        spent(path, "model")
