"""`[budgets]` and `[store]`: the vocabulary, who may set what, and nothing secret shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead import Settings
from fairlead.errors import ConfigError


def loaded(tmp_path: Path, text: str, project: str | None = None, **environ: str) -> Settings:
    own = tmp_path / "own" / "fairlead" / "fairlead.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(text)
    cwd = tmp_path / "project"
    cwd.mkdir(exist_ok=True)
    if project is not None:
        (cwd / "fairlead.toml").write_text(project)
    variables = {"XDG_CONFIG_HOME": str(tmp_path / "own"), "HOME": str(tmp_path), **environ}
    return Settings.load(environ=variables, cwd=cwd)


def test_budgets_are_read(tmp_path: Path) -> None:
    text = """
    [budgets.team-a]
    usd = 5
    per = "day"
    [budgets.everybody]
    usd = 0.5
    scope = "all"
    unpriced = "allow"
    """
    found = loaded(tmp_path, text).budgets
    assert (found["team-a"].usd, found["team-a"].per, found["team-a"].scope) == (
        5,
        "day",
        "account",
    )
    assert (found["everybody"].scope, found["everybody"].unpriced) == ("all", "allow")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[budgets.a]\neur = 5", "budgets.a.eur: budgets are in dollars; set usd"),
        ("[budgets.a]\nCHF = 5", "budgets.a.CHF: budgets are in dollars; set usd"),
        ("[budgets.a]\nusdd = 5", "there is no such key; did you mean usd?"),
        ("[budgets.a]\nusd = -1", "budgets.a.usd: must be above 0"),
        ("[budgets.a]\nusd = nan", "budgets.a.usd: must be above 0"),
        ('[budgets.a]\nusd = 1\nper = "year"', "budgets.a.per: there is no 'year'; it is one of"),
        (
            '[budgets.a]\nusd = 1\nscope = "team"',
            "budgets.a.scope: there is no 'team'; it is one of",
        ),
        ("[budgets]\na = 5", "budgets.a: must be a table"),
        ("budgets = 5", "budgets: must be tables"),
        ('[store]\nkind = "postgres"', "store.kind: there is no 'postgres'; it is one of"),
        ("[store]\ntimeout = 0", "store.timeout: must be above 0"),
        ("[store]\nreplicas = 0", "store.replicas: must be above 0"),
        ("[store]\nreplicas = 2.5", "store.replicas"),
        (
            '[store]\nlimits_when_down = "allow"',
            "store.limits_when_down: there is no 'allow'; it is one of",
        ),
        ('[store]\nkind = "redis"\nurl = 5', "store.url"),
        ("[rate_limits]\nshared = 1", "rate_limits.shared"),
        ("[rate_limits]\nshared = true\nadaptive = true", "leave out adaptive or shared"),
        ('[store]\nfile = "x"', "there is no such key; there are kind, path, url"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_with_its_place(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_address_of_the_store_is_never_shown(tmp_path: Path) -> None:
    url = "redis://:canary-71ee@host:6379/0"
    for settings in (
        loaded(tmp_path, f'[store]\nurl = "{url}"'),
        loaded(tmp_path, "", FAIRLEAD_STORE_URL=url),
        Settings.load(environ={"HOME": str(tmp_path)}, cwd=tmp_path, store={"url": url}),
    ):
        assert settings.store.url is not None
        assert settings.store.url.reveal() == url
        assert "canary" not in repr(settings)


def test_an_address_that_cannot_be_one_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"store\.url") as caught:
        loaded(tmp_path, '[store]\nurl = "redis://:canary\\n@host"')
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("table", ['path = "/etc/passwd"', 'kind = "memory"', 'url = "redis://x"'])
def test_a_project_may_not_say_where_spending_is_kept(tmp_path: Path, table: str) -> None:
    with pytest.raises(ConfigError, match="store: a project's file may not set this"):
        loaded(tmp_path, "", project=f"[store]\n{table}")


def test_a_project_may_add_budgets_but_not_raise_those_of_the_user(tmp_path: Path) -> None:
    own = "[budgets.mine]\nusd = 5"
    found: Any = loaded(tmp_path, own, project="[budgets.theirs]\nusd = 1").budgets
    assert set(found) == {"mine", "theirs"}
    with pytest.raises(ConfigError, match="your own settings file has a budget of that name"):
        loaded(tmp_path, own, project="[budgets.mine]\nusd = 5000")
