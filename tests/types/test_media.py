"""Files are known by their first bytes; what only begins like one is not."""

from __future__ import annotations

import pytest

from fairlead.types.media import HEAD, media_type_of

KNOWN = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff\xe0": "image/jpeg",
    b"GIF89a": "image/gif",
    b"RIFF\x24\0\0\0WEBPVP8 ": "image/webp",
    b"II*\0\x08\0\0\0": "image/tiff",
    b"MM\0*\0\0\0\x08": "image/tiff",
    b"BM\x46\0\0\0\0\0\0\0\x36": "image/bmp",
    b"\0\0\0\x18ftypheic": "image/heic",
    b"\0\0\0\x18ftypmif1": "image/heif",
    b"\0\0\0\x1cftypavif": "image/avif",
    b"\0\0\0\x1cftypM4A \0\0": "audio/mp4",
    b"\0\0\0\x18ftypmp42": "video/mp4",
    b"\x1aE\xdf\xa3": "video/webm",
    b"%PDF-1.7": "application/pdf",
    b"RIFF\x24\0\0\0WAVEfmt ": "audio/wav",
    b"ID3\4\0": "audio/mpeg",
    b"\xff\xf3\x40": "audio/mpeg",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
}


@pytest.mark.parametrize(("head", "media_type"), KNOWN.items(), ids=KNOWN.values())
def test_the_first_bytes_tell(head: bytes, media_type: str) -> None:
    assert len(head) <= HEAD
    assert media_type_of(head + bytes(HEAD)) == media_type


@pytest.mark.parametrize(
    "head", [b"", b"BMW builds cars.", b"ID3 tags hold titles", b"RIFFs and solos.", b"WAVE"]
)
def test_a_text_that_begins_alike_is_a_text(head: bytes) -> None:
    assert media_type_of(head) is None
