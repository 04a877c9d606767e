"""Cloudflare's pictures: the model in the address, and the picture itself as the answer, or not."""

from __future__ import annotations

import json
from base64 import b64encode
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded, streamed

from fairlead.dialects.image.cloudflare import DIALECT
from fairlead.dialects.image.cloudflare_form import DIALECT as FORM
from fairlead.errors import ApiError, DecodeError, InvalidRequest, UnsupportedFeature
from fairlead.types.operations import ImageRequest

JPEG = b"\xff\xd8\xff\xe0"
ASKED = ImageRequest(model="m", prompt="a cat", size="512x256", extra_body={"seed": 7})


def fields(asked: ImageRequest) -> dict[str, str]:
    sent = encoded(FORM, asked)
    head = f"Content-Type: {dict(sent.headers)['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + streamed(sent))
    name = "content-disposition"
    return {
        str(part.get_param("name", header=name)): str(part.get_payload())
        for part in message.iter_parts()
    }


def test_width_and_height_are_fields_of_their_own() -> None:
    sent = {"prompt": "a cat", "width": 512, "height": 256, "seed": 7}
    assert body(DIALECT, ASKED) == sent
    assert ("accept", "application/json, image/*") in encoded(DIALECT, ASKED).headers


def test_the_same_goes_into_a_form_for_models_that_want_one() -> None:
    assert fields(ASKED) == {"prompt": "a cat", "width": "512", "height": "256", "seed": "7"}
    asked = ImageRequest(model="m", prompt="a", extra_body={"fast": True})
    assert fields(asked)["fast"] == "true"
    kinds = dict(encoded(FORM, asked).headers)
    assert kinds["content-type"].startswith("multipart/form-data; boundary=")


def test_a_form_holds_no_lists() -> None:
    with pytest.raises(InvalidRequest, match="'tags'"):
        encoded(FORM, ImageRequest(model="m", prompt="a", extra_body={"tags": [1]}))
    with pytest.raises(InvalidRequest, match="sets already"):
        encoded(FORM, ImageRequest(model="m", prompt="a", extra_body={"prompt": "b"}))


@pytest.mark.parametrize("option", [{"size": "1:1"}, {"n": 3}, {"quality": "hd"}, {"user": "u"}])
def test_what_it_does_not_take_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, ImageRequest(model="m", prompt="a", **option))


@pytest.mark.parametrize("dialect", [DIALECT, FORM])
def test_a_picture_is_taken_as_it_comes(dialect: Any) -> None:
    raw = decoded(dialect, JPEG, ASKED).images[0]
    wrapped = {"result": {"image": b64encode(JPEG).decode()}, "success": True}
    assert raw == decoded(dialect, wrapped, ASKED).images[0]
    assert (raw.data, raw.media_type) == (JPEG, "image/jpeg")


def test_damage_is_typed() -> None:
    failed = {"result": None, "success": False, "errors": [{"code": 3036, "message": "no more"}]}
    with pytest.raises(ApiError, match="no more"):
        decoded(DIALECT, failed, ASKED)
    for came in (b"", b"\x00\x01", json.dumps({"result": {"image": "%"}}).encode(), b"{}"):
        with pytest.raises(DecodeError):
            decoded(DIALECT, came, ASKED)
