from __future__ import annotations

import json

from tests.cli.conftest import KEY, Lab

from fairlead.testing.server import respond

LIST = b'{"object": "list", "data": [{"id": "m1", "owned_by": "us"}, {"id": "org/m\\u001b[31m2"}]}'
JSON = [("Content-Type", "application/json")]


def test_a_provider_is_asked_for_its_list(lab: Lab):
    server = lab.answers(respond(200, JSON, LIST))
    result = lab.run("models", "lab")
    assert result.stdout == "lab/m1\nlab/org/m2\n"
    assert (server.requests[0].method, server.requests[0].path) == ("GET", "/v1/models")
    assert server.requests[0].header("authorization") == f"Bearer {KEY}"


def test_all_that_have_a_key_are_asked_beside_the_local_one(lab: Lab):
    lab.answers(respond(200, JSON, LIST))
    found = json.loads(lab.run("models", "--json").stdout)
    assert [item["model"] for item in found][:2] == ["local/smollm2", "lab/m1"]
    assert found[0]["context_window"] == 4096  # what one slot holds
    assert found[1]["owned_by"] == "us"


def test_one_that_does_not_answer_does_not_hide_the_others(lab: Lab):
    lab.answers(respond(503, JSON, b"{}"))
    result = lab.run("models")
    assert result.stdout.startswith("local/smollm2")
    assert result.stderr.startswith("fairlead: warning: lab: ")
    assert lab.run("models", "lab").exit_code == 6


def test_the_local_list_starts_nothing(lab: Lab):
    assert lab.run("models", "local").stdout.startswith("local/smollm2  ")


def test_a_retired_provider_names_its_successor(lab: Lab):
    result = lab.run("models", "ai21")
    assert result.exit_code == 2
    assert "was shut down" in result.stderr
