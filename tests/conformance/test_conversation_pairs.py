"""An answer goes on, with results of its calls, to every other dialect: nothing said is lost."""

from __future__ import annotations

import json
import re

import pytest
from tests.conformance import answers_by_hand as by_hand
from tests.conformance.bodies import Said, read

from fairlead.dialects.registry import CHAT_DIALECTS, dialect_named
from fairlead.ports import Encoded
from fairlead.types.messages import Image, Message, Part, Reasoning, Refusal, Text, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks

PNG = b"\x89PNG\r\n\x1a\n0000"
ERROR = "it is broken"
FOUND = "See the picture."
LEGAL = {
    "openai_responses": r".{1,64}",
    "anthropic_messages": r"[a-zA-Z0-9_-]+",
    "bedrock_converse": r"[a-zA-Z0-9_.:-]{1,64}",
}
PAIRS = [
    pytest.param(spoken, heard, id=f"{spoken} to {heard}")
    for spoken in CHAT_DIALECTS
    for heard in CHAT_DIALECTS
]


def conversation(spoken: str) -> ChatRequest:
    """A question, the answer with its two calls, their results, and another question."""
    said = by_hand.answer(spoken).message
    one, two = said.tool_calls
    shown = ToolResult(one.id, (Text(FOUND), Image(data=PNG, media_type="image/png")))
    failed = ToolResult(two.id, ERROR, is_error=True)
    turns = (Message.system("Be brief."), Message.user("What is it?"), said)
    return ChatRequest(
        "m", (*turns, Message.tool(shown, failed), Message.user("Go on.")), by_hand.TOOLS
    )


def sent(spoken: str, heard: str, quirks: Quirks | None = None) -> Encoded:
    return dialect_named(heard).encode(
        conversation(spoken), by_hand.target(heard, quirks), stream=False, unsupported="error"
    )


def turns(spoken: str, heard: str, quirks: Quirks | None = None) -> list[Said]:
    return read(heard, sent(spoken, heard, quirks).body)  # type: ignore[arg-type]


@pytest.mark.parametrize(("spoken", "heard"), PAIRS)
def test_words_calls_and_results_survive_in_their_order(spoken: str, heard: str) -> None:
    found = turns(spoken, heard)
    texts = [(one.role, text) for one in found for text in one.texts]
    calls = [call for one in found for call in one.calls]
    results = [result for one in found for result in one.results]

    assert [text for role, text in texts if role == "model"] == [by_hand.TEXT]
    asked = [text for role, text in texts if role == "user"]
    assert (asked[0], asked[-1]) == ("What is it?", "Go on.")
    assert ("system", "Be brief.") in texts
    assert [(call.name, call.arguments) for call in calls] == list(
        zip(by_hand.NAMES, by_hand.ARGUMENTS, strict=True)
    )
    assert [result.call for result in results] == [call.id for call in calls]
    assert [result.text for result in results] == [FOUND, ERROR]
    assert sum(result.pictures for result in results) + sum(one.pictures for one in found) == 1


@pytest.mark.parametrize(("spoken", "heard"), PAIRS)
def test_ids_of_calls_are_legal_and_apart(spoken: str, heard: str) -> None:
    ids = [call.id for one in turns(spoken, heard) for call in one.calls]

    assert len(set(ids)) == 2
    assert all(re.fullmatch(LEGAL.get(heard, ".+"), one) for one in ids)


@pytest.mark.parametrize("spoken", CHAT_DIALECTS)
@pytest.mark.parametrize(
    ("rule", "legal"),
    [("nine_alphanumerics", r"[a-zA-Z0-9]{9}"), ("forty_characters", r".{1,40}")],
)
def test_ids_follow_the_rule_of_a_target(spoken: str, rule: str, legal: str) -> None:
    found = turns(spoken, "openai_chat", Quirks(call_ids=rule))  # type: ignore[arg-type]
    calls = [call.id for one in found for call in one.calls]

    assert [result.call for one in found for result in one.results] == calls
    assert len(set(calls)) == 2
    assert all(re.fullmatch(legal, one) for one in calls)


