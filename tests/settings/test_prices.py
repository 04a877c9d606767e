"""`[providers.<name>.prices]`: exact, refused with their place, and not a project's to change."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.settings.test_budgets import loaded

from fairlead import Settings
from fairlead.errors import ConfigError
from fairlead.settings import ProviderSettings

LAB = '[providers.lab]\nbase_url = "http://127.0.0.1:9/v1"\n'


def test_prices_are_read_as_they_are_written(tmp_path: Path) -> None:
    text = LAB + '[providers.lab.prices."llama-*"]\ninput = 0.20\noutput = 0.1\nrequest = "0.075"'
    found = loaded(tmp_path, text).providers["lab"].prices
    rates = {"input": Decimal("0.2"), "output": Decimal("0.1"), "request": Decimal("0.075")}
    assert found == {"llama-*": rates}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[providers.lab.prices.a]\ninput = -1", 'providers.lab.prices."a".input: must be dollars'),
        ("[providers.lab.prices.a]\ninput = inf", "not inf"),
        ("[providers.lab.prices.a]\ninput = true", "not true"),
        ("[providers.lab.prices.a]\nprompt = 1", "prompt: there is no such key; there are input"),
        ("[providers.lab.prices]\ninput = 1", 'providers.lab.prices."input": must be a table'),
        ("[providers.lab]\nprices = 1", "providers.lab.prices: must be a table"),
        ('[providers.lab.prices."a\\nb"]\ninput = -1', 'prices."a?b".input: must be dollars'),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_place(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    said = str(caught.value)
    assert said.startswith(str(tmp_path / "own" / "fairlead" / "fairlead.toml"))
    assert sentence in said
    assert "\n" not in said


def test_arguments_may_give_prices_as_classes_and_as_tables(tmp_path: Path) -> None:
    own = ProviderSettings(base_url="http://127.0.0.1:9", prices={"*": {"input": Decimal("0.3")}})
    for given in (own, {"base_url": "http://127.0.0.1:9", "prices": {"*": {"input": 0.3}}}):
        found = Settings.load(
            environ={"HOME": str(tmp_path)}, cwd=tmp_path, providers={"lab": given}
        )
        assert found.providers["lab"].prices == {"*": {"input": Decimal("0.3")}}


def test_prices_of_two_files_are_laid_over_one_another_price_by_price(tmp_path: Path) -> None:
    own = LAB + "[providers.lab.prices]\na = { input = 1, output = 1 }\nb = { input = 1 }"
    project = "[providers.lab.prices]\na = { input = 2 }"
    found = loaded(tmp_path, own, project=project).providers["lab"].prices
    assert found == {"a": {"input": Decimal(2)}, "b": {"input": Decimal(1)}}


def test_prices_do_not_go_with_another_address(tmp_path: Path) -> None:
    own = LAB + "[providers.lab.prices]\na = { input = 1 }"
    project = '[providers.lab]\nbase_url = "http://127.0.0.1:10/v1"'
    assert loaded(tmp_path, own, project=project).providers["lab"].prices == {}


def test_a_project_may_not_price_what_budgets_of_the_user_count(tmp_path: Path) -> None:
    project = "[providers.openai.prices]\n'*' = { input = 0, output = 0 }"
    assert loaded(tmp_path, "", project=project).providers["openai"].prices
    with pytest.raises(ConfigError, match=r"providers\.openai\.prices: your own settings file has"):
        loaded(tmp_path, "[budgets.mine]\nusd = 5", project=project)
