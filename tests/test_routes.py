"""`fairlead.route()` and the tables [routes.<name>]: what is taken, and what is refused."""

from __future__ import annotations

import pytest

import fairlead
from fairlead.errors import ConfigError, InvalidRequest
from fairlead.providers.registry import Registry
from fairlead.routing import Routes
from fairlead.settings import ProviderSettings, Settings
from fairlead.types.routes import Route, RouteTarget


def load(**tables) -> Settings:
    return Settings.load(environ={}, **tables)


def test_a_route_has_its_targets_in_order() -> None:
    made = fairlead.route("openai/a", RouteTarget("groq/b", 2), order="weighted", hedge=2.5)

    assert made.entries == (RouteTarget("openai/a", 1.0), RouteTarget("groq/b", 2))
    assert (made.order, made.hedge, made.on_break) == ("weighted", 2.5, "error")


@pytest.mark.parametrize(
    ("targets", "words", "sentence"),
    [
        ((), {}, "at least one target"),
        (("a/b", "a/b"), {}, "names 'a/b' twice"),
        ((RouteTarget("a/b", 0),), {"order": "weighted"}, "not above 0"),
        ((RouteTarget("a/b", float("nan")),), {"order": "weighted"}, "not above 0"),
        ((RouteTarget("a/b", 2), "c/d"), {}, "does not look at"),
        (("a/b",), {"hedge": -1}, "above 0"),
        (("a/b",), {"hedge": "p99"}, "p95"),
        (("a/b",), {"hedge": True}, "p95"),
        (("a/b",), {"order": "random"}, "listed, weighted"),
        (("a/b",), {"on_break": "ignore"}, "error, restart"),
        (("a/b",), {"on_filter": "skip"}, "error, next"),
        ((7,), {}, "string"),
    ],
)
def test_a_wrong_route_is_refused_when_it_is_made(targets, words, sentence) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        fairlead.route(*targets, **words)


def test_a_table_says_the_same_as_the_function() -> None:
    table = {"targets": ["a/b", {"model": "c/d", "weight": 2}], "order": "weighted"}
    given = fairlead.route("a/b", RouteTarget("c/d", 2), order="weighted")

    settings = load(routes={"one": table, "two": given})

    assert settings.routes["one"].entries == settings.routes["two"].entries == given.entries


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"targets": []}, "at least one target"),
        ({}, "at least one target"),
        ({"targets": ["a/b"], "ordre": "listed"}, "did you mean order"),
        ({"targets": ["a/b"], "order": "best"}, "order"),
        ({"targets": [{"model": "a/b", "wait": 1}]}, "wait"),
        ({"targets": ["a/b"], "hedge": 0}, "above 0"),
        ({"targets": [{"model": "a/b", "weight": 3}]}, "does not look at"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(table, sentence) -> None:
    with pytest.raises(ConfigError, match=rf"routes\.fast.*{sentence}"):
        load(routes={"fast": table})


def test_a_route_name_is_one_word() -> None:
    with pytest.raises(ConfigError, match="letters, digits"):
        load(routes={"fast/er": {"targets": ["a/b"]}})


def refused(settings: Settings) -> str:
    with pytest.raises(ConfigError) as caught:
        Registry(settings, environ={})
    return str(caught.value)


def test_a_route_that_names_itself_or_another_is_refused() -> None:
    assert "names itself" in refused(load(routes={"fast": {"targets": ["fast"]}}))
    two = {"fast": {"targets": ["slow"]}, "slow": {"targets": ["a/b"]}}
    assert "'slow', which is a route itself" in refused(load(routes=two))
    hidden = load(
        routes={"fast": {"targets": ["x"]}, "y": {"targets": ["a/b"]}}, aliases={"x": "y"}
    )
    assert "'x', which is a route itself" in refused(hidden)


def test_a_route_may_not_be_called_like_a_provider_or_an_alias() -> None:
    table = {"targets": ["a/b"]}
    assert "is a provider" in refused(load(routes={"openai": table}))
    own = {"lab": ProviderSettings(base_url="https://lab.test/v1")}
    assert "is a provider" in refused(
        Settings(providers=own, routes={"lab": Route(targets=("a",))})
    )
    assert "an alias too" in refused(load(routes={"fast": table}, aliases={"fast": "a/b"}))


def test_an_alias_may_lead_to_a_route() -> None:
    routes = Routes(load(routes={"fast": {"targets": ["a/b"]}}, aliases={"x": "y", "y": "fast"}))

    assert routes.find("x") == routes.find("fast")
    assert routes.find("fast").name == "fast"
    assert routes.find("a/b") is None


def test_a_route_made_by_hand_is_checked_when_it_is_used() -> None:
    routes = Routes(load(routes={"fast": {"targets": ["a/b"]}}))

    with pytest.raises(InvalidRequest, match="at least one"):
        routes.find(Route(targets=()))
    with pytest.raises(InvalidRequest, match="route itself"):
        routes.find(Route(targets=("fast",)))
