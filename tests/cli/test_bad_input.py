"""Input that cannot be used: one line that says what to do, the right exit code, nothing sent."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.cli.conftest import Lab, streamed

Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["Hi", "-m", "opnai/gpt-5"], 2, "did you mean openai"),
        (["Hi", "-m", "gpd-5"], 2, "which provider serves 'gpd-5'?"),
        (["Hi", "-m", "local/smolm2"], 2, "smollm2"),
        (["Hi", "-m", "openai/gpt-5"], 3, "OPENAI_API_KEY"),
        (["Hi", "-m", "lab/../admin"], 2, ".. segment"),
        (["Hi", "-m", "lab/m\x1b[2J"], 2, "control character"),
        (["Hi", "-m", ""], 2, "model name is empty"),
        (["Hi", "-m", "ai21/jamba"], 2, "was shut down"),
        (["Hi", "--json", "--raw"], 2, "--json and --raw exclude each other"),
        (["Hi", "--dry-run", "--usage"], 2, "--dry-run and --usage exclude each other"),
        (["Hi", "-a", "nowhere.png"], 2, "nowhere.png cannot be read: No such file"),
        (["Hi", "-a", "-", "-a", "-"], 2, "only once"),
        (["Hi", "-o", "extra_headers", '{"x-a": "1\\r\\nx-b: 2"}'], 2, "line break"),
        (["Hi", "-o", "extra_headers", '{"Authorization": "x"}'], 2, "credential"),
        (["Hi", "-o", "extra_body", '{"model": "other"}'], 2, "model"),
        (["Hi", "-o", "temprature", "0"], 2, "did you mean 'temperature'?"),
        (["Hi", "-o", "temperature", "warm"], 2, "-o temperature takes a number, not 'warm'"),
        (["Hi", "-o", "temperature", "nan"], 2, "finite"),
        (["Hi", "-o", "max_tokens", "1.5"], 2, "a whole number"),
        (["Hi", "-o", "max_tokens", "-1"], 2, "negative"),
        (["Hi", "-o", "logprobs", "perhaps"], 2, "true or false"),
        (["Hi", "-o", "tools", "{}"], 2, "a JSON list"),
        (["Hi", "-o", "tools", "["], 2, "a JSON list"),
        (["Hi", "-o", "seed", "1", "-o", "seed", "2"], 2, "given twice"),
        (["Hi", "-o", "temperature=0", "-q"], 2, "write -o temperature 0"),
        (["Hi", "-o", "system", "x"], 2, "use -s"),
        (["Hi", "-o", "reasoning_effort", "huge"], 2, "must be one of"),
        (["Hi", "-o", "options", '{"verbosty": "low"}'], 2, "did you mean 'verbosity'?"),
        (["Hi", "-o", "options", '{"verbosity": "loud"}'], 2, "did you mean low?"),
        (["Hi", "-o", "dialect", "morse"], 2, "it speaks openai_chat"),
        (["Hi", "--schema", "missing.json"], 2, "missing.json cannot be read"),
        (["Hi", "--schema", "{nope"], 2, "not valid JSON"),
        (["Hi", "--schema", "~nobody-here/s.json"], 2, "cannot be read"),
        (["Hi", "-a", "~nobody-here/a.png"], 2, "cannot be read"),
        (["Hi", "--deadline", "0"], 2, "above 0"),
        (["Hi", "--deadline", "soon"], 2, "is not a number"),
        (["Hi", "--modle", "x"], 2, "'--model'"),
        (["-m", "lab/m1", "chat"], 2, "chat is a command, and stands first"),
        (["keys", "set", "openai", "sk-1"], 2, "`fairlead providers` says where each goes"),
        (["modles"], 2, "did you mean models?; to ask a model that word: fairlead -- modles"),
        (["chta"], 2, "did you mean chat?"),
        (["logs"], 2, "did you mean stats?"),
        (["-m", "lab/m1"], 2, "there is no prompt"),
        ([], 2, "there is no prompt"),
        (["half \udcff"], 2, "not UTF-8"),
        (["models", "of", "ships"], 2, "unexpected extra argument"),
        (["models", "grog"], 2, "did you mean groq"),
        (["doctor", "grog"], 2, "did you mean groq"),
        (["local", "setup", "smolm2"], 2, "smollm2"),
        (["local", "serve", "--host", "0.0.0.0"], 2, "not loopback"),
        (["local", "serve", "--port", "99999"], 2, "no port 99999"),
        (["local", "serve", "--slots", "0"], 2, "choose 1 to 16"),
        (["local", "serve", "--key-env", "NOT_SET"], 2, "NOT_SET"),
    ],
)
def test_it_is_refused_in_one_line(nothing_sent: Run, words: list[str], code: int, sentence: str):
    result = nothing_sent(*words)
    assert sentence.lower() in result.stderr.lower()
    assert result.exit_code == code


@pytest.mark.parametrize(
    ("stdin", "sentence"),
    [(b"\xff\xfe\x00h", "standard input is neither UTF-8"), (b"a\0b", "binary file")],
)
def test_piped_bytes_of_no_known_kind_are_refused(nothing_sent: Run, stdin: bytes, sentence: str):
    result = nothing_sent("Hi", stdin=stdin)
    assert sentence in result.stderr
    assert result.exit_code == 2


def test_a_file_that_is_not_utf8_is_refused(nothing_sent: Run, lab: Lab):
    (lab.folder / "old.txt").write_bytes("Grüße".encode("latin-1"))
    result = nothing_sent("Hi", "-a", "old.txt")
    assert "old.txt is neither UTF-8 text nor" in result.stderr
    assert result.exit_code == 2


def test_a_folder_is_no_attachment(nothing_sent: Run, lab: Lab):
    assert "Is a directory" in nothing_sent("Hi", "-a", str(lab.folder)).stderr


def test_a_schema_that_is_not_utf8_is_refused(nothing_sent: Run, lab: Lab):
    (lab.folder / "s.json").write_bytes(b'{"title": "\xff"}')
    assert "s.json" in nothing_sent("Hi", "--schema", "s.json").stderr


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("model = \n", ["not valid TOML", "line 1"]),
        ("modle = 'x'\n", ["modle", "did you mean model?"]),
        ("[timeouts]\nconnect = 'soon'\n", ["timeouts.connect"]),
        ("[providers.lab]\nbase_ulr = 'http://x'\n", ["providers.lab.base_ulr", "base_url"]),
    ],
)
def test_settings_that_cannot_be_read_name_file_and_key(lab: Lab, text: str, parts: list[str]):
    lab.configure(text)
    result = lab.run("Hi")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    for part in [str(lab.config), *parts]:
        assert part in result.stderr


def test_an_unreadable_local_request_starts_no_model(lab: Lab, tmp_path: Path):
    environment = os.environ | {"FAIRLEAD_CACHE": str(tmp_path / "empty")}
    done = subprocess.run(
        lab.command("Hi", "-m", "local/smollm2", "-o", "reasoning_effort", "huge"),
        stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert not (tmp_path / "empty").exists()


def test_a_prompt_over_the_context_window_is_told_by_the_provider(lab: Lab):
    from fairlead.testing.server import respond

    body = b'{"error": {"message": "too long", "code": "context_length_exceeded"}}'
    lab.answers(respond(400, [("Content-Type", "application/json")], body), streamed("ok"))
    result = lab.run("Hi")
    assert (result.exit_code, result.stdout) == (6, "")
    assert "too long" in result.stderr
