"""Documents for a dialect that has no field for them: in the prompt, and cited by marks.

The model is asked to write `[id]` behind what a document says. The text stays as it was written;
each mark becomes a citation of the document, like those of providers that cite by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.dialects.retelling import RetellingDecoder
from fairlead.types.events import CitationEvent, Event, PartEnd
from fairlead.types.messages import Citation, Document, Message, Part, Text

if TYPE_CHECKING:
    from fairlead.errors import ApiError
    from fairlead.ports import Decoder, Dialect, Encoded, Limits
    from fairlead.types.http import Headers
    from fairlead.types.requests import ChatRequest, UnsupportedPolicy
    from fairlead.types.responses import ChatResponse
    from fairlead.types.targets import Target

_ASKED = (
    "Answer from the documents below. Behind each statement write the id of the document that it "
    "rests on in square brackets, such as [{example}]. Say so when they do not hold the answer."
)
_MARK = re.compile(r"\[([^\[\]\n]{1,200})\]")
_SENTENCE_END = re.compile(r"[.!?\]\n]\s*")
_TRANSLATED = "documents (put into the prompt)"


def grounded(dialect: Dialect[ChatRequest]) -> Dialect[ChatRequest]:
    """`dialect` itself where it takes documents, else what puts them into the prompt."""
    return dialect if getattr(dialect, "native_documents", False) else GroundedDialect(dialect)


class GroundedDialect:
    """A dialect for chat that takes documents, made of one that does not."""

    __slots__ = ("_inner", "name")

    def __init__(self, inner: Dialect[ChatRequest]) -> None:
        self._inner = inner
        self.name = inner.name

    def encode(
        self, request: ChatRequest, target: Target, *, stream: bool, unsupported: UnsupportedPolicy
    ) -> Encoded:
        prompted = replace(
            request,
            messages=with_documents(request.messages, request.documents),
            documents=(),
        )
        encoded = self._inner.encode(prompted, target, stream=stream, unsupported=unsupported)
        return replace(encoded, dropped=(*encoded.dropped, _TRANSLATED))

    def decoder(
        self, request: ChatRequest, target: Target, limits: Limits
    ) -> Decoder[Event, ChatResponse]:
        return CitingDecoder(self._inner.decoder(request, target, limits), request.documents)

    def decode_error(self, status: int, headers: Headers, body: bytes, target: Target) -> ApiError:
        return self._inner.decode_error(status, headers, body, target)


class CitingDecoder(RetellingDecoder):
    """A decoder whose texts are searched for marks when they end."""

    __slots__ = ("_known",)

    def __init__(self, inner: Decoder[Event, ChatResponse], documents: Sequence[Document]) -> None:
        super().__init__(inner)
        self._known = {document.id: document for document in documents}

    def _told(self, event: Event) -> Sequence[Event]:
        if type(event) is not PartEnd or not isinstance(event.part, Text):
            return (event,)
        part = self._part(event.part)
        new = part.citations[len(event.part.citations) :]
        cited = [CitationEvent(citation, event.index) for citation in new]
        return (*cited, PartEnd(event.index, part))

    def _message(self, message: Message) -> Message:
        parts: tuple[Part, ...] = tuple(
            self._part(part) if isinstance(part, Text) else part for part in message.parts
        )
        return replace(message, parts=parts)

    def _part(self, part: Text) -> Text:
        return replace(part, citations=(*part.citations, *citations(part.text, self._known)))


def with_documents(
    messages: tuple[Message, ...], documents: Sequence[Document]
) -> tuple[Message, ...]:
    """The conversation with the documents before the words of its last user message."""
    written = _written(documents)
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].role == "user":
            return (*messages[:index], _prefixed(messages[index], written), *messages[index + 1 :])
    return (*messages, Message.user(written))


def citations(text: str, known: dict[str, Document]) -> Iterator[Citation]:
    """A citation for each id of a document in square brackets, several in one pair included.

    `start` and `end` enclose the sentence before the mark, or before several marks in a row.
    """
    start = end = behind = 0
    for mark in _MARK.finditer(text):
        if not behind or text[behind : mark.start()].strip():
            start, end = _sentence_start(text, behind, mark.start()), mark.start()
        behind = mark.end()
        for name in re.split(r"[,;]\s*", mark[1]):
            document = known.get(name.strip())
            if document is not None:
                yield Citation(
                    url=document.url,
                    title=document.title,
                    source=document.id,
                    start=start,
                    end=end,
                )


def _sentence_start(text: str, behind: int, end: int) -> int:
    """Where the sentence begins that ends at `end`, its own full stop aside.

    A mark ends a sentence too: nothing is looked at before `behind`, where the last one ended.
    """
    body = text[behind:end].rstrip().rstrip(".!?")
    start = len(body) - len(body.lstrip()) if behind else 0
    for found in _SENTENCE_END.finditer(body):
        start = found.end()
    return behind + start


def _written(documents: Sequence[Document]) -> str:
    pieces = [_ASKED.format(example=documents[0].id)]
    for document in documents:
        title = f' title="{_attribute(document.title)}"' if document.title else ""
        url = f' url="{_attribute(document.url)}"' if document.url else ""
        text = document.text.replace("</document", "<\\/document")
        pieces.append(f'<document id="{_attribute(document.id)}"{title}{url}>\n{text}\n</document>')
    return "\n\n".join(pieces)


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("\n", " ")


def _prefixed(message: Message, written: str) -> Message:
    first, *rest = message.parts or (None,)
    if isinstance(first, Text):
        return replace(message, parts=(Text(f"{written}\n\n{first.text}"), *rest))
    return replace(message, parts=(Text(written), *message.parts))
