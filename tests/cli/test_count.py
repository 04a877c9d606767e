from __future__ import annotations

import json

from tests.cli.conftest import Lab, answered, sent

from fairlead.testing.server import ScriptedServer

SETTINGS = """
model = "anthropic/claude-x"

[providers.anthropic]
base_url = "{url}"
key_env = "LAB_KEY"
"""


def test_the_number_alone_is_printed(lab: Lab):
    with ScriptedServer(answered({"input_tokens": 14})) as server:
        lab.configure(SETTINGS.format(url=server.url))
        (lab.folder / "notes.txt").write_text("from a file", encoding="utf-8")
        result = lab.run("count", "Hi", "-s", "Be brief.", "-a", "notes.txt", stdin="piped")
        body = sent(server)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "14\n", "")
    assert "Be brief." in json.dumps(body["system"])
    for text in ("from a file", "piped", "Hi"):
        assert text in json.dumps(body["messages"])


def test_json_is_the_whole_response(lab: Lab):
    with ScriptedServer(answered({"input_tokens": 14})) as server:
        lab.configure(SETTINGS.format(url=server.url))
        found = json.loads(lab.run("count", "Hi", "--json").stdout)
    assert found["tokens"] == 14
    assert found["receipt"]["operation"] == "count_tokens"


def test_tools_are_counted_too(lab: Lab):
    tools = '[{"name": "weather", "parameters": {"type": "object"}}]'
    words = ["count", "Oslo?", "-m", "anthropic/claude-x", "-o", "tools", tools, "--dry-run"]
    shown = json.loads(lab.run(*words, "--json").stdout)
    assert shown["url"].endswith("/v1/messages/count_tokens")
    assert shown["body"]["tools"][0]["name"] == "weather"
