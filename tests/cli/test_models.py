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
    found = json.loads(lab.run("models", "--live", "--json").stdout)
    by_name = {item["model"]: item for item in found}
    assert next(iter(by_name)) == "local/smollm2"
    assert by_name["local/smollm2"]["context_window"] == 4096  # what one slot holds
    assert by_name["lab/m1"]["owned_by"] == "us"


def test_one_that_does_not_answer_does_not_hide_the_others(lab: Lab):
    lab.answers(respond(503, JSON, b"{}"))
    result = lab.run("models", "--live")
    assert result.stdout.startswith("local/smollm2")
    assert result.stderr.startswith("fairlead: warning: lab: ")
    assert lab.run("models", "lab").exit_code == 6


def test_the_local_list_starts_nothing(lab: Lab):
    assert lab.run("models", "local").stdout.startswith("local/smollm2  ")


def test_a_retired_provider_names_its_successor(lab: Lab):
    result = lab.run("models", "ai21")
    assert result.exit_code == 2
    assert "was shut down" in result.stderr


def test_the_table_is_printed_without_asking_anybody(lab: Lab):
    server = lab.answers()
    lines = lab.run("models").stdout.splitlines()
    assert lines[0].split() == ["MODEL", "CONTEXT", "USD/M", "IN,", "OUT"]
    assert lines[1].split() == ["local/smollm2", "4,096"]
    (row,) = [line.split() for line in lines if line.startswith("openai/gpt-4o ")]
    assert row == ["openai/gpt-4o", "128,000", "2.5,", "10", "vision", "tools"]
    assert server.requests == []


def test_the_table_as_json_tells_prices_exactly_with_their_source(lab: Lab):
    found = json.loads(lab.run("models", "openai", "-q", "GPT-4o-2024-08", "--json").stdout)
    (model,) = found
    assert (model["model"], model["max_output"]) == ("openai/gpt-4o-2024-08-06", 16384)
    assert model["price"]["input"] == "2.5"
    assert model["price_source"].startswith("genai-prices ")
    assert model["price_date"]


def test_prices_of_the_settings_stand_in_the_table(lab: Lab):
    lab.configure(
        """
        [providers.lab]
        base_url = "http://127.0.0.1:9/v1"
        [providers.lab.prices]
        llama-3 = { input = 0.2, output = 0.6 }
        "qwen-*" = { input = 1 }
        [providers.openai.prices]
        "gpt-4o" = { input = 2, output = 8 }
        """
    )
    found = {row["model"]: row for row in json.loads(lab.run("models", "--json").stdout)}
    assert found["openai/gpt-4o"]["price"] == {"input": "2", "output": "8"}
    assert found["openai/gpt-4o"]["price_source"] == 'providers.openai.prices."gpt-4o"'
    assert found["openai/gpt-4o"]["context_window"] == 128_000
    assert "price_date" not in found["openai/gpt-4o"]
    assert found["lab/llama-3"]["price"] == {"input": "0.2", "output": "0.6"}
    assert [name for name in found if name.startswith("lab/")] == ["lab/llama-3"]
    (only,) = json.loads(lab.run("models", "lab", "-q", "llama", "--json").stdout)
    assert only["model"] == "lab/llama-3"
    shown = lab.run("config", "show").stdout
    assert 'providers.lab.prices.llama-3.input = "0.2"' in shown


def test_filters_leave_what_is_known_to_fit(lab: Lab):
    words = ("--vision", "--tools", "--structured", "--context", "200k", "--max-price", "2.5")
    found = json.loads(lab.run("models", *words, "--json").stdout)
    assert found
    for model in found:
        assert "image" in model["input"]
        assert model["tools"]
        assert model["structured_output"]
        assert model["context_window"] >= 200_000
        assert max(float(model["price"].get(key, 0)) for key in ("input", "output")) <= 2.5


def test_a_provider_may_be_called_by_an_alias(lab: Lab):
    found = json.loads(lab.run("models", "claude", "--reasoning", "--json").stdout)
    assert {model["provider"] for model in found} == {"anthropic"}
    assert all(model["reasoning"] for model in found)


def test_a_size_may_have_a_unit(lab: Lab):
    same = [lab.run("models", "--context", size).stdout for size in ("1m", "1000K", "1000000")]
    assert same[0]
    assert len(set(same)) == 1
    wrong = lab.run("models", "--context", "many")
    assert wrong.exit_code == 2
    assert "write 200000, 200k or 1m" in wrong.stderr


def test_lists_of_the_providers_cannot_be_narrowed(lab: Lab):
    assert lab.run("models", "--live", "--vision").exit_code == 2


def test_nothing_that_fits_prints_nothing_and_is_told(lab: Lab):
    result = lab.run("models", "-q", "no-such-model")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("fairlead: no model in the table fits")


def test_without_a_key_the_table_is_named_which_needs_none(lab: Lab):
    refused = lab.run("models", "anthropic")
    assert refused.exit_code == 3
    assert "fairlead models -q anthropic/ needs none" in refused.stderr
    assert "anthropic/claude" in lab.run("models", "-q", "anthropic/").stdout
