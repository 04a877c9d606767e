"""Results of a reranking, checked and put in order. All rerank dialects use it.

`read` reads the shape that most providers share: `results` (or `data`) of `index` and
`relevance_score` (or `score`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter

import msgspec
from msgspec import Struct

from fairlead.dialects import jsontext
from fairlead.dialects.figures import tokens_read, told_cost
from fairlead.dialects.refusals import no_answer
from fairlead.errors import DecodeError
from fairlead.types.operations import RankedDocument, RerankRequest, RerankResponse
from fairlead.types.targets import Target


class _Result(Struct, gc=False):
    index: int
    relevance_score: float | None = None
    score: float | None = None


class _Body(Struct):
    results: list[_Result] | None = None
    data: list[_Result] | None = None
    model: str | None = None
    usage: object = None
    meta: object = None


_BODY = msgspec.json.Decoder(_Body)


def read(body: bytes, request: RerankRequest, target: Target) -> RerankResponse:
    """The answer in the shape that most share. Raises `DecodeError` or `ApiError`."""
    found = jsontext.decode(body, _BODY)
    results = found.data if found.results is None else found.results
    if results is None:
        raise no_answer(body, target, "results")
    usage = found.usage
    if usage is None and isinstance(found.meta, Mapping):
        usage = found.meta.get("tokens")
    return response(
        ((result.index, _score(result)) for result in results),
        request,
        target,
        model=found.model,
        usage=usage,
    )


def response(
    scores: Iterable[tuple[int, float]],
    request: RerankRequest,
    target: Target,
    *,
    model: str | None = None,
    usage: object = None,
) -> RerankResponse:
    """The answer out of pairs of index and score. Raises `DecodeError`."""
    results = ranked(scores, request)
    expected = min(request.top_n or len(request.documents), len(request.documents))
    return RerankResponse(
        model=model or target.model,
        usage=tokens_read(usage),
        cost=told_cost(usage),
        warnings=(
            (f"the provider ranked only {len(results)} of {expected} documents",)
            if len(results) < expected
            else ()
        ),
        results=results,
    )


def ranked(
    scores: Iterable[tuple[int, float]], request: RerankRequest
) -> tuple[RankedDocument, ...]:
    """The documents, best first, at most `top_n` of them. Raises `DecodeError`."""
    documents = request.documents
    found: dict[int, RankedDocument] = {}
    for index, score in scores:
        if not 0 <= index < len(documents):
            raise DecodeError(f"document {index} was ranked, but there are {len(documents)}")
        if index in found:
            raise DecodeError(f"document {index} was ranked twice")
        found[index] = RankedDocument(index, score, documents[index])
    return tuple(sorted(found.values(), key=attrgetter("score"), reverse=True)[: request.top_n])


def _score(result: _Result) -> float:
    score = result.score if result.relevance_score is None else result.relevance_score
    if score is None:
        raise DecodeError(f"document {result.index} was ranked without a score")
    return score
