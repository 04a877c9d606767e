"""Recorded answers go on, as part of a conversation, to each of the other dialects."""

from __future__ import annotations

import json

import pytest
from tests.conformance import corpus, runs

from fairlead.dialects.registry import CHAT_DIALECTS, dialect_named
from fairlead.ports import Limits
from fairlead.types.messages import Message, Text, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Target

EVERY = 3
FEWEST = 15
CORPUS_NAMES = {"cohere": "cohere_v2"}
RECORDED = [dialect for dialect in CHAT_DIALECTS if dialect != "ag_ui"]
"""Agents were never recorded; real ones go on with each other in `tests/peers`."""
ASKED = ChatRequest("m", (Message.user("Hi"),))


def target(dialect: str) -> Target:
    return Target("p", "m", "chat", dialect, "https://p.example/v1")


def answers(dialect: str) -> list[ChatResponse]:
    name = CORPUS_NAMES.get(dialect, dialect)
    if not corpus.path(name).exists():
        pytest.skip(f"no recordings at {corpus.CORPUS}; set FAIRLEAD_CORPUS")
    found = []
    for record in corpus.records(name)[::EVERY]:
        if record.status == 200:
            decoder = dialect_named(dialect).decoder(ASKED, target(dialect), Limits())
            body = record.body
            run = runs.stream(decoder, [body]) if record.streaming else runs.whole(decoder, body)
            if run.response is not None:
                found.append(run.response)
    return found


def conversation(answer: ChatResponse) -> ChatRequest:
    results = [ToolResult(call.id, "42", name=call.name) for call in answer.tool_calls]
    turns = [Message.user("Hi"), answer.message]
    return ChatRequest(
        "m", (*turns, *([Message.tool(*results)] if results else []), Message.user("Go on"))
    )


@pytest.mark.parametrize("spoken", RECORDED)
@pytest.mark.parametrize("heard", CHAT_DIALECTS)
def test_an_answer_can_be_sent_on_in_any_dialect(spoken: str, heard: str) -> None:
    """What both can say survives; what cannot be said is listed; nothing is refused."""
    said = answers(spoken)
    for answer in said:
        request = conversation(answer)
        encoded = dialect_named(heard).encode(
            request, target(heard), stream=False, unsupported="error"
        )
        sent = "\n".join(_texts(json.loads(encoded.body)))
        texts = [part.text for part in answer.message.parts if isinstance(part, Text)]
        assert all(text.strip() in sent for text in texts)
        assert all(call.name in sent for call in answer.tool_calls)
        if spoken != heard and answer.reasoning:
            assert any("reasoning" in lost for lost in encoded.dropped)

    assert len(said) > FEWEST


def _texts(value: object) -> list[str]:
    """Every string in `value`, at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
