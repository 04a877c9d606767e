"""Citations: where a stretch of the answer comes from, kept whole so that they can go back."""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.bedrock_converse import wire
from fairlead.types.messages import Citation, ProviderState


def citation(raw: Raw) -> Citation:
    """Documents and search results are named as the request named them, or by their place in it.

    `start` and `end` stay empty: the offsets on the wire count in the source.
    """
    state = ProviderState(wire.NAME, rawjson.text_of(raw))
    block = rawjson.optional(raw, wire.CITATION)
    if block is None:
        return Citation(provider_state=state)
    texts = [fragment.text for fragment in block.source_content or () if fragment.text]
    location = block.location or wire.Location()
    web = location.web or wire.Web()
    return Citation(
        url=web.url,
        title=block.title,
        cited_text="".join(texts) or None,
        source=block.source or _place(location) or web.domain,
        provider_state=state,
    )


def _place(location: wire.Location) -> str | None:
    """The index of the document or search result."""
    places = (location.document_char, location.document_page, location.document_chunk)
    for place in places:
        if place is not None and place.document_index is not None:
            return str(place.document_index)
    result = location.search_result_location
    if result is not None and result.search_result_index is not None:
        return str(result.search_result_index)
    return None
