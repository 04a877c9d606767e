from __future__ import annotations

import json
import subprocess

import pytest
from tests.cli.conftest import DONE, KEY, Lab, chunk, sent, streamed, whole

from fairlead.testing.server import Pause, respond, stream

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


def test_the_answer_alone_is_on_standard_output(lab: Lab):
    server = lab.answers(streamed("Salt comes ", "from rocks."))
    result = lab.run("Why is", "the sea salt?")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Salt comes from rocks.\n", "")
    assert sent(server)["messages"] == [{"role": "user", "content": "Why is the sea salt?"}]
    assert server.requests[0].header("authorization") == f"Bearer {KEY}"


def test_a_process_of_its_own_does_the_same(lab: Lab):
    lab.answers(streamed("One ", "line.\n"))
    done = lab.process("Hi")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"One line.\n", b"")


def test_options_may_stand_anywhere_and_are_typed(lab: Lab):
    server = lab.answers(streamed("ok"))
    words = ["Hi", "-o", "temperature", "0.5", "-s", "Be brief.", "-o", "max_tokens", "8"]
    words += ["-o", "stop", "END", "-o", "logprobs", "yes", "-m", "lab/m2"]
    assert lab.run(*words).exit_code == 0
    body = sent(server)
    assert (body["temperature"], body["max_tokens"], body["logprobs"]) == (0.5, 8, True)
    assert body["stop"] in ("END", ["END"])
    assert body["model"] == "m2"
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}


def test_piped_text_stands_before_the_prompt_after_a_blank_line(lab: Lab):
    server = lab.answers(streamed("ok"))
    lab.run("Summarise this", stdin="Some notes.\n")
    assert sent(server)["messages"][0]["content"] == "Some notes.\n\nSummarise this"


def test_piped_text_alone_is_the_prompt(lab: Lab):
    server = lab.answers(streamed("ok"))
    assert lab.process(stdin="Grüße".encode()).returncode == 0
    assert sent(server)["messages"][0]["content"] == "Grüße"


def test_a_piped_image_is_an_attachment(lab: Lab):
    server = lab.answers(streamed("a picture"))
    assert lab.run("What is it?", stdin=PNG).exit_code == 0
    image, text = sent(server)["messages"][0]["content"]
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    assert text == {"type": "text", "text": "What is it?"}


def test_files_and_standard_input_are_attached(lab: Lab):
    server = lab.answers(streamed("ok"))
    (lab.folder / "notes.txt").write_text("from a file", encoding="utf-8")
    lab.run("Compare", "-a", "notes.txt", "-a", "-", stdin="from a pipe")
    parts = sent(server)["messages"][0]["content"]
    text = parts if isinstance(parts, str) else "\n".join(part["text"] for part in parts)
    assert text.index("from a file") < text.index("from a pipe") < text.index("Compare")


