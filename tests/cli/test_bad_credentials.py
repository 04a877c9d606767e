"""Credentials and clouds that are refused, at the command line: one line, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.cli.conftest import KEY, Lab

from fairlead.testing.server import Step, respond

Run = Callable[..., Result]
JSON = [("Content-Type", "application/json")]
SKEW = (
    "Signature expired: 20260901T095000Z is now earlier than 20260901T095500Z "
    "(20260901T100000Z - 5 min.)"
)
ACCOUNT = {"type": "service_account", "client_email": "a@p.example", "private_key": KEY}


def refused(status: int, message: str, *headers: tuple[str, str]) -> list[Step]:
    body = {"error": {"message": message}, "message": message}
    return respond(status, [*JSON, *headers], json.dumps(body).encode())


def one_line(result: Result, code: int) -> str:
    """What standard error says; nothing else was written."""
    assert result.stdout == ""
    assert result.stderr.startswith("fairlead: ")
    assert result.stderr.count("\n") == 1
    assert KEY not in result.output
    assert result.exit_code == code
    return result.stderr.rstrip("\n")


@pytest.mark.parametrize(
    ("status", "message", "code", "sentence"),
    [
        (401, f"Incorrect API key provided: {KEY}", 3, "that of LAB_KEY: correct or renew it"),
        (401, "The token has expired", 3, "that of LAB_KEY: correct or renew it"),
        (403, "Missing scopes: model.request", 3, "LAB_KEY: let it do this, or use another"),
        (400, "maximum context length is 8 tokens", 6, "send less, or ask a model that takes more"),
    ],
)
def test_what_the_provider_refuses_is_told_with_what_to_do(
    lab: Lab, status: int, message: str, code: int, sentence: str
):
    for words in (["Hi"], ["embed", "-m", "lab/e", "Hi"]):
        lab.answers(refused(status, message))
        assert one_line(lab.run(*words), code).endswith(sentence)


def test_a_clock_that_is_off_is_told_of(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    server = lab.answers(refused(403, SKEW, ("x-amzn-ErrorType", "InvalidSignatureException")))
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
    said = one_line(lab.run("Hi", "-m", "bedrock/m1"), 3)
    assert said.endswith(
        "this computer's clock differs from AWS's by 10 minutes (slow); "
        "set it right, then try again"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (json.dumps(ACCOUNT)[:-2], "is not a Google credentials file"),
        (json.dumps(ACCOUNT), "is not a complete service account file; make a new key"),
    ],
)
def test_a_malformed_service_account_file_is_named(
    nothing_sent: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, sentence: str
):
    path = tmp_path / "account.json"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "europe-west1")
    said = one_line(nothing_sent("Hi", "-m", "vertexai/gemini-2.5-flash"), 2)
    assert f"{path} {sentence}" in said


@pytest.mark.parametrize(
    ("value", "sentence"),
    [("us-esat-1", "did you mean us-"), ("mars-1", "set another, or the base_url of one")],
)
def test_a_region_that_does_not_exist_is_named(
    nothing_sent: Run, monkeypatch: pytest.MonkeyPatch, value: str, sentence: str
):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", KEY)
    monkeypatch.setenv("AWS_REGION", value)
    said = one_line(nothing_sent("Hi", "-m", "bedrock/m1"), 2)
    assert said.startswith(f"fairlead: AWS_REGION: bedrock has no region '{value}'")
    assert sentence in said


@pytest.mark.parametrize(
    ("model", "variable", "helps"),
    [
        ("openai/gpt-5", "OPENAI_API_KEY", "convert it to PNG, JPEG, WebP or GIF"),
        ("anthropic/claude-sonnet-4-5", "ANTHROPIC_API_KEY", "convert it to JPEG, PNG, GIF"),
        ("gemini/gemini-2.5-flash", "GEMINI_API_KEY", "convert it to PNG, JPEG, WebP, HEIC"),
    ],
)
def test_a_scan_that_the_provider_does_not_read_is_not_sent(
    nothing_sent: Run,
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    variable: str,
    helps: str,
):
    monkeypatch.setenv(variable, KEY)
    (lab.folder / "scan.tiff").write_bytes(b"II*\0\x08\0\0\0" + bytes(20))
    said = one_line(nothing_sent("Hi", "-m", model, "-a", "scan.tiff"), 2)
    assert f"{model} does not support images of type image/tiff; {helps}" in said
