"""Fireworks' pictures: a shape in place of pixels, and base64 in one of two forms."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded

from fairlead.dialects.image.fireworks import DIALECT
from fairlead.errors import ApiError, ContentFilterError, DecodeError, UnsupportedFeature
from fairlead.types.operations import ImageRequest

PNG = b"\x89PNG\r\n\x1a\n"
TEXT = b64encode(PNG).decode()
ASKED = ImageRequest(model="m", prompt="a cat", size="16:9", extra_body={"seed": 7})


def test_the_model_stands_in_the_address_alone() -> None:
    assert body(DIALECT, ASKED) == {"prompt": "a cat", "aspect_ratio": "16:9", "seed": 7}


@pytest.mark.parametrize("option", [{"size": "512x512"}, {"n": 2}, {"quality": "hd"}])
def test_what_it_does_not_take_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, ImageRequest(model="m", prompt="a", **option))


@pytest.mark.parametrize("came", [TEXT, [TEXT], [f"data:image/png;base64,{TEXT}"]])
def test_one_picture_or_a_list_of_them_is_read(came: object) -> None:
    read = decoded(DIALECT, {"id": "1", "base64": came, "finishReason": "SUCCESS"}, ASKED)
    assert [(i.data, i.media_type) for i in read.images] == [(PNG, "image/png")]


def test_a_filtered_picture_is_an_error() -> None:
    with pytest.raises(ContentFilterError):
        decoded(DIALECT, {"base64": [TEXT], "finishReason": "CONTENT_FILTERED"}, ASKED)


def test_damage_is_typed() -> None:
    with pytest.raises(ApiError, match="no such model"):
        decoded(DIALECT, {"error": {"message": "no such model"}}, ASKED)
    damaged: tuple[object, ...] = ({}, {"base64": []}, {"base64": ["%"]}, {"base64": 3})
    for came in damaged:
        with pytest.raises(DecodeError):
            decoded(DIALECT, came, ASKED)
