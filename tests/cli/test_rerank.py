from __future__ import annotations

import json

from tests.cli.conftest import Lab, answered, sent

M = ("-m", "lab/r1")
RESULTS = [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}]


def test_documents_come_best_first_with_their_scores(lab: Lab):
    server = lab.answers(answered({"results": RESULTS}))
    result = lab.run("rerank", *M, "boats", "tax\nlaw", "a boat", "-n", "2")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "0.9000  a boat\n0.1000  tax law\n"
    body = sent(server)
    assert (body["query"], body["documents"], body["top_n"]) == ("boats", ["tax\nlaw", "a boat"], 2)


def test_lines_of_standard_input_are_documents(lab: Lab):
    server = lab.answers(answered({"results": RESULTS}))
    lab.run("rerank", *M, "boats", stdin="tax\n\na boat\n")
    assert sent(server)["documents"] == ["tax", "a boat"]


def test_json_is_the_whole_response(lab: Lab):
    lab.answers(answered({"results": RESULTS}))
    found = json.loads(lab.run("rerank", *M, "boats", "tax", "a boat", "--json").stdout)
    assert found["results"][0] == {"index": 1, "score": 0.9, "document": "a boat"}
    assert found["receipt"]["operation"] == "rerank"