@pytest.mark.parametrize(("spoken", "heard"), PAIRS)
def test_nothing_sealed_leaves_its_dialect(spoken: str, heard: str) -> None:
    encoded = sent(spoken, heard)
    canary = by_hand.canary(spoken).encode()

    assert isinstance(encoded.body, bytes)
    if spoken != heard:
        assert canary not in encoded.body
        assert by_hand.THOUGHT.encode() not in encoded.body
        assert any("reasoning" in lost for lost in encoded.dropped)
    elif spoken != "ollama":
        assert canary in encoded.body


@pytest.mark.parametrize("dialect", CHAT_DIALECTS)
def test_what_a_provider_wants_back_returns_to_it_byte_for_byte(dialect: str) -> None:
    """What is kept whole stands in the body as it came; what is kept beside a part, each field."""
    body = json.loads(sent(dialect, dialect).body)  # type: ignore[arg-type]
    standing = {json.dumps(value, sort_keys=True) for value in _values(body)}
    kept = _kept(by_hand.answer(dialect).message)

    assert kept or dialect == "ollama"
    assert [value for value in kept if json.dumps(value, sort_keys=True) not in standing] == []
    assert [thought for one in turns(dialect, dialect) for thought in one.thoughts] == [
        by_hand.THOUGHT
    ]


@pytest.mark.parametrize("dialect", ["anthropic_messages", "openai_responses", "bedrock_converse"])
def test_sealed_reasoning_keeps_even_its_spaces(dialect: str) -> None:
    body = sent(dialect, dialect).body
    sealed = [p.provider_state for p in by_hand.answer(dialect).message.parts if is_thought(p)]

    assert sealed
    assert isinstance(body, bytes)
    assert all(state is not None and state.data.encode() in body for state in sealed)


def is_thought(part: Part) -> bool:
    return isinstance(part, Reasoning)


def _kept(message: Message) -> list[object]:
    """The values that hold the canary, as low as they are whole: strings, mostly."""
    cited = [citation.provider_state for citation in message.citations]
    states = [message.provider_state, *(part.provider_state for part in message.parts), *cited]
    values = [value for state in states if state is not None for value in _values(state.data)]
    return [value for value in values if isinstance(value, str) and "CANARY" in value]


def _values(value: object) -> list[object]:
    """`value` and everything in it, at any depth; JSON text is read."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(found for item in inner for found in _values(item))]


@pytest.mark.parametrize("heard", CHAT_DIALECTS)
def test_a_refusal_is_heard_as_words(heard: str) -> None:
    refused = Message.assistant(Refusal("I will not."))
    request = ChatRequest("m", (Message.user("Do it."), refused, Message.user("Why?")))
    encoded = dialect_named(heard).encode(
        request, by_hand.target(heard), stream=False, unsupported="error"
    )
    found = read(heard, encoded.body)  # type: ignore[arg-type]

    assert [text for one in found if one.role == "model" for text in one.texts] == ["I will not."]


@pytest.mark.parametrize("heard", CHAT_DIALECTS)
def test_ids_that_two_turns_share_are_told_apart_where_they_must(heard: str) -> None:
    """Some servers count their calls anew in every answer."""
    turn = by_hand.answer("openai_chat").message.tool_calls[0]
    asked, result = Message.assistant(turn), Message.tool(ToolResult(turn.id, "3"))
    request = ChatRequest("m", (Message.user("Hi"), asked, result, asked, result), by_hand.TOOLS)
    encoded = dialect_named(heard).encode(
        request, by_hand.target(heard), stream=False, unsupported="error"
    )
    found = read(heard, encoded.body)  # type: ignore[arg-type]
    calls = [call.id for one in found for call in one.calls]

    assert [result.call for one in found for result in one.results] == calls
    if heard in ("anthropic_messages", "bedrock_converse"):
        assert len(set(calls)) == 2
