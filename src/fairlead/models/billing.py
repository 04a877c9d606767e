"""What a call may cost before it is sent, and about what it cost where its answer was cut.

The bound holds for models that read at most a token a byte, as all do whose tokens are made of
bytes. Tokens that the provider adds itself are allowed for where they are known.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from fairlead.policies.cost import nanos
from fairlead.types.messages import Audio, File, Image, Text, ToolResult
from fairlead.types.operations import CompletionRequest, EmbeddingRequest, RerankRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import ProviderTool
from fairlead.types.usage import Usage

if TYPE_CHECKING:
    from fairlead.models.pricer import Pricer
    from fairlead.models.served import Asked
    from fairlead.ports import Codec

_HIDDEN = 512
"""Tokens of a provider's own words around a request."""
_IMAGE = 40_000
"""Tokens that no provider's largest picture comes to."""
_AUDIO = 50
"""Bytes of the most dense speech in one token."""
_SEARCHES = 10
_BYTES_PER_TOKEN = 4
_OTHER_MODELS = (b'"type":"advisor_', b'"fallbacks":')
"""What lets Claude ask other models, which have prices of their own."""
_COMPACTION = b'"type":"compact_'
"""What lets Claude read the conversation once more, to write a summary of it."""
_ELSEWHERE = ("previous_response_id", "conversation", "cached_content")
"""Options that make a model read what is not in the request."""


class Tariff:
    """What is known of one target before it is asked. Safe to share between threads."""

    __slots__ = ("most_read", "most_written", "pricer")

    def __init__(self, pricer: Pricer) -> None:
        facts = pricer.facts
        self.pricer = pricer
        self.most_read = None if facts is None else facts.max_input or facts.context_window
        self.most_written = None if facts is None else facts.max_output or facts.context_window

    def billing(self, asked: Asked | None, codec: Codec[Any, Any]) -> Billing:
        """For one request to the target."""
        return Billing(self, asked, codec)


class Billing:
    """Satisfies `ports.Billing` for one request to one target."""

    __slots__ = ("_asked", "_codec", "_tariff")

    def __init__(self, tariff: Tariff | None, asked: Asked | None, codec: Codec[Any, Any]) -> None:
        """`tariff` is None for a target that no table has a price of."""
        self._tariff = tariff
        self._asked = asked
        self._codec = codec

    @property
    def user(self) -> str | None:
        return getattr(self._codec.asked, "user", None)

    def worst(self, wall: float) -> int | None:
        tariff, codec = self._tariff, self._codec
        meter = None if tariff is None else tariff.pricer.meter(wall, self._asked)
        if tariff is None or meter is None:
            return None
        request, sent = codec.asked, codec.request()
        text = sent.body if isinstance(sent.body, bytes) else b""
        if any(mark in text for mark in _OTHER_MODELS):
            return None
        reads = _reads(request, sent.size, tariff.most_read)
        writes = _writes(request, tariff.most_written)
        if reads is None or writes is None:
            return 0 if meter.free else None
        if _COMPACTION in text:
            reads, writes = 2 * reads, 2 * writes
        searches = _SEARCHES if meter.fee_for_searches and _has_provider_tool(request) else 0
        return meter.worst(
            reads, writes, caches=b"cache" in text, hears=b"audio" in text, searches=searches
        )

    def guess(self, written: int, wall: float) -> int:
        most = None if self._tariff is None else self._tariff.most_read
        reads = _reads(self._codec.asked, self._codec.request().size, most) or 0
        tokens = ceil(reads / _BYTES_PER_TOKEN)
        usage = Usage(input=tokens, output=ceil(written / _BYTES_PER_TOKEN), estimated=True)
        return self.priced(usage, wall) or 0

    def priced(self, usage: Usage, wall: float) -> int | None:
        if self._tariff is None:
            return None
        cost = self._tariff.pricer.cost(None, usage, wall, self._asked)
        return None if cost is None else nanos(cost.usd)


def _reads(request: object, size: int, most: int | None) -> int | None:
    """The most tokens that the model reads; None where nothing bounds them."""
    if isinstance(request, ChatRequest):
        if request.tools and _has_provider_tool(request):
            return most
        if (request.options or request.extra_body) and _reads_elsewhere(request):
            return most
        beside = _beside_text(request)
        if beside is None:
            return most
        size += beside
    size += _HIDDEN
    return size if most is None or size < most else most


def _writes(request: object, most: int | None) -> int | None:
    """The most tokens that the model writes; None where nothing bounds them."""
    if not isinstance(request, (ChatRequest, CompletionRequest)):
        return 0 if isinstance(request, EmbeddingRequest | RerankRequest) else None
    if request.max_tokens is not None:
        most = request.max_tokens
    if most is None or (request.extra_body is None and not getattr(request, "options", None)):
        return most
    return most * _choices(request)


def _has_provider_tool(request: object) -> bool:
    tools = request.tools if isinstance(request, ChatRequest) else ()
    return bool(tools) and any(isinstance(tool, ProviderTool) for tool in tools)


def _choices(request: ChatRequest | CompletionRequest) -> int:
    """How many answers are asked for at once."""
    found = getattr(getattr(request, "options", None), "n", None)
    if found is None:
        found = (request.extra_body or {}).get("n")
    return found if isinstance(found, int) and found > 1 else 1


def _reads_elsewhere(request: ChatRequest) -> bool:
    options, body = request.options, request.extra_body or {}
    if any(getattr(options, name, None) is not None for name in _ELSEWHERE):
        return True
    return any(name in body for name in _ELSEWHERE)


def _beside_text(request: ChatRequest) -> int | None:
    """What pictures, sound and files add to the body's size in tokens; None: nobody can tell.

    Their bytes are in the body as base64, of which four stand for three; they are taken off.
    """
    extra = 0
    for message in request.messages:
        for part in message.parts:
            if type(part) is Text:
                continue
            nested = part.content if isinstance(part, ToolResult) else part
            for inner in nested if isinstance(nested, tuple) else (nested,):
                tokens = _tokens_beside(inner)
                if tokens is None:
                    return None
                extra += tokens
    return extra


def _tokens_beside(part: object) -> int | None:
    if isinstance(part, Image):
        return _IMAGE - len(part.data or b"") * 4 // 3
    if isinstance(part, Audio):
        return len(part.data) // _AUDIO - len(part.data) * 4 // 3
    return None if isinstance(part, File) and part.data is None else 0
