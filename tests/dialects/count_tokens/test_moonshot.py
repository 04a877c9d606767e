"""Moonshot's token counts: of the messages, and of nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.operating import decoded

from fairlead.dialects.count_tokens.moonshot import DIALECT
from fairlead.errors import ApiError, AuthenticationError, DecodeError, UnsupportedFeature
from fairlead.types.http import Headers
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import Tool

AIM = Target("p", "kimi-k3", "count_tokens", "moonshot", "https://p/")
HI = (Message.system("Be brief."), Message.user("Hi"))
ASKED = ChatRequest("m", HI, max_tokens=5, temperature=0.5, user="u", reasoning_effort="low")
TOOLS = ChatRequest("m", HI, tools=(Tool("add"),), tool_choice="required", output="json")


def sent(request: ChatRequest, **more: Any) -> dict[str, Any]:
    encoded = DIALECT.encode(request, AIM, **{"unsupported": "error", **more})
    found: dict[str, Any] = json.loads(encoded.body)  # type: ignore[arg-type]
    return found


def test_only_model_and_messages_are_sent() -> None:
    assert sent(ASKED) == {
        "model": "kimi-k3",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
        ],
    }


def test_the_callers_own_fields_stay() -> None:
    assert sent(ChatRequest("m", HI, extra_body={"new": 1})) == {**sent(ASKED), "new": 1}


def test_what_would_be_read_but_not_counted_is_refused_or_listed() -> None:
    with pytest.raises(UnsupportedFeature, match="tools"):
        sent(TOOLS)
    with pytest.raises(UnsupportedFeature, match="output"):
        sent(ChatRequest("m", HI, output="json"))
    listed = DIALECT.encode(TOOLS, AIM, unsupported="warn")
    assert listed.dropped == ("tools", "output")
    assert len(listed.warnings) == 2
    assert sent(TOOLS, unsupported="drop") == sent(ASKED)


def test_the_number_is_read() -> None:
    assert decoded(DIALECT, {"data": {"total_tokens": 80}}, ASKED).tokens == 80


@pytest.mark.parametrize(
    "came", [{}, [], {"data": 3}, {"data": {}}, {"data": {"total_tokens": True}}]
)
def test_damage_is_a_decode_error(came: object) -> None:
    with pytest.raises(DecodeError):
        decoded(DIALECT, came, ASKED)


def test_errors_are_those_of_a_chat() -> None:
    body = b'{"error":{"message":"Invalid Authentication","type":"invalid_authentication_error"}}'
    assert type(DIALECT.decode_error(401, Headers(()), body, AIM)) is AuthenticationError
    with pytest.raises(ApiError, match="no such model"):
        decoded(DIALECT, {"error": {"message": "no such model"}}, ASKED)
