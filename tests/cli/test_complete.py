from __future__ import annotations

import json

import pytest
from tests.cli.conftest import DONE, KEY, Lab, answered, sent

from fairlead.testing.server import Step, stream


def written(text: str, finish: str | None = None) -> dict[str, object]:
    choice = {"index": 0, "text": text, "finish_reason": finish}
    return {"id": "c", "object": "text_completion", "model": "m1", "choices": [choice]}


def streamed(*texts: str, finish: str = "stop") -> list[Step]:
    pieces = [*(written(text) for text in texts), written("", finish)]
    return list(stream([*(f"data: {json.dumps(p)}\n\n".encode() for p in pieces), DONE]))


def test_the_text_comes_as_a_stream_and_the_prompt_is_sent_exactly(lab: Lab):
    server = lab.answers(streamed(" upon", " a time"))
    result = lab.run("complete", stdin="Once \n")
    assert (result.exit_code, result.stdout, result.stderr) == (0, " upon a time\n", "")
    body = sent(server)
    assert (body["prompt"], body["stream"], body["model"]) == ("Once \n", True, "m1")
    assert server.requests[0].path == "/v1/completions"


def test_options_and_what_follows_the_gap_are_sent(lab: Lab):
    server = lab.answers(streamed("x"))
    words = ["-o", "max_tokens", "8", "-o", "stop", "END", "--suffix", "\n    return x\n"]
    assert lab.run("complete", "def f():", *words).exit_code == 0
    body = sent(server)
    assert (body["max_tokens"], body["suffix"]) == (8, "\n    return x\n")
    assert body["stop"] in ("END", ["END"])


@pytest.mark.parametrize("flag", [(), ("--no-stream",)])
def test_json_is_the_whole_response(lab: Lab, flag: tuple[str, ...]):
    lab.answers(answered(written(" upon", "stop")) if flag else streamed(" upon"))
    found = json.loads(lab.run("complete", "Once", "--json", *flag).stdout)
    assert (found["text"], found["finish_reason"]) == (" upon", "stop")
    assert found["receipt"]["operation"] == "completion"


def test_raw_text_is_printed_as_it_came(lab: Lab):
    lab.answers(streamed("a\x1b[31m", "b"))
    assert lab.run("complete", "Once", "--raw").stdout == "a\x1b[31mb"
    assert lab.run("complete", "Once").stdout == "ab\n"


def test_a_text_that_hit_the_limit_says_so(lab: Lab):
    lab.answers(streamed("half", finish="length"))
    assert "cut at the token limit" in lab.run("complete", "Once").stderr
    assert lab.run("complete", "Once", "-q").stderr == ""


def test_a_cut_stream_prints_what_came_and_fails(lab: Lab):
    lab.answers(list(stream([f"data: {json.dumps(written('half'))}\n\n".encode()])))
    result = lab.run("complete", "Once")
    assert (result.exit_code, result.stdout) == (6, "half\n")
    assert result.stderr.startswith("fairlead: ")


def test_a_dry_run_shows_the_stream_that_would_be_sent(lab: Lab):
    server = lab.answers(streamed("x"))
    shown = json.loads(lab.run("complete", "Once", "--dry-run", "--json").stdout)
    assert server.requests == []
    lab.run("complete", "Once")
    assert json.dumps(shown["body"]) == json.dumps(sent(server))
    assert KEY not in json.dumps(shown)


def test_a_gap_is_filled_by_the_route_that_a_provider_has_for_it(lab: Lab):
    words = ["complete", "-m", "mistral/codestral-latest", "def f():", "--dry-run"]
    assert "/v1/fim/completions" in lab.run(*words, "--suffix", "return x").stdout
