"""`fairlead ping`: steps as bars, JSON with every try, and no key on the line."""

from __future__ import annotations

import json

from tests.cli.conftest import KEY, Lab

from fairlead.testing.server import Close, respond


def test_a_refusal_is_an_answer_and_no_key_is_sent(lab: Lab) -> None:
    server = lab.answers(respond(401))
    run = lab.run("ping", "lab", "-n", "3")

    assert run.exit_code == 0, run.output
    assert f"lab: {server.url}/v1" in run.stdout
    assert "401 over HTTP/1.1, from 127.0.0.1:" in run.stdout
    for word in ("new", "dns", "connect", "server", "total", "reused", "p50", "#"):
        assert word in run.stdout
    assert len(server.requests) == 6
    assert server.connections == 3
    assert all(item.header("authorization") is None for item in server.requests)
    assert KEY not in repr(server.requests)


def test_json_has_every_try_and_the_percentiles(lab: Lab) -> None:
    server = lab.answers(respond(200))
    run = lab.run("ping", server.url, "-n", "2", "--json")

    (found,) = json.loads(run.stdout)
    assert [item["reused"] for item in found["tries"]] == [False, False, True, True]
    assert [item["phase"] for item in found["new"]] == ["dns", "connect", "server", "total"]
    assert [item["phase"] for item in found["reused"]] == ["server", "total"]
    for item in found["new"]:
        assert 0 <= item["p50"] <= item["p90"] <= item["most"] < 60


def test_a_server_that_is_not_there_is_told_and_ends_in_1(lab: Lab) -> None:
    server = lab.answers([Close()])
    run = lab.run("ping", "lab", "-n", "2")

    assert run.exit_code == 1
    assert f"lab: {server.url}/v1" in run.stdout
    assert "no answer from 127.0.0.1" in run.stdout


def test_one_that_cannot_be_reached_does_not_hide_the_others(lab: Lab) -> None:
    server = lab.answers(respond(200))
    run = lab.run("ping", "http://127.0.0.1:1/", server.url, "-n", "1", "--json")

    first, second = json.loads(run.stdout)
    assert run.exit_code == 1
    assert first["error"].startswith("no answer from 127.0.0.1")
    assert (second["error"], len(second["tries"])) == (None, 2)


def test_the_local_model_has_no_line_to_measure(lab: Lab) -> None:
    run = lab.run("ping", "local")

    assert run.exit_code == 2
    assert "local runs on this machine" in run.stderr


def test_an_unknown_name_is_told_with_the_nearest_ones(lab: Lab) -> None:
    run = lab.run("ping", "antropic")

    assert run.exit_code == 2
    assert "anthropic" in run.stderr


def test_a_host_is_no_name_and_how_to_write_its_address_is_told(lab: Lab) -> None:
    result = lab.run("ping", "api.example.org")
    assert result.exit_code == 2
    assert "an address begins with https://" in result.stderr


def test_plain_http_to_another_machine_is_refused(lab: Lab) -> None:
    run = lab.run("ping", "http://example.com/")

    assert run.exit_code == 2
    assert "example.com" in run.stderr
