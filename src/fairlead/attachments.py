"""Files and web addresses as message parts, told apart by what is in them, not by their names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from fairlead.errors import InvalidRequest
from fairlead.types.media import media_type_of
from fairlead.types.messages import Audio, File, Image, Text
from fairlead.types.paths import path_of

_IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})


def attach(source: str | Path) -> Text | Image | Audio | File:
    """The file or web address `source` as a part of a message.

    Text files (UTF-8) become text under a line with their name; images, sound and PDF keep their
    bytes. An address is not fetched: the provider does that. Raises `InvalidRequest` for a file
    that cannot be read, or is neither text nor of a known kind.
    """
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        return _linked(source)
    path = path_of(source)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidRequest(f"the attachment {path} cannot be read: {reason}") from error
    return part_of(data, path.name)


def part_of(data: bytes, name: str) -> Text | Image | Audio | File:
    """Bytes that came from somewhere called `name`, as a part. Raises `InvalidRequest`."""
    media_type = media_type_of(data)
    if media_type is None or media_type.startswith("video/"):
        return Text(f"{name}:\n{text_of(data, name)}")
    if media_type.startswith("image/"):
        return Image(data=data, media_type=media_type)
    if media_type.startswith("audio/"):
        return Audio(data, media_type)
    return File(data=data, media_type=media_type, name=name)


def text_of(data: bytes, name: str) -> str:
    """`data` as text. Raises `InvalidRequest` where it is not UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"{name} is neither UTF-8 text nor an image, sound or PDF file "
            f"(byte {error.start}); convert it first"
        ) from error
    if "\0" in text:
        raise InvalidRequest(f"{name} is a binary file of an unknown kind; convert it first")
    return text


def _linked(url: str) -> Image | File:
    name = PurePosixPath(urlsplit(url).path)
    if name.suffix.lower() in _IMAGE_SUFFIXES:
        return Image(url=url)
    return File(url=url, name=name.name or None)
