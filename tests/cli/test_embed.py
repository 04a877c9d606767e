from __future__ import annotations

import json
import sys

import pytest
from tests.cli.conftest import Lab, Terminal, sent, terminals
from tests.cli.vectors import direction, embedding

from fairlead.testing.server import ScriptedServer

M = ("-m", "lab/e1")


@pytest.fixture
def server(lab: Lab) -> ScriptedServer:
    return lab.answers(embedding)


def vectors(text: str) -> list[list[float]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_text_becomes_a_line_of_numbers(lab: Lab, server):
    result = lab.run("embed", *M, "a boat", "law", "-o", "dimensions", "2")
    assert (result.exit_code, result.stderr) == (0, "")
    assert vectors(result.stdout) == [direction("a boat"), direction("law")]
    assert (sent(server)["input"], sent(server)["dimensions"]) == (["a boat", "law"], 2)
    assert sent(server)["model"] == "e1"


def test_standard_input_is_one_text_without_the_line_feed_at_its_end(lab: Lab, server):
    result = lab.run("embed", *M, stdin="a boat\non the sea\n")
    assert len(vectors(result.stdout)) == 1
    assert sent(server)["input"] == ["a boat\non the sea"]


def test_each_line_of_standard_input_is_a_text_if_wished(lab: Lab, server):
    result = lab.run("embed", *M, "--lines", stdin="a boat\r\nlaw\x0ctwo\u2028\n")
    assert len(vectors(result.stdout)) == 2
    assert sent(server)["input"] == ["a boat", "law\x0ctwo\u2028"]


def test_json_is_the_whole_response(lab: Lab, server):
    response = json.loads(lab.run("embed", *M, "law", "--json").stdout)
    assert response["embeddings"] == [direction("law")]
    assert (response["model"], response["usage"]["input_tokens"]) == ("e-1", 1)
    assert response["receipt"]["operation"] == "embeddings"
    assert "raw" not in response


def test_numpy_reads_what_is_written_for_it(lab: Lab, server):
    numpy = pytest.importorskip("numpy")
    result = lab.run("embed", *M, "--format", "npy", "a boat", "law")
    (lab.folder / "v.npy").write_bytes(result.stdout_bytes)
    found = numpy.load(lab.folder / "v.npy")
    assert found.dtype == numpy.float32
    assert found.tolist() == [direction("a boat"), direction("law")]


def test_usage_and_receipt_go_to_standard_error(lab: Lab, server):
    usage, receipt = lab.run("embed", *M, "law", "-u", "--receipt").stderr.splitlines()
    assert usage.startswith("fairlead: 1 tokens in, 0 out, ")
    assert json.loads(receipt)["target"] == "lab/e1"


@terminals
def test_a_terminal_shows_only_where_a_vector_begins(lab: Lab, server):
    terminal = Terminal([sys.executable, "-m", "fairlead", "embed", *M, "law\x1b[2J"], lab.folder)
    try:
        shown = terminal.rest()
    finally:
        terminal.close()
    assert shown.split() == ["2", "numbers", "[0.0000,", "7.0000,", "...]", "law"]


def test_a_dry_run_shows_every_request_of_a_long_list(lab: Lab, server):
    lines = "".join(f"{number}\n" for number in range(2049))
    result = lab.run("embed", *M, "--lines", "--dry-run", "--json", stdin=lines)
    bodies = [json.loads(line)["body"]["input"] for line in result.stdout.splitlines()]
    assert [len(body) for body in bodies] == [2048, 1]
    assert server.requests == []


def test_the_settings_model_is_for_chat_so_the_local_one_embeds(lab: Lab, server):
    result = lab.run("embed", "law", "--dry-run")
    assert result.stdout.startswith("POST http://127.0.0.1/v1/embeddings\n")
    assert "local/minilm does it on this machine" in result.stderr
    assert lab.run("embed", "law", "--dry-run", "-q").stderr == ""


def test_a_key_that_could_be_used_is_named(lab: Lab, server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VOYAGE_API_KEY", "sk-x")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-x")
    notice = lab.run("embed", "law", "--dry-run").stderr
    assert "VOYAGE_API_KEY" in notice
    assert "ANTHROPIC_API_KEY" not in notice


def test_it_works_on_this_machine_without_a_key(lab: Lab):
    from fairlead.errors import LocalModelError
    from fairlead.local.server import shared_server

    try:
        shared_server().start("minilm")
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")
    result = lab.run("embed", "a boat", "-q")
    assert [len(vector) for vector in vectors(result.stdout)] == [384]
