"""`fairlead cost`: from a call to the line that tells of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import KEY, Lab, streamed

SETTINGS = """
model = "openai/gpt-4o"

[providers.openai]
base_url = "{url}/v1"
key_env = "LAB_KEY"

[retry]
max_retries = 0

[budgets.everything]
usd = 1
per = "month"
scope = "all"

[store]
path = "{path}"
timeout = 5
"""


@pytest.fixture
def paid(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("LAB_KEY", KEY)
    server = lab.answers(streamed("Hello"), streamed("Hello"))
    lab.configure(SETTINGS.format(url=server.url, path=tmp_path / "ledger.db"))
    return lab


def test_before_the_first_call_there_is_nothing_and_that_is_said(lab: Lab, tmp_path: Path) -> None:
    lab.configure(f'[store]\npath = "{tmp_path}/none.db"')
    result = lab.run("cost")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no spending is recorded yet" in result.stderr
    assert json.loads(lab.run("cost", "--json").stdout) == []
    assert not (tmp_path / "none.db").exists()


def test_calls_are_listed_by_model_account_and_day(paid: Lab) -> None:
    for _ in range(2):
        assert paid.run("Hi", "-o", "max_tokens", "20").exit_code == 0
    # 12 in at 2.50, 3 out at 10 dollars a million, twice
    lines = [line.split() for line in paid.run("cost").stdout.splitlines()]
    assert lines[0] == ["model", "calls", "usd"]
    assert lines[1] == ["openai/gpt-4o", "2", "0.000120000"]
    assert lines[2] == ["total", "2", "0.000120000"]
    by_account = json.loads(paid.run("cost", "--by", "account", "--json").stdout)
    assert by_account == [{"name": "everything", "calls": 2, "usd": "0.000120000"}]
    (day,) = json.loads(paid.run("cost", "--by", "day", "--json").stdout)
    assert day["calls"] == 2
    assert len(day["name"]) == len("2026-01-31")


def test_spending_can_be_priced_again(paid: Lab) -> None:
    paid.run("Hi", "-o", "max_tokens", "20")
    (line,) = json.loads(paid.run("cost", "--json", "--reprice").stdout)
    assert float(line["repriced"]) == float(line["usd"]) == 0.00006


def test_spending_is_priced_again_by_the_prices_of_the_settings(paid: Lab) -> None:
    paid.run("Hi", "-o", "max_tokens", "20")
    own = '\n[providers.openai.prices]\n"gpt-*" = { input = 1, output = 1 }\n'
    paid.config.write_text(paid.config.read_text() + own)
    (line,) = json.loads(paid.run("cost", "--json", "--reprice").stdout)
    assert (float(line["usd"]), line["repriced"]) == (0.00006, "0.000015")


def test_a_budget_that_is_spent_ends_the_program_with_code_5(paid: Lab, tmp_path: Path) -> None:
    text = paid.config.read_text().replace("usd = 1", "usd = 0.0001")
    paid.config.write_text(text)
    result = paid.run("Hi", "-o", "max_tokens", "500")
    assert result.exit_code == 5
    assert result.stderr.startswith("fairlead: budget everything: $0.0001 of $0.0001 per month")
    assert result.stderr.count("\n") == 1
