"""`--schema` and `--items`: JSON that is checked, on standard output and nothing beside it."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import DONE, Lab, Terminal, called, chunk, sent, streamed, terminals

from fairlead.testing.server import ScriptedServer, stream

PERSON = "name, age int"
ADA = '{"name": "Ada", "age": 36}'
TYPES = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Person:
    name: str
    age: int = 0

Many = list[Person]
number = 3
"""


def schema_of(server: ScriptedServer) -> dict[str, object]:
    return sent(server)["response_format"]["json_schema"]["schema"]


def test_a_pipe_gets_compact_json_on_one_line(lab: Lab):
    server = lab.answers(streamed('{"name": ', '"Ada",\n "age": 36}'))
    result = lab.run("Who?", "--schema", PERSON)
    assert (result.exit_code, result.stdout) == (0, '{"name":"Ada","age":36}\n')
    assert result.stderr == ""
    assert schema_of(server)["properties"]["age"] == {"type": "integer"}


@terminals
def test_a_person_sees_each_field_as_soon_as_it_is_whole(lab: Lab):
    lab.answers(streamed('{"name": "Ada", ', '"tags": ["a"', ', "b"]}'))
    terminal = Terminal(lab.command("Who?", "--schema", "name, tags list[str]"), lab.folder)
    try:
        shown = terminal.rest()
    finally:
        terminal.close()
    pretty = '{\n  "name": "Ada",\n  "tags": [\n    "a",\n    "b"\n  ]\n}\n'
    assert shown.replace("\r\n", "\n") == pretty


def test_a_wrong_answer_is_asked_for_again(lab: Lab):
    server = lab.answers(streamed('{"name": "Ada", "age": "old"}'), streamed(ADA))
    result = lab.run("Who?", "--schema", PERSON, "-u")
    assert (result.exit_code, result.stdout) == (0, '{"name":"Ada","age":36}\n')
    assert len(server.requests) == 2
    assert "attempt 2" in result.stderr


def test_an_answer_that_stays_wrong_prints_nothing_and_fails(lab: Lab):
    lab.answers(*[streamed('{"name": 1}')] * 3)
    result = lab.run("Who?", "--schema", PERSON, "-q")
    assert (result.exit_code, result.stdout) == (6, "")
    assert "at $.name" in result.stderr


@pytest.mark.parametrize("given", ["shapes.py:Person", "shapes:Person"])
def test_a_type_of_python_is_a_schema(lab: Lab, given: str):
    (lab.folder / "shapes.py").write_text(TYPES, encoding="utf-8")
    server = lab.answers(streamed('{"name": "Ada"}'))
    result = lab.process("Who?", "--schema", given)
    assert result.stdout == b'{"name":"Ada","age":0}\n'
    assert schema_of(server)["title"] == "Person"


def test_what_is_no_object_is_put_into_one_for_the_provider(lab: Lab):
    (lab.folder / "shapes.py").write_text(TYPES, encoding="utf-8")
    lab.answers(streamed('{"value": [{"name": "Ada", "age": 36}]}'))
    result = lab.process("Who?", "--schema", "shapes.py:Many")
    assert result.stdout == b'[{"name":"Ada","age":36}]\n'


@pytest.mark.parametrize("flag", ["--items", "--schema-multi"])
def test_items_are_lines_of_their_own(lab: Lab, flag: str):
    server = lab.answers(
        streamed('{"items": [{"name": "Ada", "age": 36}, ', '{"name": "B", "age": 2}]}')
    )
    result = lab.run("Who?", "--schema", PERSON, flag)
    assert [json.loads(line)["name"] for line in result.stdout.splitlines()] == ["Ada", "B"]
    assert result.stdout.startswith('{"name":"Ada","age":36}\n')
    assert "items" in schema_of(server)["properties"]


def test_the_items_before_a_wrong_one_are_printed(lab: Lab):
    lab.answers(streamed('{"items": [{"name": "Ada", "age": 36}, {"name": 3', "}]}"))
    result = lab.run("Who?", "--schema", PERSON, "--items")
    assert result.stdout == '{"name":"Ada","age":36}\n'
    assert result.exit_code == 6


def test_a_cut_stream_leaves_no_half_json_in_a_pipe(lab: Lab):
    lab.answers(list(stream([chunk({"content": '{"name": "Ada", '})])))
    result = lab.run("Who?", "--schema", PERSON)
    assert (result.exit_code, result.stdout) == (6, "")


def test_json_is_the_whole_response_with_the_value(lab: Lab):
    lab.answers(streamed('{"name": 1}'), streamed(ADA))
    response = json.loads(lab.run("Who?", "--schema", PERSON, "--json").stdout)
    assert response["value"] == {"name": "Ada", "age": 36}
    assert response["asked"] == 2
    assert response["mode"] == "native"
    assert len(response["receipt"]["attempts"]) == 2


def test_any_json_is_not_checked(lab: Lab):
    server = lab.answers(streamed('{"any": 1}'))
    assert lab.run("Who?", "--schema", "json").stdout == '{"any": 1}\n'
    assert sent(server)["response_format"] == {"type": "json_object"}


def test_a_mode_may_be_chosen(lab: Lab):
    server = lab.answers(called("answer", ADA))
    result = lab.run("Who?", "--schema", PERSON, "-o", "output_mode", "tool")
    assert result.stdout == '{"name":"Ada","age":36}\n'
    assert "tools" in sent(server)


def test_a_dry_run_shows_what_would_be_sent(lab: Lab):
    server = lab.answers(streamed("sent all the same"))
    result = lab.run("Who?", "--schema", PERSON, "--items", "--dry-run", "--json")
    body = json.loads(result.stdout)["body"]
    assert list(body["response_format"]["json_schema"]["schema"]["properties"]) == ["items"]
    assert body["stream"] is True
    assert server.requests == []


def test_tools_and_a_schema_go_together(lab: Lab):
    lab.answers(called("age"), streamed(ADA))
    words = ("--functions", "def age() -> int: return 36", "-y", "-q", "--schema", PERSON)
    assert lab.run("Who?", *words).stdout == '{"name":"Ada","age":36}\n'
    lab.answers(called("age"), streamed('{"name": 1}'))
    result = lab.run("Who?", *words, "--receipt")
    assert (result.exit_code, result.stdout) == (6, "")
    receipt, sentence = result.stderr.splitlines()
    assert len(json.loads(receipt)["attempts"]) == 2
    assert "no valid answer" in sentence


def test_a_refusal_is_told(lab: Lab):
    lab.answers(list(stream([chunk({"refusal": "I will not."}), chunk({}, "stop"), DONE])))
    result = lab.run("Who?", "--schema", PERSON)
    assert (result.exit_code, result.stdout) == (6, "")
    assert "refused to answer: I will not." in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--items",), "--items needs a schema of one item"),
        (("--schema", "json", "--items"), "--items needs a schema"),
        (("--schema", PERSON, "-x"), "--schema and --extract exclude each other"),
        (("--schema", PERSON, "--markdown"), "--schema and --markdown exclude each other"),
        (("--schema", PERSON, "--items", "--json"), "--items and --json exclude each other"),
        (("--schema", "os:getcwd"), "not a type"),
        (("--schema", "os:Nothing"), "os has no 'Nothing'"),
        (("--schema", "nowhere_1:Type"), "there is no module nowhere_1"),
        (("--schema", "name wrong"), "'wrong' in 'name wrong' is no type"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told_before_anything_is_sent(
    nothing_sent, words, sentence
):
    result = nothing_sent("Who?", *words)
    assert sentence in result.stderr.replace("\n", " ")
    assert result.exit_code == 2