@pytest.mark.parametrize("flags", [(), ("--no-stream",)])
def test_a_schema_is_sent_from_a_file_or_inline(lab: Lab, flags: tuple[str, ...]):
    server = lab.answers(streamed('{"n": 42}'))
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    (lab.folder / "s.json").write_text(json.dumps(schema), encoding="utf-8")
    given = "s.json" if flags else json.dumps(schema)
    result = lab.run("6 x 7?", "--schema", given, *flags)
    assert json.loads(result.stdout) == {"n": 42}
    assert sent(server)["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize("flags", [("--no-stream",), ("--markdown", "--no-stream")])
def test_an_answer_that_is_not_streamed_reads_the_same(lab: Lab, flags: tuple[str, ...]):
    server = lab.answers(whole("The **whole** answer"))
    assert lab.run("Hi", *flags).stdout == "The **whole** answer\n"
    assert "stream" not in sent(server)


@pytest.mark.parametrize("flags", [(), ("--no-stream",)])
def test_json_is_one_object_with_everything(lab: Lab, flags: tuple[str, ...]):
    lab.answers(whole("Hi\x9b there") if flags else streamed("Hi\x9b", " there"))
    result = lab.run("Hi", "--json", *flags)
    response = json.loads(result.stdout)
    assert "\x9b" not in result.stdout
    assert response["text"] == "Hi\x9b there"
    assert response["finish_reason"] == "stop"
    assert response["usage"]["total_tokens"] == 15
    assert response["receipt"]["target"] == "lab/m1"
    assert response["receipt"]["key_name"] == "LAB_KEY"
    assert KEY not in result.output


def test_usage_and_receipt_go_to_standard_error(lab: Lab):
    lab.answers(streamed("ok"))
    result = lab.run("Hi", "-u", "--receipt")
    usage, receipt = result.stderr.splitlines()
    assert usage.startswith("fairlead: 12 tokens in, 3 out, ")
    assert usage.endswith("lab/m1")
    assert json.loads(receipt)["attempts"][0]["status"] == 200
    assert result.stdout == "ok\n"


def test_a_failed_call_has_a_receipt_too(lab: Lab):
    lab.answers(respond(500, (), b"{}"))
    result = lab.run("Hi", "--receipt")
    receipt, sentence = result.stderr.splitlines()
    assert json.loads(receipt)["attempts"][0]["status"] == 500
    assert sentence.startswith("fairlead: lab/m1: ")


def test_reasoning_goes_to_standard_error_unless_hidden(lab: Lab):
    events = [chunk({"reasoning_content": "Let me think."}), chunk({"content": "42"})]
    script = list(stream([*events, chunk({}, "stop"), DONE]))
    lab.answers(script)
    assert lab.run("Hi").stderr == "Let me think.\n\n"
    for flag in ("-R", "-q"):
        hidden = lab.run("Hi", flag)
        assert (hidden.stdout, hidden.stderr) == ("42\n", "")


def test_control_characters_are_stripped_across_pieces_unless_raw(lab: Lab):
    lab.answers(streamed("a\x1b]52;c;", "ZXZpbA==\x07b\u202e", "c\x1b[", "31md"))
    assert lab.run("Hi").stdout == "abcd\n"
    assert lab.run("Hi", "--raw").stdout == "a\x1b]52;c;ZXZpbA==\x07b\u202ec\x1b[31md"


def test_tool_calls_are_printed_as_json(lab: Lab):
    function = {"name": "weather", "arguments": '{"city":"Oslo"}'}
    call = {"index": 0, "id": "t1", "type": "function", "function": function}
    lab.answers(list(stream([chunk({"tool_calls": [call]}), chunk({}, "tool_calls"), DONE])))
    tools = '[{"name": "weather", "parameters": {"type": "object"}}]'
    result = lab.run("Oslo?", "-o", "tools", tools)
    assert json.loads(result.stdout) == {"tool_call": {"id": "t1", **function}}


def test_an_answer_that_hit_the_limit_says_so(lab: Lab):
    lab.answers(streamed("half", finish="length"))
    result = lab.run("Hi")
    assert result.stdout == "half\n"
    assert "cut at the token limit" in result.stderr
    assert lab.run("Hi", "-q").stderr == ""


def test_pieces_are_flushed_into_a_pipe_as_they_come(lab: Lab):
    pieces = [chunk({"content": "first"}), chunk({"content": " second"}), chunk({}, "stop"), DONE]
    script = [next(steps := iter(stream(pieces))), next(steps), Pause(20.0), *steps]
    lab.answers(script)
    with subprocess.Popen(
        lab.command("Hi"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=lab.folder
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(5) == b"first"
        process.kill()


def test_a_cut_stream_prints_what_came_and_fails(lab: Lab):
    lab.answers(list(stream([chunk({"content": "half an ans"})])))
    result = lab.run("Hi")
    assert result.stdout == "half an ans\n"
    assert result.exit_code == 6
    assert result.stderr.startswith("fairlead: ")


@pytest.mark.parametrize(
    ("status", "code"), [(401, 3), (403, 3), (429, 4), (400, 6), (404, 6), (500, 6), (529, 6)]
)
def test_the_exit_code_tells_the_kind_of_failure(lab: Lab, status: int, code: int):
    body = b'{"error": {"message": "it\\u001b[31m said\\nno"}}'
    lab.answers(respond(status, [("Content-Type", "application/json")], body))
    result = lab.run("Hi")
    assert result.exit_code == code
    assert result.stderr.startswith("fairlead: lab/m1: ")
    assert result.stderr.count("\n") == 1
    assert "it said no" in result.stderr
    assert "\x1b" not in result.stderr


def test_a_word_that_is_a_command_is_asked_after_two_dashes(lab: Lab):
    server = lab.answers(streamed("ok"))
    assert lab.run("--", "models", "-5").exit_code == 0
    assert lab.run("ask", "doctor").exit_code == 0
    assert lab.run("doctor my prose").exit_code == 0
    prompts = [json.loads(r.body)["messages"][0]["content"] for r in server.requests]
    assert prompts == ["models -5", "doctor", "doctor my prose"]


def test_the_typed_options_of_a_dialect_are_sent(lab: Lab):
    server = lab.answers(streamed("ok"))
    assert lab.run("Hi", "-o", "options", '{"verbosity": "low"}').exit_code == 0
    assert sent(server)["verbosity"] == "low"


def test_a_model_of_the_environment_is_used(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    server = lab.answers(streamed("ok"))
    monkeypatch.setenv("FAIRLEAD_MODEL", "lab/m9")
    assert lab.run("Hi").stderr == ""
    assert sent(server)["model"] == "m9"


def test_a_deadline_ends_the_wait(lab: Lab):
    lab.answers([Pause(30.0)])
    result = lab.run("Hi", "--deadline", "0.3")
    assert result.exit_code == 6
    assert result.stderr.count("\n") == 1
