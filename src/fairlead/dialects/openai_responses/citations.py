"""Annotations of a text, and lists of sources, as citations."""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects.openai_responses.reading import (
    elements,
    read_annotation,
    read_search_result,
)
from fairlead.errors import DecodeError
from fairlead.types.messages import Citation, ProviderState

_DIALECT = "openai_responses"


def citation_of(raw: Raw) -> Citation:
    """One annotation; a file is cited by its id, with its name as the title."""
    state = ProviderState(_DIALECT, bytes(raw).decode("utf-8", "replace"))
    try:
        found = read_annotation(raw)
    except DecodeError:
        return Citation(provider_state=state)
    start = found.index if found.start_index is None else found.start_index
    return Citation(
        url=found.url,
        title=found.title or found.filename,
        source=found.file_id,
        start=start,
        end=found.end_index,
        provider_state=state,
    )


def sources_of(results: Raw, state: ProviderState) -> list[Citation]:
    """Perplexity's `search_results`: what the answer may draw on, one citation each."""
    found: list[Citation] = []
    for raw in elements(results):
        try:
            result = read_search_result(raw)
        except DecodeError:
            continue
        found.append(Citation(result.url, result.title, result.snippet, provider_state=state))
    return found
