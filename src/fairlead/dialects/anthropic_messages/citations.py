"""Citations: where a stretch of the answer comes from, kept whole so that they can go back."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.anthropic_messages import wire
from fairlead.dialects.anthropic_messages.documents import cited
from fairlead.types.messages import Citation, Document, ProviderState


def citation(raw: Raw, documents: Sequence[Document] = ()) -> Citation:
    """Documents are named by their ids, else by their place in the request, or by file id.

    `start` and `end` stay empty: the offsets on the wire count characters of the source.
    """
    state = ProviderState(wire.NAME, rawjson.text_of(raw))
    block = rawjson.optional(raw, wire.CITATION)
    if block is None:
        return Citation(provider_state=state)
    source, url = block.source or block.file_id, block.url
    if source is None and block.document_index is not None:
        document = cited(documents, block.document_index) or Document("")
        source, url = document.id or str(block.document_index), url or document.url
    return Citation(
        url=url,
        title=block.title or block.document_title,
        cited_text=block.cited_text,
        source=source,
        provider_state=state,
    )
