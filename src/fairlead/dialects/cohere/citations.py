"""Citations: which stretch of the answer rests on which documents and tool results."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from fairlead.dialects import rawjson
from fairlead.dialects.cohere.wire import NAME
from fairlead.types.messages import Citation, ProviderState


class _Source(Struct):
    id: str | None = None
    document: dict[str, object] | None = None
    tool_output: dict[str, object] | None = None


class _Citation(Struct):
    start: int | None = None
    end: int | None = None
    text: str | None = None
    sources: list[_Source] | None = None
    content_index: int | None = None
    type: str | None = None


_CITATION = msgspec.json.Decoder(_Citation)


class Cited(Struct, frozen=True):
    """One citation of the wire: a `Citation` for each of its sources.

    `index` is the content that it stands in, None where that is not told; `in_text` is false for
    one of the thinking or the plan, whose offsets mean nothing to the caller.
    """

    citations: tuple[Citation, ...]
    index: int | None
    in_text: bool


def cited(raw: Raw) -> Cited:
    """One citation; of an odd shape, it is kept for the conversation alone."""
    state = ProviderState(NAME, rawjson.text_of(raw))
    found = rawjson.optional(raw, _CITATION)
    if found is None:
        return Cited((Citation(provider_state=state),), None, False)
    in_text = found.type in (None, "TEXT_CONTENT")
    citations = [
        _citation(found, source, state, in_text=in_text) for source in found.sources or [_Source()]
    ]
    return Cited(tuple(citations), found.content_index, in_text)


def _citation(
    found: _Citation, source: _Source, state: ProviderState, *, in_text: bool
) -> Citation:
    data = source.document or source.tool_output or {}
    return Citation(
        url=_text(data.get("url")),
        title=_text(data.get("title")),
        cited_text=found.text,
        source=source.id,
        start=found.start if in_text else None,
        end=found.end if in_text else None,
        provider_state=state,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
