"""Where an image or a document comes from: the one source that it has, and bytes as a URL."""

from __future__ import annotations

from base64 import b64encode

from fairlead.errors import InvalidRequest
from fairlead.types.messages import File, Image


def check_source(part: Image | File) -> None:
    """Raises `InvalidRequest` unless there is one source, with its type where it is bytes."""
    what = "an image" if isinstance(part, Image) else "a file"
    given = [value for value in (part.url, part.data, part.file_id) if value is not None]
    if len(given) != 1:
        raise InvalidRequest(f"{what} needs exactly one of url, data and file_id")
    if part.data is not None and not part.media_type:
        raise InvalidRequest(
            f"{what} given as data needs its media_type, such as image/png or application/pdf"
        )


def data_url(part: Image | File) -> str:
    """The bytes of a part that has passed `check_source`, as a URL."""
    return f"data:{part.media_type};base64,{b64encode(part.data or b'').decode('ascii')}"
