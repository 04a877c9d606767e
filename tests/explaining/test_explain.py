"""What each outcome means, on requests that show it."""

from __future__ import annotations

import json

import pytest
from tests.explaining.explained import explain, explained, row, standing_at, target_of

from fairlead.dialects.anthropic_messages.options import AnthropicOptions
from fairlead.dialects.registry import CHAT_DIALECTS
from fairlead.errors import InvalidRequest
from fairlead.explaining.explain import explanation
from fairlead.explaining.turns import MOST_FOLLOWED
from fairlead.explaining.written import Written
from fairlead.types.messages import (
    Audio,
    Citation,
    Document,
    File,
    Image,
    Message,
    Opaque,
    ProviderState,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks
from fairlead.types.tools import OutputSchema, ProviderTool, Tool

PNG = Image(data=b"\x89PNG\r\n\x1a\n0000", media_type="image/png", detail="low")
SEALED = ProviderState("anthropic_messages", '{"type":"thinking","thinking":"hm","signature":"S"}')
ADD = Tool("add", parameters={"type": "object"}, strict=True)
CONVERSATION = (
    Message.system("Be brief"),
    Message.user(Text("Look"), PNG),
    Message.assistant(
        Reasoning("hm", provider_state=SEALED),
        Text("Found.", (Citation("https://a.example"),)),
        ToolCall("call.1", "add", '{"a":1}'),
    ),
    Message.tool(ToolResult("call.1", (Text("42"), PNG), is_error=True)),
)
PART = "messages[2].parts"


def test_the_same_name_and_value_is_sent() -> None:
    one = row(explain("openai_chat", temperature=0.5), "temperature")

    assert (one.outcome, one.path, one.sent) == ("sent", "temperature", 0.5)


def test_the_same_value_elsewhere_is_renamed() -> None:
    found = explain("gemini", max_tokens=7, output=OutputSchema({"type": "object"}))

    assert row(found, "max_tokens").path == "generationConfig.maxOutputTokens"
    assert row(found, "output").path == "generationConfig.responseJsonSchema"
    assert {row(found, name).outcome for name in ("max_tokens", "output")} == {"renamed"}


def test_an_effort_that_becomes_a_budget_is_converted_and_what_it_raises_is_told() -> None:
    found = explain("anthropic_messages", reasoning_effort="low")
    one, limit = row(found, "reasoning_effort"), row(found, "max_tokens")

    assert (one.outcome, one.path) == ("converted", "thinking")
    assert (limit.outcome, limit.note) == ("defaulted", "comes with reasoning_effort")


def test_what_nobody_asked_for_is_defaulted() -> None:
    one = row(explain("anthropic_messages"), "max_tokens")

    assert (one.outcome, one.note) == ("defaulted", "fairlead adds it")


def test_documents_in_the_prompt_are_emulated_and_native_ones_are_not() -> None:
    documents = (Document("The sky is green.", "doc_0"),)
    prompted = explain("openai_chat", documents=documents)

    assert row(prompted, "documents").outcome == "emulated"
    assert "The sky is green." in str(row(prompted, "documents").sent)
    assert row(prompted, "messages[0].parts[0].text").note == "part of a longer text"
    assert row(explain("cohere", documents=documents), "documents").outcome == "converted"


@pytest.mark.parametrize(
    ("policy", "note"),
    [
        ("error", "p/m-1 does not support user; a call raises"),
        ("warn", "p/m-1 does not support user; it was left out"),
    ],
)
def test_what_a_target_lacks_is_lost_with_what_the_policy_makes_of_it(policy, note) -> None:
    one = row(explain("ollama", policy=policy, user="u"), "user")

    assert (one.outcome, one.path, one.note) == ("lost", None, note)


def test_a_choice_that_needs_no_words_is_not_lost() -> None:
    one = row(explain("cohere", tools=(Tool("add"),), tool_choice="auto"), "tool_choice")

    assert (one.outcome, one.note) == ("converted", "nothing need be sent for it")


def test_no_choice_among_tools_takes_them_out() -> None:
    found = explain("ollama", tools=(Tool("add"),), tool_choice="none")

    assert row(found, "tools[0]").outcome == "lost"
    assert row(found, "tool_choice").outcome == "converted"
    assert "tools" not in (found.body or {})


def test_a_field_that_spoils_the_request_is_told_and_the_rest_explained() -> None:
    found = explain("anthropic_messages", max_tokens=50, reasoning_effort="high", temperature=1.0)

    assert (found.fields[0].field, found.fields[0].outcome) == ("max_tokens", "lost")
    assert found.fields[0].note.startswith("refused: thinking takes at least 1,024 tokens")
    assert row(found, "temperature").outcome == "sent"


def test_a_conversation_that_nobody_takes_is_an_error_without_a_body() -> None:
    orphan = Message.tool(ToolResult("nobody", "42"))
    found = explain("openai_chat", Message.user("Hi"), orphan)

    assert found.body is None
    assert "answers no tool" in (found.error or "")


def test_options_of_another_dialect_are_refused_as_a_field() -> None:
    found = explain("openai_chat", options=AnthropicOptions(cache="5m"), seed=3)

    assert found.fields[0].note.startswith("refused: ")
    assert row(found, "seed").outcome == "sent"


def test_options_and_their_headers_are_explained() -> None:
    options = AnthropicOptions(betas=("b1",), service_tier="auto")
    found = explain("anthropic_messages", options=options)

    assert row(found, "options.service_tier").path == "service_tier"
    assert row(found, "options.betas").path == "header anthropic-beta"


@pytest.mark.parametrize(
    ("dialect", "outcome", "path"),
    [
        ("anthropic_messages", "renamed", "system"),
        ("openai_chat", "sent", "messages[0].content"),
        ("openai_responses", "renamed", "instructions"),
        ("gemini", "renamed", "systemInstruction.parts[0].text"),
        ("bedrock_converse", "renamed", "system[0].text"),
        ("cohere", "sent", "messages[0].content"),
    ],
)
def test_a_system_message_is_followed_to_where_it_goes(dialect, outcome, path) -> None:
    one = row(explain(dialect, *CONVERSATION[:2]), "messages[0].parts[0].text")

    assert (one.outcome, one.path, one.sent) == (outcome, path, "Be brief")


@pytest.mark.parametrize("dialect", CHAT_DIALECTS)
def test_every_part_of_a_conversation_has_its_rows(dialect: str) -> None:
    found = explain(dialect, *CONVERSATION, tools=(ADD,))
    outcomes = {one.field: one.outcome for one in found.fields}

    own = dialect == "anthropic_messages"
    assert outcomes[f"{PART}[0].reasoning"] == ("sent" if own else "lost")
    assert outcomes[f"{PART}[0].provider_state"] == ("sent" if own else "lost")
    assert outcomes[f"{PART}[1].citations"] == "lost"
    assert outcomes[f"{PART}[1].text"] in ("sent", "renamed")
    assert outcomes["messages[1].parts[1].image"] == "converted"
    assert outcomes["messages[3].parts[0].tool_result.content[0].text"] in ("sent", "renamed")
    assert outcomes["messages[3].parts[0].tool_result.content[1].image"] == "converted"
    assert all(one.note for one in found.lost)


@pytest.mark.parametrize("dialect", CHAT_DIALECTS)
@pytest.mark.parametrize(
    ("said", "field", "sent"),
    [
        (Message("user", (Audio(b"canary", "audio/wav"),)), "audio", "Y2FuYXJ5"),
        (
            Message("user", (File(data=b"canary", media_type="application/pdf"),)),
            "file",
            "Y2FuYXJ5",
        ),
        (Message("user", (Image(data=b"canary", media_type="image/png"),)), "image", "Y2FuYXJ5"),
        (Message("assistant", (Reasoning("canary"),)), "reasoning", "canary"),
        (Message("assistant", (Refusal("canary"),)), "refusal", "canary"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_part_that_stands_alone_is_lost_exactly_where_it_is_not_sent(
    dialect: str, said: Message, field: str, sent: str
) -> None:
    found = explain(dialect, Message.user("Hi"), said, Message.user("Go on"))

    lost = row(found, f"messages[1].parts[0].{field}").outcome == "lost"
    assert lost is (sent not in json.dumps(found.body))


def test_a_call_is_followed_value_by_value() -> None:
    found = explain("anthropic_messages", *CONVERSATION)
    id_, arguments = (
        row(found, f"{PART}[2].tool_call.id"),
        row(found, f"{PART}[2].tool_call.arguments"),
    )

    assert (id_.outcome, id_.sent) == ("converted", "call_2e_1")
    assert (arguments.outcome, arguments.sent) == ("converted", {"a": 1})
    assert row(found, f"{PART}[2].tool_call.name").outcome == "sent"


def test_sealed_parts_and_tools_of_others_are_lost_with_a_reason() -> None:
    opaque = Message.assistant("Hi", Opaque("compaction", SEALED))
    tool = ProviderTool("gemini", {"googleSearch": {}})
    found = explain("openai_chat", Message.user("Hi"), opaque, Message.user("?"), tools=(tool,))

    state = row(found, "messages[1].parts[1].compaction.provider_state")
    assert (state.outcome, state.note) == ("lost", "it goes back to anthropic_messages alone")
    assert row(found, "tools[0]").outcome == "lost"


def test_files_and_names_are_told_apart() -> None:
    paper = File(data=b"%PDF-1.7", media_type="application/pdf", name="a.pdf")
    found = explain("gemini", Message("user", (Text("Read"), paper), "ann"))

    assert row(found, "messages[0].parts[1].file").note == "bytes as base64"
    assert row(found, "messages[0].parts[1].file.name").outcome == "lost"
    assert row(found, "messages[0].name").outcome == "lost"


@pytest.mark.parametrize("dialect", CHAT_DIALECTS)
def test_every_path_of_a_conversation_leads_to_what_is_told(dialect: str) -> None:
    found = explain(dialect, *CONVERSATION, tools=(ADD,), quirks=Quirks())

    for one in found.fields:
        if one.path is not None and one.path != "address":
            assert standing_at(found.body, one.path) == one.sent


def test_a_request_that_no_field_spoils_is_written_once_without_each() -> None:
    written: list[ChatRequest] = []
    fields = {"temperature": 0.5, "top_p": 0.5, "seed": 1, "user": "u", "max_tokens": 9}

    def write(request: ChatRequest) -> Written:
        written.append(request)
        raise InvalidRequest("no")

    request = ChatRequest("m", (Message.user("Hi"),), **fields)  # type: ignore[arg-type]
    target = target_of("openai_chat")
    found = explanation(request, target, write, policy="error", shown=lambda _: ())

    assert found.error == "no"
    assert len(written) == 1 + len(fields)
    assert explained(request, "openai_chat").error is None


def test_a_long_conversation_is_written_a_bounded_number_of_times() -> None:
    rules = Message.system("Rules.")
    turns = [Message.user("Hi"), Message.assistant("Hello")] * 300
    found = explain("anthropic_messages", rules, *turns, Message.user("Bye"))

    rows = [field.field for field in found.fields if field.field.startswith("messages[")]
    assert len(rows) == 1 + MOST_FOLLOWED + 1
    assert rows[0] == "messages[0].parts[0].text"
    assert rows[-2:] == ["messages[601].parts[0].text", "messages[0:538]"]
    assert not [field for field in found.fields if field.outcome == "lost"]
    added = [field.field for field in found.fields if field.note == "fairlead adds it"]
    assert added == ["max_tokens"]


def test_what_is_lost_of_earlier_messages_is_told_all_the_same() -> None:
    seal = Reasoning("Hm.", provider_state=ProviderState("gemini", '"x"'))
    turns = [Message.user("Hi"), Message("assistant", (seal, Text("Hello")))] * 100
    found = explain("anthropic_messages", *turns, Message.user("Bye"))

    told = [field for field in found.fields if field.field == "messages"]
    assert len(told) >= 100 - MOST_FOLLOWED
    assert {field.outcome for field in told} == {"lost"}
