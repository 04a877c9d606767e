"""Recorded answers go on, as part of a conversation, to each of the other dialects."""

from __future__ import annotations

import json
import re

import pytest
from tests.conformance import corpus, runs
from tests.conformance.bodies import read

from fairlead.dialects.registry import CHAT_DIALECTS, dialect_named
from fairlead.ports import Limits
from fairlead.types.messages import Message, Text, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Target

EVERY = 3
SEAL = re.compile(r"[A-Za-z0-9+/=_-]{40,}")
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


@pytest.mark.parametrize(
    ("spoken", "heard"), [(one, two) for one in RECORDED for two in CHAT_DIALECTS if one != two]
)
def test_recorded_calls_keep_their_results_and_no_seal_goes_elsewhere(
    spoken: str, heard: str
) -> None:
    for answer in answers(spoken):
        encoded = dialect_named(heard).encode(
            conversation(answer), target(heard), stream=False, unsupported="error"
        )
        assert isinstance(encoded.body, bytes)
        turns = read(heard, encoded.body)
        calls = [call for turn in turns for call in turn.calls]
        assert [call.name for call in calls] == [call.name for call in answer.tool_calls]
        results = [result.call for turn in turns for result in turn.results]
        assert results == [call.id for call in calls]
        assert [seal for seal in seals(answer.message) if seal.encode() in encoded.body] == []


def seals(message: Message) -> list[str]:
    """Long strings of what only their own provider understands: signatures and sealed thoughts."""
    states = [message.provider_state, *(part.provider_state for part in message.parts)]
    texts = {text for s in states if s is not None for text in _texts(json.loads(s.data))}
    return [text for text in texts if SEAL.fullmatch(text) and not _is_said(text, message)]


def _is_said(text: str, message: Message) -> bool:
    """Whether it stands in the parts themselves too, so that it may be told to anybody."""
    return any(
        text in said
        for part in message.parts
        for said in (
            getattr(part, name, None) for name in ("text", "id", "arguments", "transcript", "url")
        )
        if isinstance(said, str)
    )


def _texts(value: object) -> list[str]:
    """Every string in `value`, at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []
