"""Images, sound and documents as parts: by their bytes, or by a URL that the provider fetches."""

from __future__ import annotations

from base64 import b64encode

from fairlead.dialects.gemini.resource import base
from fairlead.dialects.sources import check_sound, check_source, media_type, of_data_url
from fairlead.types.messages import Audio, File, Image
from fairlead.types.targets import Target

Block = dict[str, object]

IMAGE_TYPES = ("png", "jpeg", "webp", "heic", "heif")
"""Source: ai.google.dev/gemini-api/docs/image-understanding."""

_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}
"""Media types by the ending of a URL; the provider wants to know before it fetches."""


def media(part: Image | Audio | File, target: Target) -> Block:
    """Raises `InvalidRequest` unless it has one source, and its type where that is bytes."""
    if isinstance(part, Audio):
        check_sound(part)
        return _inline(part.media_type, part.data)
    check_source(part)
    if part.data is not None:
        return _inline(media_type(part), part.data)
    if part.file_id is not None:
        return _file(_address(part.file_id, target), part.media_type)
    url = part.url or ""
    return _data_url(url) if url.startswith("data:") else _file(url, part.media_type)


def _inline(kind: str, data: bytes) -> Block:
    text = b64encode(data).decode("ascii")
    return {"inlineData": {"mimeType": kind, "data": text}}


def _file(uri: str, kind: str | None) -> Block:
    path = uri.partition("?")[0].partition("#")[0]
    kind = kind or _TYPES.get(path.rpartition("/")[2].rpartition(".")[2].lower())
    return {"fileData": ({"mimeType": kind} if kind else {}) | {"fileUri": uri}}


def _address(file_id: str, target: Target) -> str:
    """Uploaded files are named `files/abc`, and known by their whole address."""
    if "://" in file_id:
        return file_id
    return f"{base(target)}/files/{file_id.removeprefix('files/')}"


def _data_url(url: str) -> Block:
    kind, data = of_data_url(url)
    return {"inlineData": {"mimeType": kind, "data": data}}
