from __future__ import annotations

import json

from tests.cli.conftest import Lab, answered


def test_the_fields_are_a_table(lab: Lab):
    server = lab.answers(answered({}))
    result = lab.run("explain", "lab/m1", "Hi", "there", "-o", "temperature", "0.5", "-s", "Brief.")

    assert (result.exit_code, result.stderr) == (0, "")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["sent", "temperature", "temperature", "0.5"] in lines
    assert ["sent", "messages[1].parts[0].text", "messages[1].content", "Hi", "there"] in lines
    assert server.requests == []


def test_a_loss_is_a_row_and_no_failure(lab: Lab):
    lab.configure(
        '[providers.lab]\nbase_url = "http://127.0.0.1:9/v1"\n'
        'quirks = { unsupported = ["top_k"] }\n'
    )
    result = lab.run("explain", "lab/m1", "Hi", "-o", "top_k", "3")

    assert result.exit_code == 0
    assert "a call raises: lab/m1 does not support top_k" in result.stdout
    assert any(line.startswith("lost") and "top_k" in line for line in result.stdout.splitlines())


def test_json_holds_the_rows_and_the_body(lab: Lab):
    lab.answers(answered({}))
    found = json.loads(lab.run("explain", "lab/m1", "Hi", "--no-stream", "--json").stdout)

    assert found["target"] == "lab/m1"
    assert found["body"]["messages"] == [{"role": "user", "content": "Hi"}]
    assert {"field": "model", "outcome": "sent", "path": "model", "sent": "m1"} in found["fields"]


def test_every_target_of_a_route_is_shown(lab: Lab):
    lab.configure(
        '[providers.lab]\nbase_url = "http://127.0.0.1:9/v1"\n'
        '[routes.way]\ntargets = ["lab/m1", "lab/m2"]\n'
    )
    shown = lab.run("explain", "way", "Hi").stdout

    assert "lab/m1: POST" in shown
    assert "lab/m2: POST" in shown


def test_a_prompt_that_begins_with_the_word_is_shown_how_to_be_one(lab: Lab):
    result = lab.run("explain", "quantum", "physics")

    assert result.exit_code == 2
    assert "fairlead -- explain quantum physics" in result.stderr


def test_the_terminal_is_not_reached_by_what_is_sent(lab: Lab):
    lab.answers(answered({}))

    assert "\x1b" not in lab.run("explain", "lab/m1", "a\x1b[31mb").stdout
