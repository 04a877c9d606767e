"""Media types, told by the first bytes of a file and not by its name."""

from __future__ import annotations

HEAD = 16
"""So many bytes are enough."""

_SIGNATURES: tuple[tuple[bytes, int, bytes, str], ...] = (
    (b"\x89PNG", 0, b"", "image/png"),
    (b"\xff\xd8\xff", 0, b"", "image/jpeg"),
    (b"GIF8", 0, b"", "image/gif"),
    (b"WEBP", 8, b"RIFF", "image/webp"),
    (b"II*\0", 0, b"", "image/tiff"),
    (b"MM\0*", 0, b"", "image/tiff"),
    (b"\0\0\0\0", 6, b"BM", "image/bmp"),
    (b"ftypheic", 4, b"", "image/heic"),
    (b"ftypheix", 4, b"", "image/heic"),
    (b"ftypmif1", 4, b"", "image/heif"),
    (b"ftypavif", 4, b"", "image/avif"),
    (b"ftypM4A", 4, b"", "audio/mp4"),
    (b"ftyp", 4, b"", "video/mp4"),
    (b"\x1aE\xdf\xa3", 0, b"", "video/webm"),
    (b"%PDF-", 0, b"", "application/pdf"),
    (b"PK\x03\x04", 0, b"", "application/zip"),
    (b"WAVE", 8, b"RIFF", "audio/wav"),
    (b"fLaC", 0, b"", "audio/flac"),
    (b"OggS", 0, b"", "audio/ogg"),
    (b"\xff\xfb", 0, b"", "audio/mpeg"),
    (b"\xff\xf3", 0, b"", "audio/mpeg"),
    (b"\xff\xf2", 0, b"", "audio/mpeg"),
    (b"\xff\xf1", 0, b"", "audio/aac"),
    (b"\xff\xf9", 0, b"", "audio/aac"),
)
"""What stands at a place, behind what at the beginning, and the type that both tell."""

_TAGGED = (b"ID3\2", b"ID3\3", b"ID3\4")
"""The letters alone may begin a text."""


def media_type_of(head: bytes) -> str | None:
    """The media type; None for what is none of the known kinds, such as text."""
    for mark, place, start, media_type in _SIGNATURES:
        if head.startswith(mark, place) and head.startswith(start):
            return media_type
    return "audio/mpeg" if head.startswith(_TAGGED) else None
