"""Citations, sound, pictures, log probabilities and tools that ran at the provider."""

from __future__ import annotations

from tests.dialects.openai_chat.answering import (
    DONE,
    STOP,
    Answered,
    body,
    chunk,
    frame,
)

from fairlead.types.messages import Audio, Citation, Image
from fairlead.types.responses import TokenLogprob


def test_annotations_cite_the_text() -> None:
    inner = {"url": "https://a", "title": "A", "start_index": 1, "end_index": 4, "content": "q"}
    note = {"type": "url_citation", "url_citation": inner}
    (citation,) = (
        Answered().whole(body({"content": "text", "annotations": [note]})).response.citations
    )
    assert (citation.url, citation.title, citation.cited_text) == ("https://a", "A", "q")
    assert (citation.start, citation.end) == (1, 4)


def test_sources_of_the_whole_answer_are_cited_once_however_often_they_are_sent() -> None:
    more = {
        "citations": ["https://a", "https://b"],
        "search_results": [
            {"url": "https://b", "title": "B", "snippet": "s"},
            {"url": "https://c"},
        ],
    }
    stream = [chunk({"content": "x"}, **more), chunk({"content": "y"}, "stop", **more)]
    citations = Answered().stream(*stream, DONE).response.citations
    assert citations == (
        Citation(url="https://a"),
        Citation(url="https://b", title="B", cited_text="s"),
        Citation(url="https://c"),
    )


def test_citations_without_any_text_stand_alone() -> None:
    note = {"type": "url_citation", "url_citation": {"url": "https://a"}}
    message = Answered().whole(body({"annotations": [note]})).response.message
    assert isinstance(message.parts[0], Citation)


def test_sound_is_joined_from_its_pieces() -> None:
    stream = [
        chunk({"audio": {"id": "a1", "transcript": "He"}}),
        chunk({"audio": {"data": "UklG", "transcript": "y"}}),
        chunk({"audio": {"data": "Rg==", "expires_at": 1}}, "stop"),
    ]
    (part,) = Answered().stream(*stream, DONE).response.message.parts
    assert isinstance(part, Audio)
    assert (part.data, part.media_type, part.transcript) == (b"RIFF", "audio/wav", "Hey")


def test_pictures_in_an_answer_are_images() -> None:
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAEC"}}
    (part,) = Answered().whole(body({"images": [url]})).response.message.parts
    assert isinstance(part, Image)
    assert (part.data, part.media_type) == (b"\x00\x01\x02", "image/png")


def test_log_probabilities_are_collected() -> None:
    top = [{"token": "b", "logprob": -2}]
    token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": top}
    choice = {"index": 0, "delta": {"content": "a"}, "logprobs": {"content": [token]}}
    response = Answered().stream(frame({"choices": [choice]}), frame(STOP), DONE).response
    assert response.logprobs == (TokenLogprob("a", -0.5, (97,), (TokenLogprob("b", -2.0),)),)
