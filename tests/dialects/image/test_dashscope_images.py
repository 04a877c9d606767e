"""DashScope's pictures: a message in, URLs out."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded, target

from fairlead.dialects.image.dashscope import DIALECT
from fairlead.errors import (
    ApiError,
    BadRequestError,
    ContentFilterError,
    DecodeError,
    UnsupportedFeature,
)
from fairlead.types.http import Headers
from fairlead.types.operations import ImageRequest

ASKED = ImageRequest(model="m", prompt="a cat", size="1664x928", n=2)


def test_the_prompt_is_a_message_and_the_size_has_a_star() -> None:
    messages = [{"role": "user", "content": [{"text": "a cat"}]}]
    assert body(DIALECT, ASKED) == {
        "model": "model-1",
        "input": {"messages": messages},
        "parameters": {"n": 2, "size": "1664*928"},
    }
    plain = ImageRequest(model="m", prompt="a", extra_body={"parameters": {"watermark": True}})
    assert body(DIALECT, plain)["parameters"] == {"watermark": True}


@pytest.mark.parametrize("option", [{"size": "1:1"}, {"quality": "hd"}, {"user": "u"}])
def test_what_it_does_not_take_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, ImageRequest(model="m", prompt="a", **option))


def test_every_picture_of_every_choice_is_read() -> None:
    choices = [
        {"message": {"content": [{"image": "https://x/1"}, {"text": "so"}]}},
        {"message": {"content": [{"image": "https://x/2"}]}},
    ]
    came = {"output": {"choices": choices}, "usage": {"image_count": 2}, "request_id": "r"}
    read = decoded(DIALECT, came, ASKED)
    assert [i.url for i in read.images] == ["https://x/1", "https://x/2"]
    assert read.usage is None


def test_errors_are_typed_in_a_refusal_and_inside_a_success() -> None:
    came = b'{"code":"InvalidParameter","message":"size","request_id":"r"}'
    with pytest.raises(ApiError, match="size"):
        decoded(DIALECT, came, ASKED)
    refused = DIALECT.decode_error(400, Headers(), came, target("image", "dashscope"))
    assert (type(refused), refused.code) == (BadRequestError, "InvalidParameter")
    withheld = b'{"code":"DataInspectionFailed","message":"inappropriate","request_id":"r"}'
    refused = DIALECT.decode_error(400, Headers(), withheld, target("image", "dashscope"))
    assert type(refused) is ContentFilterError


@pytest.mark.parametrize("came", [{}, {"output": {"choices": []}}, {"output": 3}, []])
def test_damage_is_a_decode_error(came: object) -> None:
    with pytest.raises(DecodeError):
        decoded(DIALECT, came, ASKED)
