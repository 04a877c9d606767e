from __future__ import annotations

import json

import pytest
from tests.cli.conftest import KEY, Lab, sent
from tests.cli.vectors import embedding

from fairlead.testing.server import ScriptedServer

M = ("-m", "lab/e1")
JINA = """
[providers.jina]
base_url = "{url}/v1"
key_env = "LAB_KEY"
"""


@pytest.fixture
def server(lab: Lab) -> ScriptedServer:
    return lab.answers(embedding)


def test_the_nearest_lines_come_first_with_their_scores(lab: Lab, server):
    result = lab.run("similar", *M, "boats", "-n", "2", stdin="tax law\n\n---\nmy boat\n")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "1.0000  my boat\n0.0000  tax law\n"
    assert sent(server)["input"] == ["boats", "tax law", "my boat"]


def test_lines_of_files_are_named_like_grep_does(lab: Lab, server):
    (lab.folder / "one.txt").write_text("tax\n\na boat\n", encoding="utf-8")
    (lab.folder / "two.txt").write_text("rope\n", encoding="utf-8")
    result = lab.run("similar", *M, "boats", "--in", "one.txt", "--in", "two.txt", "-n", "1")
    assert result.stdout == "1.0000  one.txt:3  a boat\n"


def test_a_whole_file_can_be_one_text(lab: Lab, server):
    (lab.folder / "one.txt").write_text("tax\nlaw\n", encoding="utf-8")
    (lab.folder / "two.txt").write_text("a\nboat\n", encoding="utf-8")
    words = ["--in", "one.txt", "--in", "two.txt", "--whole"]
    result = lab.run("similar", *M, "boats", *words)
    assert result.stdout == "1.0000  two.txt  a boat\n0.0000  one.txt  tax law\n"


def test_json_has_scores_places_and_receipts(lab: Lab, server):
    (lab.folder / "one.txt").write_text("tax\na boat\n", encoding="utf-8")
    words = ["--in", "one.txt", "--in", "-", "--json"]
    found = json.loads(lab.run("similar", *M, "boats", *words, stdin="law\n").stdout)
    first = found["results"][0]
    assert first == {"score": 1.0, "text": "a boat", "file": "one.txt", "line": 2}
    assert {item["file"] for item in found["results"]} == {"one.txt", "-"}
    assert found["receipts"][0]["target"] == "lab/e1"


def test_a_model_that_tells_queries_from_texts_is_asked_for_both(lab: Lab):
    with ScriptedServer(embedding) as server:
        lab.configure(JINA.format(url=server.url))
        result = lab.run("similar", "-m", "jina/e1", "boats", "-u", stdin="a boat\n")
        bodies = [json.loads(request.body) for request in server.requests]
    assert [body["input"] for body in bodies] == [["boats"], ["a boat"]]
    assert bodies[0]["task"] != bodies[1]["task"]
    assert result.stdout == "1.0000  a boat\n"
    usage = [line for line in result.stderr.splitlines() if "tokens in" in line]
    warnings = [line for line in result.stderr.splitlines() if "warning" in line]
    assert len(usage) == 2
    assert len(warnings) == len(set(warnings)) == 1


def test_a_dry_run_shows_both_requests(lab: Lab, server):
    result = lab.run("similar", "-m", "jina/e1", "boats", "--dry-run", "--json", stdin="a\n")
    inputs = [json.loads(line)["body"]["input"] for line in result.stdout.splitlines()]
    assert inputs == [["boats"], ["a"]]
    assert KEY not in result.output
    assert server.requests == []


def test_control_characters_of_a_file_are_not_shown(lab: Lab, server):
    result = lab.run("similar", *M, "boats", stdin="a\x1b]0;x\x07 boat\n")
    assert result.stdout == "1.0000  a boat\n"
