"""Pictures in base64, and the forms of sizes."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

import pytest

from fairlead.dialects.body import Body
from fairlead.dialects.losses import Losses
from fairlead.dialects.pictures import from_base64, media_type_of, pixels, put_size, ratio, refused
from fairlead.errors import ContentFilterError, DecodeError, UnsupportedFeature
from fairlead.types.targets import Target

AIM = Target("p", "m", "image", "x", "https://p/")
PNG = b"\x89PNG\r\n\x1a\n\xfb\xff\xfe"


def test_the_bytes_tell_what_a_picture_is_before_anybodys_word() -> None:
    text = b64encode(PNG).decode()
    assert from_base64(text, "image/jpeg").media_type == "image/png"
    assert from_base64(b64encode(b"odd!").decode(), "image/jpeg").media_type == "image/jpeg"
    assert media_type_of(b"") is None


def test_a_data_url_and_the_other_alphabet_are_read_too() -> None:
    assert from_base64("data:image/x-odd;base64,b2RkIQ==").media_type == "image/x-odd"
    assert from_base64(urlsafe_b64encode(PNG).decode()).data == PNG


@pytest.mark.parametrize("text", ["", "%%%", "abc", "data:image/png;base64,", "é"])
def test_what_is_no_picture_is_a_decode_error(text: str) -> None:
    with pytest.raises(DecodeError):
        from_base64(text)


def test_sizes_are_pixels_or_a_shape() -> None:
    assert (pixels("1024x768"), pixels("1024*768")) == ((1024, 768), (1024, 768))
    assert [pixels(odd) for odd in ("0x5", "16:9", "1024", "1024x", "999999x1")] == [None] * 5
    assert (ratio("16:9"), ratio("1024x768"), ratio("0:1"), ratio("auto")) == (
        "16:9",
        None,
        None,
        None,
    )


def sized(size: str | None, **forms: bool) -> Body:
    body: Body = {}
    put_size(body, size, Losses("error", AIM), **forms)
    return body


def test_a_size_is_written_in_the_form_that_the_target_takes() -> None:
    assert sized(None, by_pixels=True, by_ratio=True) == {}
    assert sized("64x32", by_pixels=True, by_ratio=False) == {"width": 64, "height": 32}
    assert sized("3:2", by_pixels=True, by_ratio=True) == {"aspect_ratio": "3:2"}


def test_a_size_in_another_form_is_refused_with_one_that_would_do() -> None:
    with pytest.raises(UnsupportedFeature, match=r"such as 16:9"):
        sized("64x32", by_pixels=False, by_ratio=True)
    with pytest.raises(UnsupportedFeature, match=r"such as 1024x768 or 16:9"):
        sized("large", by_pixels=True, by_ratio=True)


def test_a_withheld_picture_is_a_content_filters_doing() -> None:
    assert type(refused("VIOLENCE", AIM)) is ContentFilterError
