"""Documents in the prompt, and marks that become citations."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from fairlead.dialects.grounding import CitingDecoder, GroundedDialect, citations, grounded
from fairlead.dialects.registry import dialect_named
from fairlead.ports import Limits
from fairlead.types.events import CitationEvent, PartEnd
from fairlead.types.http import Headers
from fairlead.types.messages import Document, Image, Message, Text
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import RawResponse
from fairlead.types.targets import Target

PARIS = Document("Paris is in France.", "doc_0", url="https://example.org/p")
ROME = Document("Rome </document> is in Italy.", "rome", 'The "eternal" city')
TARGET = Target("p", "m", "chat", "openai_chat", "https://p/v1/chat/completions")
DIALECT = GroundedDialect(dialect_named("openai_chat"))
BODY = (
    b'{"id":"1","model":"m","choices":[{"message":{"content":'
    b'"It is big. Paris is in France [doc_0][rome]. See [1]."},"finish_reason":"stop"}]}'
)
STREAM = (
    b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"It is big. Paris is"}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":" in France [doc_0][rome]. See [1]."}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


def request(*messages: Message) -> ChatRequest:
    return ChatRequest("m", messages or (Message.user("Where?"),), documents=(PARIS, ROME))


def body_of(asked: ChatRequest) -> str:
    return DIALECT.encode(asked, TARGET, stream=False, unsupported="error").body.decode()


def test_documents_stand_before_the_words_of_the_last_user_message() -> None:
    turns = (Message.user("Hi"), Message.assistant("Hello"), Message.user("Where?"))
    sent = body_of(request(*turns))
    assert sent.index("Hello") < sent.index("Paris is in France.") < sent.index("Where?")
    assert sent.count("<document id=") == 2


def test_a_document_cannot_end_itself() -> None:
    sent = body_of(request())
    assert sent.count("</document>") == 2
    assert "&quot;eternal&quot;" in sent


def test_documents_stand_before_a_picture_too() -> None:
    picture = Message.user(Image(url="https://example.org/x.png"), "What is it?")
    sent = body_of(request(picture))
    assert sent.index("Paris is in France.") < sent.index("x.png")


def test_that_they_went_into_the_prompt_is_told() -> None:
    encoded = DIALECT.encode(request(), TARGET, stream=False, unsupported="error")
    assert encoded.dropped == ("documents (put into the prompt)",)


@pytest.mark.parametrize("pieces", [(STREAM,), tuple(bytes([b]) for b in STREAM)])
def test_marks_become_citations_streamed_as_whole(pieces: tuple[bytes, ...]) -> None:
    streamed = DIALECT.decoder(request(), TARGET, Limits())
    events = [event for piece in pieces for event in streamed.feed(piece)]
    events += streamed.close()
    whole = DIALECT.decoder(request(), TARGET, Limits())
    whole.whole(BODY)
    answers = [
        decoder.result(receipt=Receipt("chat", "p/m"), raw=RawResponse(200, ()), warnings=())
        for decoder in (streamed, whole)
    ]
    assert answers[0].message == answers[1].message
    found = answers[0].citations
    assert [(c.source, c.url) for c in found] == [("doc_0", PARIS.url), ("rome", None)]
    assert {answers[0].text[c.start : c.end].strip() for c in found} == {"Paris is in France"}
    assert [e.citation for e in events if isinstance(e, CitationEvent)] == list(found)
    assert [e.part for e in events if isinstance(e, PartEnd)] == list(answers[0].message.parts)


def test_the_text_keeps_its_marks() -> None:
    decoder = DIALECT.decoder(request(), TARGET, Limits())
    decoder.whole(BODY)
    assert "[doc_0][rome]" in decoder.partial()[0].text


def test_a_dialect_with_documents_of_its_own_is_left_alone() -> None:
    cohere = dialect_named("cohere")
    assert grounded(cohere) is cohere
    assert isinstance(grounded(dialect_named("openai_chat")), GroundedDialect)


def test_failures_and_errors_are_those_of_the_dialect_within() -> None:
    decoder = DIALECT.decoder(request(), TARGET, Limits())
    decoder.feed(STREAM[:60])
    decoder.close()
    assert isinstance(decoder, CitingDecoder)
    assert type(decoder.failure).__name__ == "StreamInterrupted"
    error = DIALECT.decode_error(429, Headers(()), b'{"error":{"message":"slow"}}', TARGET)
    assert type(error).__name__ == "RateLimitError"


@given(st.text(alphabet="ab[]., \n!0doc_"))
def test_every_citation_lies_within_its_text(text: str) -> None:
    for citation in citations(text, {"doc_0": PARIS, "a": ROME}):
        assert citation.start is not None
        assert citation.end is not None
        assert 0 <= citation.start <= citation.end <= len(text)


def test_several_ids_in_one_mark_are_several_citations() -> None:
    found = list(citations("Both. Cities [doc_0, rome].", {"doc_0": PARIS, "rome": ROME}))
    assert [c.source for c in found] == ["doc_0", "rome"]
    assert Text("Both. Cities [doc_0, rome].").text[found[0].start : found[0].end] == "Cities "


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["It is so [rome]. ", "so [x] ", "so [rome] [doc_0] "])
def test_thousands_of_marks_take_no_time(piece: str) -> None:
    known = {document.id: document for document in (PARIS, ROME)}
    found = list(citations(piece * 20_000, known))
    assert len(found) == (piece.count("rome") + piece.count("doc_0")) * 20_000
