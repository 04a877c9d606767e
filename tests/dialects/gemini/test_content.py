"""Parts of messages in this protocol, and how they go back to the model that made them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.gemini.asking import ASK, BASE, call, encoded, own, parts, said, target

from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.messages import (
    Audio,
    Citation,
    File,
    Image,
    Message,
    Opaque,
    Part,
    ProviderState,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from fairlead.types.targets import Quirks

FOREIGN = ProviderState("openai_chat", "{}")


def asked(*content: Part, **fields: Any) -> Any:
    return parts(Message.user(*content), **fields)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            Image(data=b"png", media_type="image/png"),
            {"inlineData": {"mimeType": "image/png", "data": "cG5n"}},
        ),
        (
            Audio(b"wav", "audio/wav"),
            {"inlineData": {"mimeType": "audio/wav", "data": "d2F2"}},
        ),
        (
            Image(url="data:image/png;base64,cG5n"),
            {"inlineData": {"mimeType": "image/png", "data": "cG5n"}},
        ),
        (
            Image(url="https://e.org/a.JPG?x=1"),
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://e.org/a.JPG?x=1"}},
        ),
        (
            File(url="gs://bucket/a", media_type="video/mp4"),
            {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://bucket/a"}},
        ),
        (
            File(url="https://www.youtube.com/watch?v=a.pdf"),
            {"fileData": {"fileUri": "https://www.youtube.com/watch?v=a.pdf"}},
        ),
        (File(file_id="files/abc"), {"fileData": {"fileUri": f"{BASE}/files/abc"}}),
        (
            File(file_id="https://g.example/files/abc"),
            {"fileData": {"fileUri": "https://g.example/files/abc"}},
        ),
    ],
)
def test_media_are_sent_by_their_bytes_or_by_their_address(part: Part, expected: object) -> None:
    assert asked(part) == [expected]


@pytest.mark.parametrize(
    "part", [Image(), Image(url="data:,x"), File(data=b"x"), Image(url="u", file_id="f")]
)
def test_media_need_one_source_and_a_type(part: Part) -> None:
    with pytest.raises(InvalidRequest):
        asked(part)


def test_the_detail_of_an_image_is_its_resolution_from_gemini_3_on() -> None:
    image = Image(url="https://e.org/a.png", detail="low")

    (part,) = asked(image, model="gemini-3-flash")
    assert part["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}
    with pytest.raises(UnsupportedFeature, match="image detail"):
        asked(image)


def test_the_name_of_a_file_is_listed_as_left_out() -> None:
    named = File(data=b"x", media_type="text/plain", name="a.txt")

    assert encoded((Message.user(named),)).dropped == ("file name",)


def test_what_gemini_said_goes_back_with_its_signatures() -> None:
    sent = said(
        Reasoning("Hm", provider_state=own('{"thought":true,"thoughtSignature":"MQ=="}')),
        Text("Well", provider_state=own('{"thoughtSignature":"Mg=="}')),
        Text("", provider_state=own('{"thoughtSignature":"Mw=="}')),
        Image(
            data=b"png", media_type="image/png", provider_state=own('{"thoughtSignature":"NA=="}')
        ),
        call("c1", provider_state=own('{"functionCall":{"id":"c1"},"thoughtSignature":"NQ=="}')),
        call("made-up"),
    )

    assert sent == [
        {"text": "Hm", "thought": True, "thoughtSignature": "MQ=="},
        {"text": "Well", "thoughtSignature": "Mg=="},
        {"text": "", "thoughtSignature": "Mw=="},
        {"inlineData": {"mimeType": "image/png", "data": "cG5n"}, "thoughtSignature": "NA=="},
        {"functionCall": {"id": "c1", "name": "add", "args": {"a": 1}}, "thoughtSignature": "NQ=="},
        {"functionCall": {"name": "add", "args": {"a": 1}}},
    ]


def test_a_part_that_was_changed_is_sent_as_it_is_now() -> None:
    state = own('{"functionCall":{"id":"c1","name":"old","args":{}},"thoughtSignature":"MQ=="}')

    assert said(call("c1", provider_state=state)) == [
        {"functionCall": {"id": "c1", "name": "add", "args": {"a": 1}}, "thoughtSignature": "MQ=="}
    ]


def test_what_the_provider_ran_goes_back_byte_for_byte() -> None:
    code = '{"executableCode": {"code": "1", "language": "PYTHON"}, "thoughtSignature": "MQ=="}'
    ran = '{"codeExecutionResult": {"outcome": "OUTCOME_OK"}}'
    sent = encoded(
        (
            *ASK,
            Message.assistant(
                ToolCall("x", "code_execution", by_provider=True, provider_state=own(code)),
                ToolResult("x", "", by_provider=True, provider_state=own(ran)),
                Opaque("newThing", own('{"newThing": 1}')),
            ),
        )
    )

    assert isinstance(sent.body, bytes)
    assert f'[{code},{ran},{{"newThing": 1}}]'.encode() in sent.body


def test_what_another_model_said_is_translated_or_listed() -> None:
    sent = encoded(
        (
            *ASK,
            Message.assistant(
                Reasoning("Hm", provider_state=FOREIGN),
                Text("Well", (Citation("https://e.org", provider_state=FOREIGN),), FOREIGN),
                Refusal("No."),
                ToolCall("s1", "search", by_provider=True, provider_state=FOREIGN),
                Opaque("thing", FOREIGN),
                Citation("https://e.org"),
                call("u1", complete=False),
            ),
        )
    )

    assert isinstance(sent.body, bytes)
    assert b'"parts":[{"text":"Well"},{"text":"No."}]' in sent.body
    assert sent.dropped == (
        "reasoning of another model",
        "citation of another provider",
        "call of the provider's tool search",
        "thing part",
        "citation without text",
        "unfinished call of add",
    )


def test_a_refusal_of_geminis_own_does_not_go_back() -> None:
    sent = encoded((*ASK, Message.assistant(Text("I"), Refusal("Too hot.", own("{}")))))

    assert sent.dropped == ("refusal",)


def test_arguments_that_are_no_object_become_one() -> None:
    for arguments in ("[1]", "{", "5"):
        (part,) = said(call("c1", arguments=arguments))
        assert part["functionCall"]["args"] == {"invalid_arguments": arguments}
    (part,) = said(call("c1", arguments=""))
    assert part["functionCall"]["args"] == {}


def test_a_part_stands_where_it_may() -> None:
    image = Image(url="https://e.org/a.png")
    for message in (
        Message("system", (image,)),
        Message("tool", (Text("x"),)),
        Message.user(Reasoning("x")),
        Message.user(call("c1")),
        Message("assistant", (ToolResult("c1", "x"),)),
        Message.assistant(ToolCall("", "add")),
    ):
        with pytest.raises(InvalidRequest):
            encoded((*ASK, message))


@pytest.mark.parametrize("data", ["[]", "{", "5"])
def test_a_state_that_is_no_object_is_refused(data: str) -> None:
    with pytest.raises(InvalidRequest, match="provider state"):
        said(Text("x", provider_state=own(data)))


def test_a_part_that_a_target_lacks_is_left_out_by_name() -> None:
    lacking = target(quirks=Quirks(unsupported=("audio",)))

    with pytest.raises(UnsupportedFeature, match="audio"):
        encoded((Message.user("hi", Audio(b"x", "audio/wav")),), to=lacking)
