"""Where the text comes from: grounding and citation metadata."""

from __future__ import annotations

import json
from typing import Any

from tests.dialects.gemini.building import chunk, streamed, text, unstreamed

from fairlead.types.messages import Citation, Text

WEB = {"web": {"uri": "https://a.example/", "title": "A"}}
CONTEXT = {"retrievedContext": {"title": "notes", "text": "It is 7.", "documentName": "docs/1"}}


def grounded(*supports: tuple[dict[str, Any], list[int]], sources: Any = (WEB,)) -> dict[str, Any]:
    return {
        "groundingChunks": list(sources),
        "groundingSupports": [
            {"segment": segment, "groundingChunkIndices": indices} for segment, indices in supports
        ],
    }


def cited(answer: str, metadata: dict[str, Any]) -> tuple[Citation, ...]:
    body = chunk(text(answer), finish="STOP", groundingMetadata=metadata)
    assert unstreamed(body).message == streamed(body).message
    return unstreamed(body).citations


def test_offsets_of_bytes_become_offsets_of_characters() -> None:
    answer = "Grüße aus Oslo."
    segment = {"startIndex": 8, "endIndex": 17, "text": "aus Oslo."}

    (citation,) = cited(answer, grounded((segment, [0])))

    assert (citation.url, citation.title) == ("https://a.example/", "A")
    assert answer[citation.start : citation.end] == "aus Oslo."


def test_offsets_that_are_off_are_set_right_by_the_text() -> None:
    segment = {"startIndex": 3, "endIndex": 7, "text": "Oslo"}

    (citation,) = cited("In Oslo.", grounded((segment, [0])))
    assert (citation.start, citation.end) == (3, 7)
    (citation,) = cited(" In Oslo.", grounded((segment, [0])))
    assert (citation.start, citation.end) == (4, 8)


def test_a_stretch_that_is_not_there_has_no_offsets() -> None:
    for segment in ({"startIndex": 5, "endIndex": 99}, {"text": "Rome", "endIndex": 4}, {}):
        (citation,) = cited("In Oslo.", grounded((segment, [0])))
        assert (citation.start, citation.end) == (None, None)


def test_a_stretch_belongs_to_the_part_in_which_it_stands() -> None:
    supports = grounded(({"startIndex": 3, "endIndex": 6, "text": "def"}, [0]))
    parts = [text("abc", thoughtSignature="c2ln"), text("def")]

    first, second = unstreamed(
        chunk(*parts, finish="STOP", groundingMetadata=supports)
    ).message.parts

    assert isinstance(first, Text)
    assert isinstance(second, Text)
    assert first.citations == ()
    assert [(c.start, c.end) for c in second.citations] == [(0, 3)]


def test_every_source_of_a_stretch_is_cited_and_one_of_none_too() -> None:
    segment = {"endIndex": 2, "text": "In"}
    found = cited("In Oslo.", grounded((segment, [1, 0, 7]), sources=(WEB, CONTEXT, WEB)))

    assert [(c.url, c.source, c.start) for c in found] == [
        (None, "docs/1", 0),
        ("https://a.example/", None, 0),
        ("https://a.example/", None, None),
    ]
    assert found[0].cited_text == "It is 7."


def test_what_was_quoted_is_cited_once() -> None:
    source = {"startIndex": 0, "endIndex": 2, "uri": "https://b.example/", "license": "MIT"}
    for name in ("citations", "citationSources"):
        answer = streamed(
            chunk(text("In "), citationMetadata={name: [source, {}]}),
            chunk(text("Oslo."), finish="STOP", citationMetadata={name: [source]}),
        )
        (citation,) = answer.citations
        assert (citation.url, citation.start, citation.end) == ("https://b.example/", 0, 2)
        assert citation.provider_state is not None
        assert json.loads(citation.provider_state.data)["license"] == "MIT"


def test_a_source_without_text_stands_alone() -> None:
    answer = unstreamed(chunk(finish="STOP", groundingMetadata=grounded()))

    assert [citation.url for citation in answer.message.citations] == ["https://a.example/"]


def test_what_an_answer_rests_on_is_kept_with_its_message() -> None:
    suggestions = {"searchEntryPoint": {"renderedContent": "<b>"}, "webSearchQueries": ["x"]}
    fetched = {"urlMetadata": [{"retrievedUrl": "https://a.example/"}]}

    message = streamed(
        chunk(text("a"), groundingMetadata={}, urlContextMetadata=fetched),
        chunk(finish="STOP", groundingMetadata=suggestions),
    ).message

    assert message.provider_state is not None
    assert json.loads(message.provider_state.data) == {
        "service": "gemini_api",
        "groundingMetadata": suggestions,
        "urlContextMetadata": fetched,
    }


def test_metadata_of_any_other_shape_cites_nothing() -> None:
    odd: list[Any] = [
        5,
        [],
        {"groundingChunks": 5},
        {"groundingChunks": [5], "groundingSupports": [{"groundingChunkIndices": [-1]}]},
    ]
    for metadata in odd:
        body = chunk(
            text("a"), finish="STOP", groundingMetadata=metadata, citationMetadata=metadata
        )
        assert all(citation.url is None for citation in unstreamed(body).citations)
