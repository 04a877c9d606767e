"""Whatever a provider answers to an operation: an answer or a typed error, nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.dialects.operating import decoded, embedding, reranking

from fairlead.dialects.registry import operation_named
from fairlead.errors import FairleadError
from fairlead.framing.multipart import BytesBody
from fairlead.types.messages import Message
from fairlead.types.operations import Answer, ImageRequest, SpeechRequest, TranscriptionRequest
from fairlead.types.requests import ChatRequest

KEYS = [
    "data",
    "embedding",
    "index",
    "results",
    "relevance_score",
    "score",
    "rankings",
    "logit",
    "scores",
    "result",
    "response",
    "id",
    "usage",
    "cost",
    "total_tokens",
    "meta",
    "tokens",
    "input_tokens",
    "inference_status",
    "error",
    "message",
    "model",
    "image",
    "image_urls",
    "image_base64",
    "base64",
    "artifacts",
    "output",
    "choices",
    "content",
    "candidates",
    "parts",
    "inlineData",
    "audio",
    "base_resp",
    "status_code",
    "text",
    "words",
    "segments",
]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)
COUNTED = ChatRequest("m", (Message.user("Hi"),))
DRAWN = ImageRequest(model="m", prompt="a")
SAID = SpeechRequest(model="m", text="a")
HEARD = TranscriptionRequest(model="m", audio=BytesBody(b""), name="a.wav", media_type="audio/wav")
CASES: list[tuple[str, str, Any]] = [
    ("embeddings", "openai", embedding()),
    ("embeddings", "cohere", embedding()),
    ("embeddings", "huggingface", embedding()),
    ("embeddings", "ollama", embedding()),
    ("embeddings", "perplexity", embedding()),
    ("embeddings", "gemini", embedding()),
    ("embeddings", "vertex", embedding()),
    ("rerank", "cohere", reranking()),
    ("rerank", "nvidia", reranking()),
    ("rerank", "deepinfra", reranking()),
    ("rerank", "cloudflare", reranking()),
    ("count_tokens", "anthropic", COUNTED),
    ("count_tokens", "openai_responses", COUNTED),
    ("count_tokens", "gemini", COUNTED),
    ("count_tokens", "moonshot", COUNTED),
    ("image", "openai", DRAWN),
    ("image", "cloudflare", DRAWN),
    ("image", "dashscope", DRAWN),
    ("image", "fireworks", DRAWN),
    ("image", "gemini", DRAWN),
    ("image", "minimax", DRAWN),
    ("image", "nvidia", DRAWN),
    ("speech", "gemini", SAID),
    ("speech", "minimax", SAID),
    ("speech", "mistral", SAID),
    ("speech", "xai", SAID),
    ("transcription", "cloudflare", HEARD),
]


@pytest.mark.parametrize(("operation", "name", "request_"), CASES)
@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=100) | ODD.map(lambda value: json.dumps(value).encode()))
@pytest.mark.invariant("I10")
def test_any_body_is_an_answer_or_a_typed_error(
    operation: str, name: str, request_: Any, sent: bytes
) -> None:
    with suppress(FairleadError):
        assert isinstance(decoded(operation_named(operation, name), sent, request_), Answer)
