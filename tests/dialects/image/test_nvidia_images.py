"""Pictures of NVIDIA's hosted models: `artifacts`, or an `image`."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded

from fairlead.dialects.image.nvidia import DIALECT
from fairlead.errors import ApiError, ContentFilterError, DecodeError, UnsupportedFeature
from fairlead.types.operations import ImageRequest

JPEG = b"\xff\xd8\xff\xe0"
TEXT = b64encode(JPEG).decode()
ASKED = ImageRequest(model="m", prompt="a cat", size="1024x768")


def test_pixels_and_shapes_are_both_taken() -> None:
    assert body(DIALECT, ASKED) == {"prompt": "a cat", "width": 1024, "height": 768}
    asked = ImageRequest(model="m", prompt="a", size="16:9", extra_body={"steps": 4})
    assert body(DIALECT, asked) == {"prompt": "a", "aspect_ratio": "16:9", "steps": 4}


@pytest.mark.parametrize("option", [{"size": "big"}, {"n": 2}, {"quality": "hd"}, {"user": "u"}])
def test_what_it_does_not_take_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, ImageRequest(model="m", prompt="a", **option))


@pytest.mark.parametrize(
    "came",
    [
        {"artifacts": [{"base64": TEXT, "finishReason": "SUCCESS", "seed": 1}]},
        {"image": TEXT, "finish_reason": "SUCCESS", "seed": 1},
    ],
)
def test_both_shapes_are_read(came: object) -> None:
    read = decoded(DIALECT, came, ASKED)
    assert [(i.data, i.media_type) for i in read.images] == [(JPEG, "image/jpeg")]


@pytest.mark.parametrize(
    "came",
    [
        {"artifacts": [{"base64": TEXT, "finishReason": "CONTENT_FILTERED"}]},
        {"image": TEXT, "finish_reason": "CONTENT_FILTERED"},
    ],
)
def test_a_filtered_picture_is_an_error(came: object) -> None:
    with pytest.raises(ContentFilterError):
        decoded(DIALECT, came, ASKED)


def test_damage_is_typed() -> None:
    with pytest.raises(ApiError, match="too long"):
        decoded(DIALECT, {"detail": "too long"}, ASKED)
    damaged: tuple[object, ...] = ({}, {"artifacts": []}, {"artifacts": [{}]}, {"image": "%"})
    for came in damaged:
        with pytest.raises(DecodeError):
            decoded(DIALECT, came, ASKED)
