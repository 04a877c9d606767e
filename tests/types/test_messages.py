from __future__ import annotations

import msgspec
import pytest

from fairlead.errors import MalformedToolArguments
from fairlead.types.messages import (
    Audio,
    Citation,
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


def test_a_message_reads_its_parts() -> None:
    cited = Citation(url="https://a.example")
    alone = Citation(url="https://b.example")
    message = Message.assistant(
        Reasoning("first"),
        Reasoning("", redacted=True),
        Reasoning("second"),
        Text("a", (cited,)),
        Text("b"),
        alone,
        Refusal("no"),
    )

    assert message.text == "ab"
    assert message.reasoning == "first\n\nsecond"
    assert message.refusal == "no"
    assert message.citations == (cited, alone)


def test_only_whole_calls_that_the_caller_must_run_are_tool_calls() -> None:
    wanted = ToolCall("1", "add", '{"a":1}')
    message = Message.assistant(
        wanted, ToolCall("2", "search", by_provider=True), ToolCall("3", "add", "{", complete=False)
    )

    assert message.tool_calls == (wanted,)


def test_a_call_without_arguments_has_none() -> None:
    assert ToolCall("1", "now").parse() == {}


@pytest.mark.parametrize("arguments", ["{", "[1]", "null", '{"a":', "[" * 100_000])
def test_arguments_that_are_no_object_keep_their_text(arguments) -> None:
    with pytest.raises(MalformedToolArguments) as caught:
        ToolCall("1", "add", arguments).parse()

    assert (caught.value.tool, caught.value.arguments) == ("add", arguments)


def test_a_tool_message_holds_results() -> None:
    result = ToolResult("1", "2")

    assert Message.tool(result) == Message("tool", (result,))


def test_messages_are_written_as_json_and_read_again_with_all_they_hold() -> None:
    state = ProviderState("anthropic_messages", '{"signature":  "Zm9v\\/"}')
    cited = Citation("https://a.example", "t", "c", "s", 1, 2, state)
    picture = Image(data=bytes(range(256)), media_type="image/png", detail="low")
    said = Message(
        "assistant",
        (
            Reasoning("", redacted=True, provider_state=state),
            Text("ü\u2028\0", (cited,), state),
            ToolCall("1", "add", '{"a": 1.50}', provider_state=state),
            ToolCall("2", "search", by_provider=True, complete=False),
            Refusal("no", state),
            cited,
            Opaque("compaction", state),
        ),
        "bot",
        state,
    )
    shown = ToolResult("1", (Text("x"), picture, File(file_id="f")), is_error=True, name="add")
    asked = Message.user(
        "hi", picture, Audio(b"\xff\x00", "audio/wav", "hm"), File(url="u", name="n")
    )
    turns = [Message.system("s"), asked, said, Message.tool(shown, ToolResult("2", "3"))]

    written = msgspec.json.encode(turns)

    assert msgspec.json.decode(written, type=list[Message]) == turns
    assert msgspec.json.encode(msgspec.json.decode(written, type=list[Message])) == written
