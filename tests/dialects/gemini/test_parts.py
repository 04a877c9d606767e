"""Parts of an answer: what is merged, what is kept apart, and what nobody here knows."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from tests.dialects.gemini.building import chunk, failed, sse, streamed, text, thought, unstreamed

from fairlead.errors import DecodeError
from fairlead.types.messages import Audio, File, Image, Opaque, ProviderState, Reasoning, Text

SIGNED = ProviderState("gemini", '{"thoughtSignature":"c2ln"}')


def parts(*given: Any) -> tuple[Any, ...]:
    """The parts of an answer, which are the same streamed as whole."""
    whole = unstreamed(chunk(*given, finish="STOP")).message.parts
    one_by_one = streamed(*(chunk(part) for part in given), chunk(finish="STOP")).message.parts
    assert whole == one_by_one
    return whole


def inline(media_type: str, data: str, **more: Any) -> dict[str, Any]:
    return {"inlineData": {"mimeType": media_type, "data": data}, **more}


def test_plain_text_that_follows_plain_text_is_one_part() -> None:
    assert parts(text("a"), text(""), text("b")) == (Text("ab"),)


def test_signed_text_is_merged_with_nothing() -> None:
    signed = text("b", thoughtSignature="c2ln")

    assert parts(text("a"), signed, signed, text("c")) == (
        Text("a"),
        Text("b", provider_state=SIGNED),
        Text("b", provider_state=SIGNED),
        Text("c"),
    )


def test_a_signature_on_a_part_of_its_own_is_kept() -> None:
    assert parts(text("a"), text("", thoughtSignature="c2ln")) == (
        Text("a"),
        Text("", provider_state=SIGNED),
    )


def test_thoughts_are_merged_like_text_and_apart_from_it() -> None:
    plain = ProviderState("gemini", '{"thought":true}')
    signed = ProviderState("gemini", '{"thought":true,"thoughtSignature":"c2ln"}')

    assert parts(
        thought("a"), thought("b"), text("c"), thought("d", thoughtSignature="c2ln"), thought("e")
    ) == (
        Reasoning("ab", provider_state=plain),
        Text("c"),
        Reasoning("d", provider_state=signed),
        Reasoning("e", provider_state=plain),
    )


def test_fields_beside_the_text_are_kept() -> None:
    (part,) = parts(text("a", partMetadata={"x": 1}))

    assert part.provider_state == ProviderState("gemini", '{"partMetadata":{"x": 1}}')


@pytest.mark.parametrize(
    ("media_type", "kind"), [("image/png", Image), ("audio/L16;rate=24000", Audio),
                             ("video/mp4", File)]
)  # fmt: skip
def test_bytes_become_what_they_are(media_type: str, kind: type[Any]) -> None:
    (part,) = parts(inline(media_type, b64encode(b"\xff\xfe bytes").decode()))

    assert isinstance(part, kind)
    assert (part.data, part.media_type) == (b"\xff\xfe bytes", media_type)
    assert part.provider_state == ProviderState("gemini", "{}")


def test_an_images_signature_is_kept() -> None:
    (part,) = parts(inline("image/png", "cG5n", thoughtSignature="c2ln"))

    assert part.provider_state == SIGNED


def test_a_sketch_among_the_thoughts_is_no_image_of_the_answer() -> None:
    (part,) = parts(inline("image/png", "cG5n", thought=True))

    assert isinstance(part, Opaque)
    assert part.kind == "inlineData"


@pytest.mark.parametrize("data", ["cG5", "c*n=", "\N{SNOWMAN}"])
def test_bytes_that_are_no_base64_are_kept_as_they_came(data: str) -> None:
    (part,) = parts(inline("image/png", data))

    assert isinstance(part, Opaque)


def test_a_part_of_an_unknown_kind_is_kept_whole() -> None:
    assert parts({"newThing": {"x": [1]}, "thoughtSignature": "c2ln"}, {}) == (
        Opaque(
            "newThing",
            ProviderState("gemini", '{"newThing": {"x": [1]}, "thoughtSignature": "c2ln"}'),
        ),
    )


@pytest.mark.parametrize("part", [{"text": 5}, {"functionCall": 5}])
def test_a_known_kind_of_another_shape_is_nonsense(part: dict[str, Any]) -> None:
    _, failure = failed(sse(chunk(part)))

    assert isinstance(failure, DecodeError)
