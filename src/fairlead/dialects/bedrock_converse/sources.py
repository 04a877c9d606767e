"""Images, documents, videos and sounds as content blocks: base64, or an address in a bucket."""

from __future__ import annotations

import re
from base64 import b64encode

from fairlead.dialects.sources import check_sound, check_source, of_data_url
from fairlead.types.messages import Audio, File, Image

Block = dict[str, object]

_DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/markdown": "md",
    "application/json": "txt",
}
_FORMATS: dict[str, dict[str, str]] = {
    "image": {"jpg": "jpeg"},
    "video": {"quicktime": "mov", "x-matroska": "mkv", "x-flv": "flv", "x-ms-wmv": "wmv",
              "3gpp": "three_gp", "3gp": "three_gp"},
    "audio": {"x-wav": "wav", "wave": "wav", "x-m4a": "m4a", "x-flac": "flac",
              "x-matroska": "mka"},
}  # fmt: skip
"""Formats that are not called like the subtype of their media type."""

_TAKEN: dict[str, frozenset[str]] = {
    "image": frozenset(["png", "jpeg", "gif", "webp"]),
    "video": frozenset(["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"]),
    "audio": frozenset(
        [
            "mp3",
            "opus",
            "wav",
            "aac",
            "flac",
            "mp4",
            "ogg",
            "mkv",
            "mka",
            "x-aac",
            "m4a",
            "mpeg",
            "mpga",
            "pcm",
            "webm",
        ]
    ),
    "document": frozenset(["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"]),
}
_NAME = re.compile(r"[^A-Za-z0-9\s\-()\[\]]+")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,8})$")
_BUCKET = "s3://"
LONGEST_NAME = 200


def media_block(part: Image | File | Audio) -> tuple[str, Block] | str:
    """The kind of the block and its fields; or what the protocol lacks, in words.

    Raises `InvalidRequest` unless it has exactly one source, and its type where it has bytes.
    """
    if isinstance(part, Audio):
        check_sound(part)
        return _block("audio", part.media_type, "", _bytes(part.data))
    check_source(part)
    if part.file_id is not None:
        return "files by id"
    media_type, source = part.media_type or "", _bytes(part.data or b"")
    if part.url is not None:
        if part.url.startswith("data:"):
            media_type, source = _of_data_url(part.url)
        elif part.url.startswith(_BUCKET):
            source = {"s3Location": {"uri": part.url}}
        else:
            return "files and images by URL, other than s3:// and data:"
    usual = "image" if isinstance(part, Image) else "document"
    kind = media_type.partition("/")[0]
    return _block(kind if kind in _FORMATS else usual, media_type, part.url or _name(part), source)


def document_name(given: str | None, taken: set[str]) -> str:
    """A name of the few characters that are allowed, and that no other document has."""
    plain = _EXTENSION.sub("", given or "")
    name = " ".join(_NAME.sub("-", plain).split()).strip("-")[: LONGEST_NAME - 8] or "document"
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    taken.add(found)
    return found


def _block(kind: str, media_type: str, name: str, source: Block) -> tuple[str, Block] | str:
    form = _format(kind, media_type.partition(";")[0].strip().lower(), name)
    if form not in _TAKEN[kind]:
        return f"{kind}s of type {media_type or form or 'unknown'}"
    return kind, {"format": form, "source": source}


def _format(kind: str, media_type: str, name: str) -> str:
    """By the media type, else by the extension of the name."""
    subtype = media_type.partition("/")[2]
    if not subtype:
        extension = _EXTENSION.search(name)
        subtype = extension[1].lower() if extension else ""
    elif kind == "document":
        text = "txt" if media_type.startswith("text/") else ""
        return _DOCUMENTS.get(media_type, text)
    return _FORMATS.get(kind, {}).get(subtype, subtype)


def _name(part: Image | File) -> str:
    return (part.name or "") if isinstance(part, File) else ""


def _bytes(data: bytes) -> Block:
    return {"bytes": b64encode(data).decode("ascii")}


def _of_data_url(url: str) -> tuple[str, Block]:
    media_type, data = of_data_url(url)
    return media_type, {"bytes": data}
