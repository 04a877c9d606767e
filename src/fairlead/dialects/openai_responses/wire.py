"""The shapes of the Responses protocol that we read, and nothing of them that we do not need.

Fields whose form varies between providers are kept raw and looked at by whoever needs them.
"""

from __future__ import annotations

from msgspec import Raw, Struct

ABSENT = Raw(b"")
"""The value of a raw field that the message does not have."""


class TopLogprob(Struct):
    token: str
    logprob: float
    bytes: list[int] | None = None


class Logprob(TopLogprob):
    top_logprobs: list[TopLogprob] | None = None


class StreamEvent(Struct, gc=False):
    """Any event. Only the fields that its `type` has are set."""

    type: str = ""
    delta: str = ""
    output_index: int | None = None
    content_index: int = 0
    summary_index: int = 0
    item_id: str | None = None
    logprobs: list[Logprob] | None = None
    text: str | None = None
    refusal: str | None = None
    arguments: str | None = None
    item: Raw = ABSENT
    part: Raw = ABSENT
    annotation: Raw = ABSENT
    response: Raw = ABSENT
    error: Raw = ABSENT


class IncompleteDetails(Struct):
    reason: str | None = None


class Response(Struct):
    """A response object, whole or inside an event. `output` is None where it is not a list."""

    id: str | None = None
    object: str | None = None
    model: str | None = None
    status: str | None = None
    output: list[Raw] | None = None
    usage: Raw = ABSENT
    error: Raw = ABSENT
    service_tier: str | None = None
    incomplete_details: IncompleteDetails | None = None


class Item(Struct):
    """An output item of any type; which raw fields are set depends on it."""

    type: str = ""
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    role: str | None = None
    status: str | None = None
    arguments: Raw = ABSENT
    content: Raw = ABSENT
    summary: Raw = ABSENT
    action: Raw = ABSENT
    actions: Raw = ABSENT
    operation: Raw = ABSENT
    queries: Raw = ABSENT
    results: Raw = ABSENT
    outputs: Raw = ABSENT
    output: Raw = ABSENT
    result: Raw = ABSENT
    error: Raw = ABSENT
    environment: Raw = ABSENT
    code: Raw = ABSENT
    input: Raw = ABSENT
    execution: str | None = None
    output_format: str | None = None


class ContentPart(Struct):
    """A piece of a message or of a reasoning item."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    annotations: list[Raw] | None = None
    logprobs: list[Logprob] | None = None


class Annotation(Struct):
    type: str = ""
    url: str | None = None
    title: str | None = None
    file_id: str | None = None
    filename: str | None = None
    index: int | None = None
    start_index: int | None = None
    end_index: int | None = None


class SearchResult(Struct):
    """One entry of Perplexity's `search_results` item."""

    url: str | None = None
    title: str | None = None
    snippet: str | None = None


class InputDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    audio_tokens: int | None = None


class OutputDetails(Struct):
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class ReportedCost(Struct):
    total_cost: Raw = ABSENT
    currency: str | None = None


class CostDetails(Struct):
    upstream_inference_cost: Raw = ABSENT


class UsageReport(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None
    cost: Raw = ABSENT
    cost_details: Raw = ABSENT
    is_byok: bool | None = None
    cost_in_usd_ticks: int | None = None
