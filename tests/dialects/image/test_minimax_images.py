"""MiniMax's pictures: URLs or base64 in `data`, and errors in `base_resp`."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded

from fairlead.dialects.image.minimax import DIALECT
from fairlead.errors import ContentFilterError, DecodeError, QuotaExceededError, UnsupportedFeature
from fairlead.types.operations import ImageRequest

PNG = b"\x89PNG\r\n\x1a\n"
ASKED = ImageRequest(model="m", prompt="a cat", size="1024x768", n=2)
GOOD = {"status_code": 0, "status_msg": "success"}


def test_a_request_names_its_model() -> None:
    assert body(DIALECT, ASKED) == {
        "model": "model-1",
        "prompt": "a cat",
        "n": 2,
        "width": 1024,
        "height": 768,
    }
    asked = ImageRequest(
        model="m", prompt="a", size="16:9", extra_body={"response_format": "base64"}
    )
    sent = body(DIALECT, asked)
    assert (sent["aspect_ratio"], sent["response_format"]) == ("16:9", "base64")


@pytest.mark.parametrize("option", [{"size": "big"}, {"quality": "hd"}, {"user": "u"}])
def test_what_it_does_not_take_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, ImageRequest(model="m", prompt="a", **option))


def test_urls_and_base64_are_read() -> None:
    came = {"data": {"image_urls": ["https://x/1", "https://x/2"]}, "base_resp": GOOD}
    assert [i.url for i in decoded(DIALECT, came, ASKED).images] == ["https://x/1", "https://x/2"]
    came = {"data": {"image_base64": [b64encode(PNG).decode()]}, "base_resp": GOOD}
    assert [i.data for i in decoded(DIALECT, came, ASKED).images] == [PNG]


@pytest.mark.parametrize(("failed", "told"), [("0", False), (0, False), ("1", True), (2, True)])
def test_pictures_that_could_not_be_drawn_are_told_of(failed: object, told: bool) -> None:
    came = {"data": {"image_urls": ["https://x/1"]}, "metadata": {"failed_count": failed}}
    assert bool(decoded(DIALECT, came, ASKED).warnings) == told


def test_an_error_inside_a_success_is_an_error() -> None:
    came = {"data": {}, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
    with pytest.raises(QuotaExceededError, match="insufficient balance"):
        decoded(DIALECT, came, ASKED)
    came = {"base_resp": {"status_code": 1026, "status_msg": "sensitive content"}}
    with pytest.raises(ContentFilterError, match="sensitive content"):
        decoded(DIALECT, came, ASKED)


@pytest.mark.parametrize("came", [{}, {"data": None}, {"data": {"image_base64": ["%"]}}, []])
def test_damage_is_a_decode_error(came: object) -> None:
    with pytest.raises(DecodeError):
        decoded(DIALECT, came, ASKED)
