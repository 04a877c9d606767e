"""Images and documents as content blocks: base64, URL or file id."""

from __future__ import annotations

from base64 import b64encode

from fairlead.dialects.sources import check_source, media_type, of_data_url
from fairlead.errors import InvalidRequest
from fairlead.types.messages import File, Image

Block = dict[str, object]

IMAGE_TYPES = ("jpeg", "png", "gif", "webp")
"""Source: platform.claude.com/docs/en/build-with-claude/vision."""


def image_block(image: Image) -> Block:
    """Raises `InvalidRequest` unless it has exactly one source, and its type where it has bytes."""
    check_source(image)
    return {"type": "image", "source": _source(image)}


def document_block(file: File) -> Block | None:
    """The same; None for bytes of a type that the protocol has no document for."""
    check_source(file)
    kind = file.media_type or ""
    if file.data is not None and kind.startswith("image/"):
        return {"type": "image", "source": _source(file)}
    if file.data is not None and (kind.startswith("text/") or kind == "application/json"):
        source = _text_source(file)
    elif file.data is not None and kind != "application/pdf":
        return None
    else:
        source = _source(file)
    block: Block = {"type": "document", "source": source}
    if file.name:
        block["title"] = file.name
    return block


def _source(part: Image | File) -> Block:
    if part.url is not None:
        return _url_source(part.url)
    if part.file_id is not None:
        return {"type": "file", "file_id": part.file_id}
    data = b64encode(part.data or b"").decode("ascii")
    return {"type": "base64", "media_type": media_type(part), "data": data}


def _url_source(url: str) -> Block:
    """The protocol fetches URLs itself and takes no `data:` ones; those become base64."""
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    kind, data = of_data_url(url)
    return {"type": "base64", "media_type": kind, "data": data}


def _text_source(file: File) -> Block:
    try:
        text = (file.data or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"the file {file.name or 'given as data'} is not UTF-8 text; convert it first"
        ) from error
    return {"type": "text", "media_type": "text/plain", "data": text}
