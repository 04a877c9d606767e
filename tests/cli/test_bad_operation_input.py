"""The same as `test_bad_input.py` for the operations beside chat."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from tests.cli.conftest import Lab

Run = Callable[..., Result]
M = ["-m", "lab/m1"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["embed", "-m", "opnai/e", "a"], 2, "did you mean openai"),
        (["embed", "-m", "local/minlm", "a"], 2, "minilm"),
        (["embed", "-m", "local/smollm2", "a"], 2, "use local/minilm"),
        (["embed", "-m", "openai/e", "a"], 3, "OPENAI_API_KEY"),
        (["embed", *M], 2, "there is no text"),
        (["embed", *M, "a", ""], 2, "inputs[1] is empty"),
        (["embed", *M, "a", "--lines"], 2, "--lines is for standard input"),
        (["embed", *M, "a", "--format", "npy", "--json"], 2, "exclude each other"),
        (["embed", *M, "a", "--format", "csv"], 2, "jsonl"),
        (["embed", *M, "a", "-o", "dimension", "2"], 2, "did you mean 'dimensions'?"),
        (["embed", *M, "a", "-o", "zzz", "2"], 2, "fairlead embed --options lists them"),
        (["embed", *M, "a", "-o", "dimensions", "0"], 2, "at least 1"),
        (["embed", *M, "a", "-o", "input_type", "poem"], 2, "must be one of"),
        (["embed", *M, "a", "-o", "deadline", "2"], 2, "use --deadline"),
        (["embed", "-m", "local/minilm", "a", "-o", "dimensions", "9"], 2, "dimensions"),
        (["embed", *M, "a", "--deadline", "0"], 2, "above 0"),
        (["embed", *M, "a", "--dry-run", "-u"], 2, "--dry-run and --usage exclude"),
        (["embed", *M, "half \udcff"], 2, "not UTF-8"),
        (["embed", "-m", "anthropic/c", "a"], 2, "embeddings is offered by "),
        (["similar", *M], 2, "missing argument 'QUERY'"),
        (["similar", *M, "q"], 2, "there is nothing to search"),
        (["similar", *M, ""], 2, "there is no text"),
        (["similar", *M, "q", "--in", "no.txt"], 2, "no.txt cannot be read: No such file"),
        (["similar", *M, "q", "--in", "-", "--in", "-"], 2, "only once"),
        (["similar", *M, "q", "-n", "0"], 2, "not in the range"),
        (["rerank", "q", "a"], 2, "name one with -m provider/model"),
        (["rerank", *M, "q"], 2, "there are no documents"),
        (["rerank", *M, "q", "a", "-n", "0"], 2, "top_n must be at least 1"),
        (["rerank", "-m", "groq/x", "q", "a"], 2, "rerank is offered by "),
        (["rerank", "-m", "local/minilm", "q", "a"], 2, "rerank is offered by "),
        (["transcribe", *M, "no.wav"], 2, "no.wav cannot be read: No such file"),
        (["transcribe", *M, "-"], 2, "standard input is empty"),
        (["transcribe", *M, "notes.mp3"], 2, "holds text"),
        (["transcribe", *M, "notes.txt"], 2, "no audio file"),
        (["transcribe", *M, "-o", "language", "en", "notes.mp3"], 2, "use --language"),
        (["transcribe", "-m", "anthropic/c", "s.wav"], 2, "transcription is offered by "),
        (["speak", *M], 2, "there is no text"),
        (["speak", *M, "Hi", "--save", "no/a.mp3"], 2, "there is no folder no"),
        (["speak", *M, "Hi", "--save", "."], 2, ". is a folder"),
        (["speak", *M, "Hi", "--json"], 2, "--json needs --save FILE"),
        (["speak", *M, "Hi", "-o", "speed", "fast"], 2, "takes a number"),
        (["speak", "Hi", "--save", "a.mp3"], 2, "no model is chosen"),
        (["image", "a cat"], 2, "no model is chosen"),
        (["image", *M, "a cat", "--save", "-"], 2, "pictures go into files"),
        (["image", *M, "a cat", "-n", "0"], 2, "n must be at least 1"),
        (["image", *M, "a cat", "-n", "many"], 2, "is not a whole number"),
        (["image", *M, "of", "a", "cat"], 2, "unexpected extra arguments"),
        (["complete", *M], 2, "there is no text"),
        (["complete", "this", "sentence"], 2, "unexpected extra argument"),
        (["complete", *M, "a", "-o", "top_k", "4"], 2, "no option 'top_k'"),
        (["complete", "-m", "local/smollm2", "a", "--suffix", "b"], 2, "suffix"),
        (["complete", "-m", "anthropic/c", "a"], 2, "completion is offered by "),
        (["complete", *M, "a", "--json", "--raw"], 2, "--json and --raw exclude"),
        (["count", "to", "ten"], 2, "unexpected extra argument"),
        (["count", *M, "a"], 2, "count_tokens is offered by "),
        (["count", "-m", "local/minilm", "a"], 2, "use local/smollm2"),
        (["-m", "lab/m1", "embed"], 2, "embed is a command, and stands first"),
    ],
)
def test_it_is_refused_in_one_line(
    nothing_sent: Run, lab: Lab, words: list[str], code: int, sentence: str
):
    (lab.folder / "notes.mp3").write_text("Dear diary, this is no sound.", encoding="utf-8")
    (lab.folder / "notes.txt").write_text("Dear diary", encoding="utf-8")
    (lab.folder / "s.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40))
    result = nothing_sent(*words)
    assert sentence.lower() in result.stderr.lower()
    assert result.exit_code == code


def test_an_empty_line_would_shift_the_vectors(nothing_sent: Run):
    result = nothing_sent("embed", *M, "--lines", stdin="a\n\nb\n")
    assert "line 2 of standard input is empty" in result.stderr


def test_sound_that_is_none_is_refused_on_standard_input_too(nothing_sent: Run):
    assert "no audio" in nothing_sent("transcribe", *M, "-", stdin=b"%PDF-1.7").stderr


def test_without_a_model_and_a_key_the_providers_are_named(lab: Lab):
    result = lab.run("rerank", "q", "a")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no model is chosen" in result.stderr
    assert "rerank is offered by cloudflare, cohere, " in result.stderr


def test_a_model_that_must_be_named_may_have_a_key_at_hand(
    nothing_sent: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COHERE_API_KEY", "sk-x")
    result = nothing_sent("rerank", "q", "a")
    assert "COHERE_API_KEY" in result.stderr
    assert "-m cohere/<model>" in result.stderr


@pytest.mark.parametrize(
    "name", ["embed", "similar", "rerank", "transcribe", "speak", "image", "complete", "count"]
)
def test_every_command_lists_its_options(lab: Lab, name: str):
    result = lab.run(name, "--options")
    assert result.exit_code == 0
    assert "extra_body" in result.stdout
    assert "deadline" not in result.stdout
