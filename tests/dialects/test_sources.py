"""An image or a file has one source, in every dialect alike."""

from __future__ import annotations

import pytest
from tests.dialects.encoding import DIALECTS, encode

from fairlead.errors import InvalidRequest
from fairlead.types.messages import File, Image, Message, Part


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
