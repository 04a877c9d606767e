from __future__ import annotations

import json

import pytest
from tests.cli.conftest import KEY, Lab, streamed


def test_it_is_the_request_that_is_sent_and_nothing_is(lab: Lab):
    server = lab.answers(streamed("ok"))
    words = ["Hi", "-s", "Be brief.", "-o", "temperature", "0"]
    shown = json.loads(lab.run(*words, "--dry-run", "--json").stdout)
    assert server.requests == []
    lab.run(*words)
    request = server.requests[0]
    assert shown["method"] == request.method
    assert shown["url"] == server.url + request.path
    assert json.dumps(shown["body"]) == json.dumps(json.loads(request.body))
    hidden = {"authorization": "Bearer *** (LAB_KEY)"}
    for name, value in (shown["headers"] | hidden).items():
        assert name == "authorization" or request.header(name) == value
    assert shown["headers"]["authorization"] == hidden["authorization"]


def test_the_text_is_a_request_line_headers_and_an_indented_body(lab: Lab):
    server = lab.answers(streamed("ok"))
    result = lab.run("Hi", "--dry-run", "--no-stream")
    head, _, body = result.stdout.partition("\n\n")
    assert head.splitlines()[0] == f"POST {server.url}/v1/chat/completions"
    assert json.loads(body)["messages"] == [{"role": "user", "content": "Hi"}]
    assert '\n  "model": "m1"' in body
    assert KEY not in result.output
    assert result.exit_code == 0


def test_it_works_without_a_key_and_says_which_is_missing(lab: Lab):
    result = lab.run("Hi", "--dry-run", "-m", "openai/gpt-5")
    assert result.exit_code == 0
    assert "authorization: Bearer *** (missing: set OPENAI_API_KEY)" in result.stdout


def test_a_sign_in_that_would_do_is_named_beside_the_keys(lab: Lab):
    result = lab.run("Hi", "--dry-run", "-m", "openrouter/x")
    assert "OR_API_KEY, or run fairlead login openrouter)" in result.stdout


def test_the_local_model_is_not_started(lab: Lab):
    result = lab.run("Hi", "--dry-run", "-m", "local/smollm2")
    assert result.stdout.startswith("POST http://127.0.0.1/v1/chat/completions\n")


def test_headers_that_may_hold_a_secret_are_hidden(lab: Lab):
    headers = json.dumps({"x-team-token": KEY, "x-grok-conv-id": "c-1"})
    result = lab.run("Hi", "--dry-run", "-m", "openai/gpt-5", "-o", "extra_headers", headers)
    assert "x-team-token: ***" in result.stdout
    assert "x-grok-conv-id: c-1" in result.stdout
    assert KEY not in result.output


def test_what_the_target_does_not_take_is_told(lab: Lab):
    words = ["Hi", "--dry-run", "-m", "openai_responses/gpt-5", "-o", "seed", "7"]
    refused = lab.run(*words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "seed" in refused.stderr
    warned = lab.run(*words, "-o", "unsupported", "warn")
    assert "seed" not in warned.stdout
    assert warned.stderr.startswith("fairlead: warning: ")
    assert "seed" in warned.stderr


@pytest.mark.parametrize("model", ["openai/gpt-5", "openai_responses/gpt-5", "anthropic/claude-x"])
def test_no_header_is_sent_twice(lab: Lab, model: str):
    head = lab.run("Hi", "--dry-run", "-m", model).stdout.partition("\n\n")[0]
    names = [line.partition(":")[0] for line in head.splitlines()[1:]]
    assert len(names) == len(set(names))


def test_a_signature_is_not_called_a_bearer_token(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")
    words = ("Hi", "--dry-run", "-m", "bedrock/us.amazon.nova-lite-v1:0")
    assert "authorization: AWS4-HMAC-SHA256 *** (AWS_ACCESS_KEY_ID)" in lab.run(*words).stdout
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key")
    assert "authorization: Bearer *** (AWS_BEARER_TOKEN_BEDROCK)" in lab.run(*words).stdout
