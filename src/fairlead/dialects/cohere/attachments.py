"""Images of a question, and files: the protocol takes their text alone, as documents."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.dialects.body import Body
from fairlead.dialects.losses import Losses
from fairlead.dialects.sources import check_source, data_url, takes_image
from fairlead.types.messages import Document, File, Image

IMAGE_TYPES = ("png", "jpeg", "webp", "gif")
"""Source: docs.cohere.com/docs/image-inputs."""


def image_part(image: Image, losses: Losses) -> Body | None:
    """Raises `InvalidRequest` unless it has exactly one source, and its type where it has bytes."""
    check_source(image)
    url = image.url if image.data is None else data_url(image)
    if url is None:
        losses.unsupported("images by file id", "send the image's bytes or URL")
        return None
    if not takes_image(image, losses, IMAGE_TYPES):
        return None
    inner: Body = {"url": url}
    if image.detail is not None:
        inner["detail"] = image.detail
    return {"type": "image_url", "image_url": inner}


def refuse_file(file: File, hint: str, losses: Losses) -> None:
    """A file where the protocol takes none."""
    check_source(file)
    if not losses.lacks("file"):
        losses.unsupported(f"files of type {file.media_type or 'unknown'}", hint)


def result_document(file: File, losses: Losses) -> Body | None:
    """A text file in a tool's result, as a document that the answer can cite."""
    check_source(file)
    kind = file.media_type or ""
    if file.data is None or not (kind.startswith("text/") or kind == "application/json"):
        refuse_file(file, "send its text", losses)
        return None
    data: Body = {"text": file.data.decode("utf-8", "replace")}
    document: Body = {"data": data}
    if file.name:
        data["title"] = document["id"] = file.name
    return {"type": "document", "document": document}


def documents(given: Sequence[Document]) -> list[Body]:
    """What the answer shall rest on. Citations name each by its id."""
    return [_document(document) for document in given]


def _document(document: Document) -> Body:
    data: Body = {"text": document.text}
    if document.title is not None:
        data["title"] = document.title
    if document.url is not None:
        data["url"] = document.url
    return {"id": document.id, "data": data} if document.id else {"data": data}
