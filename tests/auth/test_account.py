"""Who has signed in, where a service says so."""

from __future__ import annotations

import pytest
from tests.auth.dialogue import Played, play, says

from fairlead.auth.account import account_name
from fairlead.auth.login_providers import login_service
from fairlead.auth.secret import Secret

GITHUB, TOKEN = login_service("github-copilot"), Secret("gho_canary")


def test_github_tells_the_name() -> None:
    played = Played()
    assert played.run(account_name(GITHUB, TOKEN), says({"login": "ann", "id": 1})) == "ann"
    assert played.requests[0].url == "https://api.github.com/user"
    assert ("authorization", "Bearer gho_canary") in played.requests[0].headers


def test_others_are_not_asked() -> None:
    assert play(account_name(login_service("openrouter"), TOKEN)) == ""


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, {"login": "ann"}), (200, b"<html>"), (200, []), (200, {"login": 5}), (200, b"\xff")],
)
def test_an_answer_of_another_kind_is_no_name(status: int, body: object) -> None:
    assert play(account_name(GITHUB, TOKEN), says(body, status)) == ""
