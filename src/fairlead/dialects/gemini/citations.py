"""Citations out of grounding and citation metadata, told of a text once all of it has come.

Offsets on the wire count bytes of the answer's text; ours count characters of the part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from fairlead.dialects import rawjson
from fairlead.dialects.gemini import wire
from fairlead.types.messages import Citation, ProviderState


class _Source(Struct):
    """Where a chunk comes from; each kind of chunk names it in its own way."""

    uri: str | None = None
    title: str | None = None
    text: str | None = None
    documentName: str | None = None
    fileSearchStore: str | None = None
    sourceUri: str | None = None
    imageUri: str | None = None
    placeId: str | None = None


class _Chunk(Struct):
    web: _Source | None = None
    maps: _Source | None = None
    image: _Source | None = None
    retrievedContext: _Source | None = None


class _Segment(Struct):
    startIndex: int | None = None
    endIndex: int | None = None
    text: str | None = None


class _Support(Struct):
    segment: _Segment | None = None
    groundingChunkIndices: list[int] | None = None


class _Grounding(Struct):
    groundingChunks: list[Raw] | None = None
    groundingSupports: list[_Support] | None = None


class _Quotation(Struct):
    uri: str | None = None
    title: str | None = None
    startIndex: int | None = None
    endIndex: int | None = None


class _Quotations(Struct):
    """The Gemini API calls them `citationSources`, Vertex `citations`."""

    citations: list[Raw] | None = None
    citationSources: list[Raw] | None = None


_CHUNK = msgspec.json.Decoder(_Chunk)
_GROUNDING = msgspec.json.Decoder(_Grounding)
_QUOTATION = msgspec.json.Decoder(_Quotation)
_QUOTATIONS = msgspec.json.Decoder(_Quotations)

Cited = tuple[int, Citation]
"""Which of the texts a citation belongs to, and the citation."""


def citations(
    texts: Sequence[str], grounding: Iterable[Raw], quotations: Iterable[Raw]
) -> list[Cited]:
    """Each once, in the order of the metadata. A source that no stretch names stands last."""
    places = _Places(texts)
    found: dict[Cited, None] = {}
    for raw in grounding:
        found.update(dict.fromkeys(_grounded(raw, places)))
    for raw in quotations:
        found.update(dict.fromkeys(_quoted(raw, places)))
    return list(found)


class _Places:
    """The texts of an answer as the provider counts them: one string of bytes."""

    __slots__ = ("_all", "_texts")

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._all = "".join(texts).encode("utf-8", "replace")

    def place(self, start: int | None, end: int | None, text: str | None) -> tuple[int, int, int]:
        """The text's number, and the stretch of it; (last, -1, -1) where there is none such.

        `text` is what stands there. Where it does not, it is looked for: offsets are sometimes off.
        """
        last = max(0, len(self._texts) - 1)
        wanted = None if text is None else text.encode("utf-8", "replace")
        start, end = start or 0, end or 0
        if wanted and self._all[start:end] != wanted:
            start = self._all.find(wanted)
            end = start + len(wanted)
        if not 0 <= start < end <= len(self._all):
            return last, -1, -1
        first = len(self._all[:start].decode("utf-8", "replace"))
        return self._within(first, first + len(self._all[start:end].decode("utf-8", "replace")))

    def _within(self, first: int, end: int) -> tuple[int, int, int]:
        for number, text in enumerate(self._texts):
            if first < len(text):
                return number, first, min(end, len(text))
            first, end = first - len(text), end - len(text)
        return max(0, len(self._texts) - 1), -1, -1


def _grounded(raw: Raw, places: _Places) -> Iterator[Cited]:
    grounding = rawjson.optional(raw, _GROUNDING)
    if grounding is None:
        return
    chunks = [_cited(chunk) for chunk in grounding.groundingChunks or ()]
    named: set[int] = set()
    for support in grounding.groundingSupports or ():
        segment = support.segment or _Segment()
        number, start, end = places.place(segment.startIndex, segment.endIndex, segment.text)
        for index in support.groundingChunkIndices or ():
            if 0 <= index < len(chunks):
                named.add(index)
                yield number, _located(chunks[index], start, end)
    for index, citation in enumerate(chunks):
        if index not in named:
            yield places.place(None, None, None)[0], citation


def _quoted(raw: Raw, places: _Places) -> Iterator[Cited]:
    held = rawjson.optional(raw, _QUOTATIONS)
    if held is None:
        return
    for item in (*(held.citations or ()), *(held.citationSources or ())):
        quotation = rawjson.optional(item, _QUOTATION)
        if quotation is None or bytes(item) == b"{}":
            continue
        number, start, end = places.place(quotation.startIndex, quotation.endIndex, None)
        citation = Citation(quotation.uri, quotation.title, provider_state=_state(item))
        yield number, _located(citation, start, end)


def _cited(raw: Raw) -> Citation:
    """A grounding chunk as a citation that names no stretch yet."""
    chunk = rawjson.optional(raw, _CHUNK) or _Chunk()
    source = chunk.web or chunk.maps or chunk.retrievedContext or chunk.image or _Source()
    url = source.uri or source.sourceUri or source.imageUri
    name = source.documentName or source.fileSearchStore or source.placeId
    return Citation(url, source.title, source.text, name, provider_state=_state(raw))


def _located(citation: Citation, start: int, end: int) -> Citation:
    return citation if start < 0 else replace(citation, start=start, end=end)


def _state(raw: Raw) -> ProviderState:
    return ProviderState(wire.NAME, rawjson.text_of(raw))
