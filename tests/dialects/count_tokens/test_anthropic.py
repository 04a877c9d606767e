"""Anthropic's token counts: the body of Messages, without what counting does not take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import message_count_tokens_params as params
from pydantic import TypeAdapter
from tests.dialects.operating import decoded

from fairlead.dialects.anthropic_messages import AnthropicOptions
from fairlead.dialects.count_tokens.anthropic import DIALECT
from fairlead.errors import DecodeError, RateLimitError, UnsupportedFeature
from fairlead.types.http import Headers
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target
from fairlead.types.tools import OutputSchema, Tool

AIM = Target("p", "claude-sonnet-4-5", "count_tokens", "anthropic", "https://p/")
HI = (Message.system("Be brief."), Message.user("Hi"))
FULL = ChatRequest(
    "m",
    HI,
    tools=(Tool("add", "Adds.", {"type": "object", "properties": {}}),),
    tool_choice="auto",
    output=OutputSchema({"type": "object"}),
    temperature=0.5,
    top_k=3,
    max_tokens=5,
    stop=("a",),
    seed=1,
    reasoning_effort="low",
    user="u",
    options=AnthropicOptions(cache="5m", service_tier="auto", metadata={"user_id": "u"}),
)


def sent(request: ChatRequest, target: Target = AIM) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        DIALECT.encode(request, target, unsupported="error").body  # type: ignore[arg-type]
    )
    return found


def test_a_body_is_what_is_counted_and_nothing_else() -> None:
    assert sent(ChatRequest("m", HI, max_tokens=5)) == {
        "model": "claude-sonnet-4-5",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hi"}],
    }


def test_the_official_types_accept_it() -> None:
    kind: Any = params.MessageCountTokensParams
    adapter: Any = TypeAdapter(kind)
    found = sent(FULL)
    adapter.validate_python(found)
    assert set(found) <= set(kind.__required_keys__ | kind.__optional_keys__)
    assert {"tools", "tool_choice", "system", "cache_control", "output_config"} <= set(found)


def test_what_only_steers_the_answer_is_neither_sent_nor_refused() -> None:
    """Though chat refuses it: a seed is no part of what is read."""
    encoded = DIALECT.encode(FULL, AIM, unsupported="error")
    assert (encoded.dropped, encoded.warnings) == ((), ())


def test_what_is_read_is_refused_as_in_chat() -> None:
    target = Target("p", "m", "count_tokens", "a", "https://p/", Quirks(unsupported=("tools",)))
    with pytest.raises(UnsupportedFeature, match="tools"):
        sent(FULL, target)


def test_the_callers_own_fields_stay() -> None:
    assert sent(ChatRequest("m", HI, extra_body={"service_tier": "x", "new": [1]})) == {
        **sent(ChatRequest("m", HI)),
        "service_tier": "x",
        "new": [1],
    }


def test_a_host_whose_chat_names_the_model_in_the_address_is_told_it_in_the_body() -> None:
    vertex = Quirks(anthropic_host="vertex")
    target = Target("p", "claude-sonnet-4-5", "count_tokens", "a", "https://p/", vertex)
    found = sent(ChatRequest("m", HI), target)
    assert next(iter(found)) == "model"
    assert found["anthropic_version"] == "vertex-2023-10-16"


def test_the_protocols_headers_go_along() -> None:
    headers = dict(DIALECT.encode(FULL, AIM, unsupported="error").headers)
    assert "anthropic-version" in headers


def test_the_number_is_read() -> None:
    read = decoded(DIALECT, {"input_tokens": 14}, FULL)
    assert (read.tokens, read.model) == (14, "model-1")


@pytest.mark.parametrize("came", [{}, [], {"input_tokens": -1}, {"input_tokens": "14"}, b"14", b""])
def test_damage_is_a_decode_error(came: object) -> None:
    with pytest.raises(DecodeError):
        decoded(DIALECT, came, FULL)


def test_errors_are_those_of_messages() -> None:
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}'
    assert type(DIALECT.decode_error(429, Headers(()), body, AIM)) is RateLimitError
