"""`fairlead conform`: outcomes as they come, totals, JSON, and an exit code that says it all."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import Lab
from tests.conforming.honest import KEY, serving

FLAGS = ("--key-env", "SERVER_KEY")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_KEY", KEY)


def test_a_server_without_faults_is_told_check_by_check_with_totals(lab: Lab) -> None:
    with serving("openai_chat") as url:
        run = lab.run("conform", url, *FLAGS, "--only", "streams", "--only", "headers")

    assert run.exit_code == 0, run.output
    assert "ok    streams, end: it closes as it must" in run.stdout
    assert "area     pass  warn  fail  skip" in run.stdout
    assert "total    9     0     0     0" in run.stdout
    assert KEY not in run.output


def test_a_fault_is_told_with_what_the_documentation_says_and_ends_in_1(lab: Lab) -> None:
    def unending(_asked, reply) -> None:
        reply.body = reply.body.replace(b"data: [DONE]\n\n", b"")

    with serving("openai_chat", unending) as url:
        run = lab.run("conform", url, *FLAGS, "--only", "streams")

    assert run.exit_code == 1
    assert "fail  streams, end: the stream ended without data: [DONE]" in run.stdout
    assert "(one closing event says" in run.stdout
    assert "https://platform.openai.com/docs/api-reference/chat-streaming)" in run.stdout


def test_json_holds_the_whole_scorecard(lab: Lab) -> None:
    with serving("anthropic_messages") as url:
        words = ("conform", url, *FLAGS, "--dialect", "anthropic_messages", "-m", "m1")
        run = lab.run(*words, "--only", "answers", "--json")

    card = json.loads(run.stdout)
    assert run.exit_code == 0
    assert (card["ok"], card["model"], card["dialect"]) == (True, "m1", "anthropic_messages")
    assert card["totals"]["answers"] == {"pass": 4, "warn": 0, "fail": 0, "skip": 0}
    assert {item["verdict"] for item in card["outcomes"]} == {"pass"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--dialect", "gemini"), "there are no checks for the dialect 'gemini'; there are"),
        (("--only", "manners"), "there is no area 'manners'; there are answers,"),
        (("--key-env", "NO_SUCH_KEY"), "NO_SUCH_KEY is not set"),
    ],
)
def test_wrong_words_are_told_before_anything_is_sent(lab: Lab, words, told: str) -> None:
    with serving("openai_chat") as url:
        run = lab.run("conform", url, *words)

    assert run.exit_code in (2, 3)
    assert told in run.stderr


def test_a_server_that_lists_no_models_needs_one_named(lab: Lab) -> None:
    server = lab.answers()
    run = lab.run("conform", server.url)

    assert run.exit_code == 2
    assert "the server lists no models (it answered 200); name one with model=" in run.stderr


def test_a_server_that_is_not_there_is_no_scorecard(lab: Lab) -> None:
    with serving("openai_chat") as url:
        pass
    run = lab.run("conform", url, "-m", "m1")

    assert (run.exit_code, run.stdout) == (6, "")
    assert "it was refused or nothing is there" in run.stderr
