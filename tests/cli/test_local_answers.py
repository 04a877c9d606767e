"""The real local model at the command line: it calls a function, and answers in a schema."""

from __future__ import annotations

import json

import pytest
from tests.cli.conftest import Lab

from fairlead.errors import LocalModelError
from fairlead.local.server import shared_server

ASKED = ("-m", "local/smollm2", "-o", "temperature", "0", "-o", "max_tokens", "80")


@pytest.fixture(scope="module", autouse=True)
def _server() -> None:
    try:
        shared_server().start()
    except LocalModelError as error:
        pytest.skip(f"the local model cannot run: {error}")


def test_a_function_is_really_called(lab: Lab):
    code = "def add(a: int, b: int) -> int:\n    'Add two numbers.'\n    return a + b"
    words = ("What is 17 + 25?", "--functions", code, "-y", "-o", "tool_choice", "required")
    result = lab.run(*words, *ASKED, "--json")
    assert result.exit_code == 0, result.stderr
    response = json.loads(result.stdout)
    first = response["tools"][0]
    assert (first["call"]["name"], first["result"]["content"]) == ("add", "42")
    assert response["turns"] == len(response["receipt"]["attempts"]) >= 2
    assert response["finish_reason"] in ("stop", "length")  # what it says of 42 is its own


def test_a_schema_is_really_answered(lab: Lab):
    result = lab.run("Ada Lovelace was 36 years old.", "--schema", "name, age int", *ASKED)
    assert result.exit_code == 0, result.stderr
    value = json.loads(result.stdout)
    assert set(value) == {"name", "age"}
    assert isinstance(value["age"], int)
    assert "Ada" in value["name"]


def test_items_are_really_listed(lab: Lab):
    result = lab.run("Name two dogs.", "--schema", "name, breed", "--items", *ASKED)
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines
    assert all(set(line) == {"name", "breed"} for line in lines)
