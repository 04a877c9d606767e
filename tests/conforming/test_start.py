"""A run as a whole: which model is asked, what is learned of it, what is refused beforehand."""

from __future__ import annotations

import traceback

import pytest
from tests.conforming.honest import KEY, Asked, Reply, serving
from tests.conforming.writers import Chat, line

import fairlead
from fairlead import ConfigError, ConnectError, FairleadError, InvalidRequest, Settings
from fairlead.testing.server import ScriptedServer


def run(url: str, **more) -> fairlead.Scorecard:
    return fairlead.conform(url, **{"key": KEY, "settings": Settings(), **more})


def test_the_first_model_that_is_listed_is_asked() -> None:
    with serving("openai_chat") as url:
        card = run(url, only=["answers"])

    assert (card.ok, card.model, card.url, card.dialect) == (True, "m1", url, "openai_chat")
    assert card.totals == {"answers": {"pass": 4, "warn": 0, "fail": 0, "skip": 0}}
    assert card.failed == ()


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("temperature", "'temperature' does not support 0"),
        ("max_tokens", "'max_tokens' is not supported, use 'max_completion_tokens'"),
    ],
)
def test_a_model_that_refuses_a_usual_field_is_asked_without_it(field: str, told: str) -> None:
    def refuse(asked: Asked, reply: Reply) -> None:
        if field in asked.fields:
            reply.status, reply.kind = 400, "application/json"
            reply.body = line(Chat().error(told, "invalid_request_error"))

    with serving("openai_chat", refuse) as url:
        card = run(url, only=["answers", "streams"])

    assert [item for item in card.outcomes if item.verdict != "pass"] == []


def test_a_feature_that_the_server_refuses_in_so_many_words_is_a_warning() -> None:
    def refuse(asked: Asked, reply: Reply) -> None:
        if "tools" in asked.fields:
            reply.status, reply.kind = 400, "application/json"
            reply.body = line(Chat().error("no tools here", "invalid_request_error"))

    with serving("openai_chat", refuse) as url:
        card = run(url, only=["tools"])

    assert {item.verdict for item in card.outcomes} == {"warn"}
    assert "no tools here" in card.outcomes[0].evidence
    assert card.ok


def test_a_key_that_the_server_sends_back_is_not_told() -> None:
    def gossip(asked: Asked, reply: Reply) -> None:
        reply.status, reply.kind, reply.body = 500, "application/json", line({"your": KEY})

    with serving("openai_chat", gossip) as url:
        card = run(url, model="m1", only=["answers", "errors"])

    assert "***" in repr(card)
    assert KEY not in repr(card)


def test_what_leads_nowhere_is_refused() -> None:
    with serving("openai_chat") as url, ScriptedServer() as silent:
        with pytest.raises(InvalidRequest, match="no checks for the dialect 'cohere'"):
            run(url, dialect="cohere")
        with pytest.raises(InvalidRequest, match="no area 'manners'"):
            run(url, only=["manners"])
        with pytest.raises(InvalidRequest, match="name one with model="):
            run(silent.url)
    with pytest.raises(ConnectError):
        run(url, model="m1")
    with pytest.raises(ConfigError, match="plain http"):
        run("http://example.com/v1")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://far.example/v1"])
def test_no_frame_of_an_error_holds_the_key(url: str) -> None:
    with pytest.raises(FairleadError) as caught:
        fairlead.conform(url, key=KEY)

    steps = traceback.walk_tb(caught.value.__traceback__)
    ours = [step.f_locals for step, _ in steps if "/tests/" not in step.f_code.co_filename]
    assert ours
    assert KEY not in str(ours)
