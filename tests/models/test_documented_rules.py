"""From a provider's usage object to dollars, by the rules that the provider writes down.

Each row has the usage as it stands in an answer, and what is paid for in tokens and dollars per
million, worked out by hand.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from fairlead import Message, Receipt
from fairlead.dialects.registry import dialect_named
from fairlead.models.pricer import Pricer
from fairlead.ports import Limits
from fairlead.providers.registry import Registry
from fairlead.settings import Settings
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
Bill = list[tuple[int, str]]


def openai_chat(usage: Any) -> Any:
    message = {"role": "assistant", "content": "Hi"}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}


def responses(usage: Any) -> Any:
    return {"object": "response", "status": "completed", "output": [], "usage": usage}


def anthropic(usage: Any) -> Any:
    return {"type": "message", "content": [], "stop_reason": "end_turn", "usage": usage}


def gemini(usage: Any) -> Any:
    parts = [{"text": "Hi"}]
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}
    return {"candidates": [candidate], "usageMetadata": usage}


def bedrock(usage: Any) -> Any:
    message = {"role": "assistant", "content": [{"text": "Hi"}]}
    return {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}


def cohere(usage: Any) -> Any:
    message = {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}
    return {"id": "c", "message": message, "finish_reason": "COMPLETE", "usage": usage}


BODIES = {
    "openai_chat": openai_chat,
    "openai_responses": responses,
    "anthropic_messages": anthropic,
    "gemini": gemini,
    "bedrock_converse": bedrock,
    "cohere": cohere,
}

CACHED = {
    "input_tokens": 1000,
    "cache_read_input_tokens": 2000,
    "cache_creation_input_tokens": 700,
    "cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 400},
    "output_tokens": 500,
}
ADVISED = {
    "input_tokens": 100,
    "output_tokens": 10,
    "iterations": [
        {"type": "message", "input_tokens": 100, "output_tokens": 10},
        {
            "type": "advisor_message",
            "model": "claude-opus-4-6",
            "input_tokens": 200,
            "output_tokens": 20,
        },
    ],
}
RULES: list[tuple[str, str, dict[str, Any], Bill | None]] = [
    (
        "the cache is inside the prompt, reasoning inside the completion",
        "openai/gpt-5.5",
        {
            "prompt_tokens": 1000,
            "completion_tokens": 500,
            "total_tokens": 1500,
            "prompt_tokens_details": {"cached_tokens": 400},
            "completion_tokens_details": {"reasoning_tokens": 300},
        },
        [(600, "5"), (400, "0.5"), (500, "30")],
    ),
    (
        "a prompt past 272,000 tokens costs more for all of it",
        "openai_responses/gpt-5.5",
        {
            "input_tokens": 300_000,
            "input_tokens_details": {"cached_tokens": 100_000},
            "output_tokens": 1000,
            "output_tokens_details": {"reasoning_tokens": 900},
            "total_tokens": 301_000,
        },
        [(200_000, "10"), (100_000, "1"), (1000, "45")],
    ),
    (
        "sound has rates of its own",
        "openai/gpt-audio",
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"audio_tokens": 80},
            "completion_tokens_details": {"audio_tokens": 40},
        },
        [(20, "2.5"), (80, "32"), (10, "10"), (40, "64")],
    ),
    (
        "both lives of a cache are beside the input",
        "anthropic/claude-opus-4-6",
        CACHED,
        [(1000, "5"), (2000, "0.5"), (300, "6.25"), (400, "10"), (500, "25")],
    ),
    (
        "searches are paid for one by one",
        "anthropic/claude-opus-4-6",
        CACHED | {"server_tool_use": {"web_search_requests": 2}},
        [
            (1000, "5"),
            (2000, "0.5"),
            (300, "6.25"),
            (400, "10"),
            (500, "25"),
            (2_000_000, "0.01"),
        ],
    ),
    (
        "the cache counts towards a long context",
        "anthropic/claude-sonnet-4-5",
        {"input_tokens": 10, "cache_read_input_tokens": 200_000, "output_tokens": 100},
        [(10, "6"), (200_000, "0.6"), (100, "22.5")],
    ),
    (
        "what a compaction read and wrote is billed though the totals leave it out",
        "anthropic/claude-sonnet-4-6",
        {
            "input_tokens": 162,
            "output_tokens": 11,
            "iterations": [
                {"type": "compaction", "input_tokens": 99_195, "output_tokens": 81},
                {"type": "message", "input_tokens": 162, "output_tokens": 11},
            ],
        },
        [(99_357, "3"), (92, "15")],
    ),
    (
        "an advisor costs what its own model does",
        "anthropic/claude-haiku-4-5",
        ADVISED,
        [(100, "1"), (10, "5"), (200, "5"), (20, "25")],
    ),
    (
        "an advisor without a name has no price",
        "anthropic/claude-haiku-4-5",
        ADVISED | {"iterations": [{"type": "advisor_message", "input_tokens": 1}]},
        None,
    ),
    (
        "a model that answers for one that refused costs what it costs itself",
        "anthropic/claude-fable-5",
        {
            "input_tokens": 412,
            "output_tokens": 264,
            "iterations": [
                {"type": "message", "model": "claude-fable-5", "input_tokens": 408},
                {"type": "fallback_message", "model": "claude-opus-4-8", "input_tokens": 412},
            ],
        },
        [(412, "5"), (264, "25")],
    ),
    (
        "what was said before the refusal is paid for",
        "anthropic/claude-fable-5",
        {
            "input_tokens": 100,
            "output_tokens": 20,
            "iterations": [
                {
                    "type": "message",
                    "model": "claude-fable-5",
                    "input_tokens": 100,
                    "output_tokens": 7,
                },
                {"type": "fallback_message", "model": "claude-opus-4-8"},
            ],
        },
        [(100, "5"), (20, "25"), (100, "10"), (7, "50")],
    ),
    (
        "thoughts stand beside the candidates, the cache inside the prompt, tools beside it",
        "gemini/gemini-2.5-flash",
        {
            "promptTokenCount": 1000,
            "cachedContentTokenCount": 400,
            "toolUsePromptTokenCount": 50,
            "candidatesTokenCount": 100,
            "thoughtsTokenCount": 200,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": 700},
                {"modality": "AUDIO", "tokenCount": 300},
            ],
            "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 100}],
        },
        [(450, "0.3"), (200, "1"), (400, "0.03"), (300, "2.5")],
    ),
    (
        "a picture has a rate of its own",
        "gemini/gemini-2.5-flash-image",
        {
            "promptTokenCount": 10,
            "candidatesTokenCount": 1304,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1290}],
        },
        [(10, "0.3"), (14, "2.5"), (1290, "30")],
    ),
    (
        "a picture that may be counted among the words has no price",
        "gemini/gemini-2.5-flash-image",
        {"promptTokenCount": 10, "candidatesTokenCount": 1290},
        None,
    ),
    (
        "the cache stands beside the input, an hour's writes among all",
        "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
        {
            "inputTokens": 10,
            "outputTokens": 20,
            "totalTokens": 730,
            "cacheReadInputTokens": 400,
            "cacheWriteInputTokens": 300,
            "cacheDetails": [{"ttl": "1h", "inputTokens": 100}, {"ttl": "5m", "inputTokens": 200}],
        },
        [(10, "3.3"), (400, "0.33"), (200, "4.125"), (100, "6.6"), (20, "16.5")],
    ),
    (
        "billed units are paid for, not the tokens of the provider's own words",
        "cohere/command-a-03-2025",
        {
            "billed_units": {"input_tokens": 57, "output_tokens": 20},
            "tokens": {"input_tokens": 1490, "output_tokens": 94},
            "cached_tokens": 112,
        },
        [(57, "2.5"), (20, "10")],
    ),
    (
        "without billed units the tokens are all that is known",
        "cohere/command-a-03-2025",
        {"tokens": {"input_tokens": 100, "output_tokens": 10}},
        [(100, "2.5"), (10, "10")],
    ),
    (
        "reasoning stands beside the completion, and a hit of the cache inside the prompt",
        "xai/grok-4.3",
        {
            "prompt_tokens": 100,
            "completion_tokens": 10,
            "total_tokens": 140,
            "prompt_tokens_details": {"cached_tokens": 60},
            "completion_tokens_details": {"reasoning_tokens": 30},
        },
        [(40, "1.25"), (60, "0.2"), (40, "2.5")],
    ),
    (
        "a hit of the cache under a name of its own",
        "deepseek/deepseek-v4-pro",
        {
            "prompt_tokens": 100,
            "prompt_cache_hit_tokens": 60,
            "prompt_cache_miss_tokens": 40,
            "completion_tokens": 10,
            "total_tokens": 110,
        },
        [(40, "0.66"), (60, "0.022"), (10, "1.98")],
    ),
]


def decoded(target: Target, answer: dict[str, Any]) -> ChatResponse:
    body = json.dumps(answer).encode()
    request = ChatRequest(target.model, (Message.user("Hi"),))
    decoder = dialect_named(target.dialect).decoder(request, target, Limits())
    decoder.whole(body)
    assert decoder.failure is None
    raw = RawResponse(200, (), body)
    return decoder.result(receipt=Receipt("chat", target.label), raw=raw, warnings=())


@pytest.mark.parametrize(("rule", "model", "usage", "bill"), RULES, ids=[row[0] for row in RULES])
def test_a_bill_is_the_providers(
    rule: str, model: str, usage: dict[str, Any], bill: Bill | None
) -> None:
    target = Registry(Settings(), environ={"AWS_REGION": "us-east-1"}).resolve(model).target
    answer = Pricer(target.provider, target.model).priced(
        decoded(target, BODIES[target.dialect](usage)), NOW
    )

    if bill is None:
        assert answer.cost is None
        assert any("no price is known" in warning for warning in answer.warnings)
    else:
        assert answer.cost is not None
        assert answer.cost.usd == sum(count * Decimal(rate) for count, rate in bill) / 1_000_000


@pytest.mark.parametrize(
    ("content", "reason", "dollars"),
    [
        ([], "refusal", "0"),
        ([{"type": "text", "text": "Well,"}], "refusal", "0.00053"),
        ([], "end_turn", "0.00053"),
    ],
)
def test_a_refusal_without_a_word_costs_nothing(
    content: list[dict[str, str]], reason: str, dollars: str
) -> None:
    target = Registry(Settings(), environ={}).resolve("anthropic/claude-opus-4-6").target
    body = anthropic({"input_tokens": 101, "output_tokens": 1})
    answer = decoded(target, body | {"content": content, "stop_reason": reason})
    cost = Pricer(target.provider, target.model).priced(answer, NOW).cost

    assert cost is not None
    assert cost.usd == Decimal(dollars)
