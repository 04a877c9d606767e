"""OpenAI's token counts: the body of Responses, without what counting does not take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.responses import input_token_count_params as params
from pydantic import TypeAdapter
from tests.dialects.operating import decoded

from fairlead.dialects.count_tokens.openai_responses import DIALECT
from fairlead.dialects.openai_responses import OpenAIResponsesOptions
from fairlead.errors import BadRequestError, DecodeError
from fairlead.types.http import Headers
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import OutputSchema, Tool

AIM = Target("p", "gpt-5.1", "count_tokens", "openai_responses", "https://p/")
HI = (Message.system("Be brief."), Message.user("Hi"))
FULL = ChatRequest(
    "m",
    HI,
    tools=(Tool("add", "Adds.", {"type": "object", "properties": {}}),),
    tool_choice="required",
    parallel_tool_calls=True,
    output=OutputSchema({"type": "object"}),
    temperature=0.5,
    top_k=3,
    max_tokens=5,
    stop=("a",),
    seed=1,
    logprobs=True,
    reasoning_effort="low",
    user="u",
    options=OpenAIResponsesOptions(
        previous_response_id="r",
        store=False,
        truncation="auto",
        include=("reasoning.encrypted_content",),
        background=True,
        service_tier="flex",
        max_tool_calls=3,
        metadata={"a": "b"},
        prompt_cache_key="k",
        prompt_cache_retention="24h",
        safety_identifier="s",
    ),
)


def sent(request: ChatRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        DIALECT.encode(request, AIM, unsupported="error").body  # type: ignore[arg-type]
    )
    return found


def test_a_body_is_what_is_counted_and_nothing_else() -> None:
    found = sent(ChatRequest("m", HI, max_tokens=5))
    assert set(found) == {"model", "input", "instructions"}


def test_the_official_types_accept_it() -> None:
    kind: Any = params.InputTokenCountParams
    adapter: Any = TypeAdapter(kind)
    found = sent(FULL)
    adapter.validate_python(found)
    assert set(found) <= set(kind.__required_keys__ | kind.__optional_keys__)
    assert {"tools", "tool_choice", "text", "reasoning", "truncation"} <= set(found)


def test_the_callers_own_fields_stay() -> None:
    assert sent(ChatRequest("m", HI, extra_body={"store": True, "new": [1]})) == {
        **sent(ChatRequest("m", HI)),
        "store": True,
        "new": [1],
    }


def test_the_number_is_read() -> None:
    came = {"object": "response.input_tokens", "input_tokens": 16}
    assert decoded(DIALECT, came, FULL).tokens == 16


@pytest.mark.parametrize("came", [{}, {"input_tokens": 1.5}, {"input_tokens": True}])
def test_damage_is_a_decode_error(came: object) -> None:
    with pytest.raises(DecodeError):
        decoded(DIALECT, came, FULL)


def test_errors_are_those_of_responses() -> None:
    body = b'{"error":{"message":"no","type":"invalid_request_error"}}'
    assert type(DIALECT.decode_error(400, Headers(()), body, AIM)) is BadRequestError
