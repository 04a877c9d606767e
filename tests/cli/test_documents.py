from __future__ import annotations

import json

import pytest
from tests.cli.conftest import Lab, sent, streamed


@pytest.fixture
def notes(lab: Lab) -> None:
    (lab.folder / "notes.txt").write_text("Rope leads through a fairlead.", encoding="utf-8")


def test_files_and_texts_are_sources_that_the_answer_cites(lab: Lab, notes: None):
    server = lab.answers(streamed("Through it leads ", "rope [doc_0]. ", "It floats [doc_1]."))
    words = ["--document", "notes.txt", "--document", "Boats float on water."]
    result = lab.run("What is it?", *words)
    assert result.stdout == "Through it leads rope [doc_0]. It floats [doc_1].\n"
    assert result.stderr == "fairlead: [doc_0] notes.txt\nfairlead: source 2: doc_1\n"
    prompt = json.dumps(sent(server)["messages"])
    assert "Rope leads through a fairlead." in prompt
    assert "Boats float on water." in prompt


def test_json_has_the_citations_as_they_are(lab: Lab, notes: None):
    lab.answers(streamed("Rope [doc_0]."))
    found = json.loads(lab.run("What?", "--document", "notes.txt", "--json").stdout)
    (citation,) = found["message"]["parts"][0]["citations"]
    assert (citation["source"], citation["title"]) == ("doc_0", "notes.txt")


def test_every_turn_of_a_chat_has_them(lab: Lab, notes: None):
    server = lab.answers(streamed("Rope [doc_0]."), streamed("No."))
    result = lab.run("chat", "--document", "notes.txt", stdin="What?\nSure?\n")
    assert result.exit_code == 0
    assert all(b"Rope leads through a fairlead." in r.body for r in server.requests)
    assert "fairlead: [doc_0] notes.txt" in result.stderr


@pytest.mark.parametrize(
    ("given", "data", "sentence"),
    [
        ("notse.txt", None, "the document notse.txt cannot be read: No such file"),
        ("p.pdf", b"%PDF-1.7", "attach it with -a"),
        ("old.txt", "Grüße".encode("latin-1"), "neither UTF-8"),
        ("empty.txt", b"\n", "is empty"),
    ],
)
def test_what_is_no_document_is_refused(
    nothing_sent, lab: Lab, given: str, data: bytes | None, sentence: str
):
    if data is not None:
        (lab.folder / given).write_bytes(data)
    result = nothing_sent("Hi", "--document", given)
    assert sentence in result.stderr
    assert result.exit_code == 2
