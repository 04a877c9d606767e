from __future__ import annotations

import json

from fairlead.dialects.openai_chat import DIALECT, call_ids
from fairlead.types.messages import Message, ToolCall, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target

STRICT = Quirks(call_ids="nine_alphanumerics")
FOREIGN = "toolu_01A09q90qw90lq917835lq9"


def bodies(quirks: Quirks) -> list[dict]:
    turns = (
        Message.user("Hi"),
        Message.assistant(ToolCall(FOREIGN, "add", "{}"), ToolCall("abcDEF123", "add", "{}")),
        Message.tool(ToolResult(FOREIGN, "1"), ToolResult("abcDEF123", "2")),
    )
    target = Target("mistral", "m", "chat", "openai_chat", "https://m.example/v1", quirks)
    request = ChatRequest("m", turns)
    encoded = DIALECT.encode(request, target, stream=False, unsupported="error")
    return json.loads(encoded.body)["messages"]


def test_a_call_of_another_provider_and_its_result_are_rewritten_alike() -> None:
    """Mistral refuses ids that are not nine letters and digits."""
    _, assistant, first, second = bodies(STRICT)

    ids = [call["id"] for call in assistant["tool_calls"]]
    assert ids == [first["tool_call_id"], second["tool_call_id"]]
    assert all(len(one) == 9 and one.isalnum() for one in ids)
    assert ids[1] == "abcDEF123"


def test_ids_stay_as_they_are_where_any_is_taken() -> None:
    assert bodies(Quirks())[1]["tool_calls"][0]["id"] == FOREIGN


def test_the_same_id_is_always_rewritten_to_the_same() -> None:
    assert call_ids.sent(FOREIGN, STRICT) == call_ids.sent(FOREIGN, STRICT)


def test_long_ids_are_shortened_where_forty_characters_are_taken() -> None:
    short = Quirks(call_ids="forty_characters")

    assert call_ids.sent("x" * 40, short) == "x" * 40
    assert len(call_ids.sent("x" * 41, short)) == 40
