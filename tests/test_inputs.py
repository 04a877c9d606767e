"""What callers may pass: everything doubtful is refused before anything is sent."""

from __future__ import annotations

import math

import pytest

from fairlead.errors import InvalidRequest
from fairlead.input_headers import checked_headers
from fairlead.inputs import ChatOptions, chat_request, checked_policy, conversation
from fairlead.types.messages import Message, Text
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.tools import NamedTool, OutputSchema, Tool


def test_a_string_is_a_user_message_and_system_stands_before_it() -> None:
    assert conversation("hi", "be brief") == (Message.system("be brief"), Message.user("hi"))


def test_messages_and_dictionaries_may_be_mixed() -> None:
    turns = conversation([{"role": "user", "content": "hi"}, Message.assistant("yes?")])

    assert turns == (Message.user("hi"), Message.assistant("yes?"))


@pytest.mark.parametrize("messages", [[], (), None, 7, b"hi", {"role": "user"}, [3], [None]])
def test_what_is_no_conversation_is_refused(messages) -> None:
    with pytest.raises(InvalidRequest):
        conversation(messages)


def test_options_that_are_none_are_not_sent() -> None:
    assert chat_request("m", "hi", {"temperature": None}) == ChatRequest("m", (Message.user("hi"),))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("temperature", True),
        ("temperature", "0"),
        ("max_tokens", 1.5),
        ("max_tokens", -1),
        ("max_tokens", True),
        ("seed", "7"),
        ("logprobs", 1),
        ("user", 3),
        ("stop", ""),
        ("stop", ["a", 3]),
        ("tools", "weather"),
        ("tools", [3]),
        ("tools", [{"type": "function"}]),
        ("tool_choice", 3),
        ("output", "xml"),
        ("reasoning_effort", "huge"),
        ("options", {"thinking": 1}),
        ("extra_body", "x"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(name, value) -> None:
    with pytest.raises(InvalidRequest, match=name.removesuffix("s")):
        chat_request("m", "hi", {name: value})


def test_a_text_in_place_of_parts_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(InvalidRequest, match=r"Message\.user\("):
        chat_request("m", [Message("user", "hi")], {})


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="'a'"):
        chat_request("m", "hi", {"tools": [Tool("a"), Tool("a")]})


def test_openai_style_tools_become_tools() -> None:
    schema = {"type": "object"}
    given = {"type": "function", "function": {"name": "a", "parameters": schema, "strict": True}}

    request = chat_request("m", "hi", {"tools": [given], "tool_choice": "a"})

    assert request.tools == (Tool("a", None, schema, True),)
    assert request.tool_choice == NamedTool("a")


def test_a_schema_is_named_by_its_title() -> None:
    request = chat_request("m", "hi", {"output": {"title": "book", "type": "object"}})

    assert request.output == OutputSchema({"title": "book", "type": "object"}, "book")


def test_every_option_of_a_request_can_be_given() -> None:
    fields = set(ChatRequest.__struct_fields__) - {"model", "messages"}
    own = {"system", "extra_headers", "deadline", "unsupported", "dialect", "defaults"}
    own |= {"emulate_tools", "output_mode", "cache", "cache_ttl"}

    assert set(ChatOptions.__annotations__) == fields | own


@pytest.mark.parametrize("name", ["Host", "content-length", "Authorization", "x-api-key", "Cookie"])
def test_headers_that_frame_or_authorise_are_refused(name) -> None:
    with pytest.raises(InvalidRequest, match=name):
        checked_headers({name: "x"})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "\x7f"])
def test_a_header_value_with_a_line_break_is_refused(value) -> None:
    with pytest.raises(InvalidRequest, match="x-note"):
        checked_headers({"x-note": value})


@pytest.mark.parametrize("name", ["", "a b", "a\r\n", "ä", "a:"])
def test_a_name_that_is_none_is_refused(name) -> None:
    with pytest.raises(InvalidRequest):
        checked_headers({name: "x"})


def test_a_plain_call_may_carry_its_own_credential() -> None:
    given = {"authorization": "Bearer x"}

    assert checked_headers(given, own_credential=False) == (("authorization", "Bearer x"),)


def test_a_useful_extra_header_passes() -> None:
    assert checked_headers({"x-grok-conv-id": "42"}) == (("x-grok-conv-id", "42"),)


def test_text_parts_are_what_strings_become() -> None:
    assert Message.user("a", Text("b")).text == "ab"


@pytest.mark.parametrize(
    "message",
    [
        Message("boss", (Text("x"),)),
        Message("assistant", (3,)),
        Message("user", "hi"),
    ],
)
def test_a_message_that_was_made_wrong_is_refused_by_its_number(message) -> None:
    with pytest.raises(InvalidRequest, match=r"messages\[1\]"):
        conversation([Message.user("hi"), message])


def test_a_wrong_dictionary_is_named_by_its_number() -> None:
    with pytest.raises(InvalidRequest, match=r"messages\[1\]"):
        conversation([Message.user("hi"), {"role": "boss", "content": "x"}])


def test_an_error_shows_the_head_of_a_long_value_alone() -> None:
    with pytest.raises(InvalidRequest) as caught:
        chat_request("m", "hi", {"user": ["x" * 10_000]})

    assert len(str(caught.value)) < 120


def test_a_tool_may_be_chosen_by_an_openai_style_dictionary() -> None:
    choice = {"type": "function", "function": {"name": "a"}}

    request = chat_request("m", "hi", {"tools": [Tool("a")], "tool_choice": choice})

    assert request.tool_choice == NamedTool("a")


def test_a_policy_that_is_none_of_the_three_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="error, warn, drop"):
        checked_policy("maybe")


def test_headers_in_pairs_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="map strings"):
        checked_headers([("a", "b")])


def test_an_answer_counts_as_its_message() -> None:
    said = Message.assistant("four")
    answer = ChatResponse(
        "r1",
        "m",
        said,
        "stop",
        "stop",
        None,
        None,
        (),
        Receipt("chat", "p/m"),
        RawResponse(200, ()),
    )

    assert conversation([answer]) == (said,)
    assert conversation([Message.user("2 + 2?"), answer, Message.user("Sure?")])[1] == said
