"""An image or a file has one source, in every dialect alike."""

from __future__ import annotations

import pytest
from tests.dialects.encoding import DIALECTS, encode

from fairlead.dialects.losses import Losses
from fairlead.dialects.sources import takes_image
from fairlead.errors import InvalidRequest, UnsupportedFeature
from fairlead.types.messages import Audio, File, Image, Message, Part
from fairlead.types.targets import Quirks, Target


@DIALECTS
@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Image(), "exactly one"),
        (Image(url="https://a.example/i.png", data=b"x", media_type="image/png"), "exactly one"),
        (File(data=b"x", media_type="application/pdf", file_id="f"), "exactly one"),
        (Image(data=b"x"), "media_type"),
        (File(data=b"x", name="a.pdf"), "media_type"),
    ],
)
def test_a_part_without_one_clear_source_is_an_invalid_request(dialect, part: Part, words) -> None:
    with pytest.raises(InvalidRequest, match=words):
        encode(dialect, Message.user("Look", part))


TIFF, PNG = b"II*\0\x08\0\0\0", b"\x89PNG\r\n\x1a\n"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
PICKY = {"anthropic_messages": "GIF", "bedrock_converse": "form", "cohere": "GIF", "gemini": "HEIC"}
"""The dialects whose provider tells what it reads, and a word of what helps."""


@pytest.mark.parametrize("dialect", PICKY)
@pytest.mark.parametrize(
    "image",
    [
        Image(data=TIFF, media_type="image/tiff"),
        Image(data=SVG, media_type="image/svg+xml"),
        Image(url="data:image/tiff;base64,SUkqAAgAAAA="),
    ],
    ids=["tiff", "svg", "in a URL"],
)
def test_an_image_that_nobody_reads_is_refused(dialect: str, image: Image) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        encode(dialect, Message.user("Look", image))

    assert "images of type image/" in str(caught.value)
    assert PICKY[dialect] in str(caught.value)


@pytest.mark.parametrize("dialect", PICKY)
def test_such_an_image_is_left_out_where_the_caller_wants_that(dialect: str) -> None:
    image = Image(data=TIFF, media_type="image/tiff")
    written = encode(dialect, Message.user("Look", image), unsupported="drop")

    assert written.dropped == ("images of type image/tiff",)
    assert b"SUkq" not in bytes(written.body)


def losses(*taken: str) -> Losses:
    quirks = Quirks(image_types=taken)  # type: ignore[arg-type]
    return Losses("error", Target("p", "m", "chat", "d", "https://p.example/", quirks))


def test_the_bytes_tell_more_than_the_callers_word() -> None:
    with pytest.raises(UnsupportedFeature, match="convert it to PNG or WebP"):
        takes_image(Image(data=TIFF, media_type="image/png"), losses("png", "webp"))
    with pytest.raises(UnsupportedFeature, match="image/tiff"):
        takes_image(Image(url="data:image/png;base64,SUkqAAgAAAA="), losses("png", "webp"))


def test_what_nobody_tells_of_is_for_the_provider_to_judge() -> None:
    for image in (
        Image(url="https://p.example/a.tiff"),
        Image(file_id="f"),
        Image(data=PNG, media_type="image/png"),
        Image(data=b"?", media_type="image/PNG"),
        File(data=b"%PDF-1.7", media_type="application/pdf"),
    ):
        assert takes_image(image, losses("png", "webp"))
    assert takes_image(Image(data=TIFF, media_type="image/tiff"), losses())


@DIALECTS
def test_the_type_that_people_write_for_jpeg_goes_out_as_the_one_that_exists(dialect: str) -> None:
    image = Image(data=b"\xff\xd8\xff", media_type="image/jpg")
    body = bytes(encode(dialect, Message.user("Look", image)).body)

    assert b"image/jpg" not in body


HEARS = pytest.mark.parametrize("dialect", ["openai_chat", "gemini", "bedrock_converse", "ag_ui"])


@HEARS
@pytest.mark.parametrize(
    ("data", "words"), [(b"", "is empty"), (TIFF, "holds image/tiff"), (b"%PDF-1", "holds app")]
)
def test_sound_that_is_none_is_an_invalid_request(dialect: str, data: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        encode(dialect, Message.user(Audio(data, "audio/wav")))


@HEARS
@pytest.mark.parametrize("data", [b"fLaC", b"\0\0\0\x18ftypmp42", b"\1\2\3"])
def test_what_may_be_sound_is_sent(dialect: str, data: bytes) -> None:
    assert encode(dialect, Message.user(Audio(data, "audio/wav"))).body
