"""Pictures of Gemini models: `generateContent` with pictures alone as the answer."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded

from fairlead.dialects.image.gemini import DIALECT
from fairlead.errors import ContentFilterError, DecodeError, RateLimitError, UnsupportedFeature
from fairlead.types.operations import ImageRequest

PNG = b"\x89PNG\r\n\x1a\n"
ASKED = ImageRequest(model="m", prompt="a cat")


def inline(data: bytes = PNG, kind: str = "image/png", **more: object) -> dict[str, object]:
    return {"inlineData": {"mimeType": kind, "data": b64encode(data).decode()}, **more}


def answer(*parts: object, **candidate: object) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": list(parts)}, **candidate}]}


def test_pictures_alone_are_asked_for() -> None:
    assert body(DIALECT, ASKED) == {
        "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
        "generationConfig": {"responseModalities": ["IMAGE"]},
    }


@pytest.mark.parametrize(
    ("size", "config"),
    [
        ("16:9", {"aspectRatio": "16:9"}),
        ("2K", {"imageSize": "2K"}),
        ("1024x1024", {"aspectRatio": "1:1"}),
        ("2048x2048", {"aspectRatio": "1:1", "imageSize": "2K"}),
    ],
)
def test_a_size_is_a_shape_and_a_class(size: str, config: object) -> None:
    asked = ImageRequest(model="m", prompt="a", size=size, n=1)
    assert body(DIALECT, asked)["generationConfig"]["imageConfig"] == config


@pytest.mark.parametrize(
    "option", [{"size": "1024x768"}, {"n": 2}, {"quality": "hd"}, {"user": "ann"}]
)
def test_what_it_does_not_take_is_refused_or_listed(option: dict[str, Any]) -> None:
    asked = ImageRequest(model="m", prompt="a cat", **option)
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, asked)
    assert body(DIALECT, asked, unsupported="drop") == body(DIALECT, ASKED)
    assert len(encoded(DIALECT, asked, unsupported="warn").warnings) == 1


def test_the_pictures_are_read_and_the_sketches_of_thoughts_are_not() -> None:
    came = {
        **answer(inline(b"sketch", thought=True), inline(), finishReason="STOP"),
        "modelVersion": "gemini-3-pro-image",
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 1290},
    }
    read = decoded(DIALECT, came, ASKED)
    assert [(i.data, i.media_type) for i in read.images] == [(PNG, "image/png")]
    assert (read.model, read.warnings) == ("gemini-3-pro-image", ())
    assert (read.usage.input_tokens, read.usage.output) == (9, 1290)


def test_text_beside_a_picture_is_told_of() -> None:
    read = decoded(DIALECT, answer({"text": "Here you go!"}, inline()), ASKED)
    assert len(read.images) == 1
    assert "said something" in read.warnings[0]


@pytest.mark.parametrize(
    "came",
    [
        {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
        answer(finishReason="IMAGE_SAFETY", finishMessage="Unable to show it."),
        answer({"text": "I will not."}, finishReason="IMAGE_PROHIBITED_CONTENT"),
    ],
)
def test_a_withheld_picture_is_a_content_filters_doing(came: object) -> None:
    with pytest.raises(ContentFilterError, match="withheld"):
        decoded(DIALECT, came, ASKED)


def test_an_answer_without_a_picture_says_why() -> None:
    with pytest.raises(DecodeError, match=r"no image \(NO_IMAGE\)"):
        decoded(DIALECT, answer({"text": "No."}, finishReason="NO_IMAGE"), ASKED)
    with pytest.raises(DecodeError, match="no image"):
        decoded(DIALECT, answer(inline(kind="audio/wav")), ASKED)


def test_damage_and_errors_are_typed() -> None:
    with pytest.raises(DecodeError, match="base64"):
        decoded(DIALECT, answer({"inlineData": {"data": "%"}}), ASKED)
    with pytest.raises(DecodeError, match="empty"):
        decoded(DIALECT, answer({"inlineData": {"mimeType": "image/png"}}), ASKED)
    error = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow"}}
    with pytest.raises(RateLimitError, match="slow"):
        decoded(DIALECT, error, ASKED)
