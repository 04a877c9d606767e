"""What an image, a sound or a document is and where it comes from; its bytes as a URL."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection

from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.media import HEAD, media_type_of
from fairlead.types.messages import Audio, File, Image

_DATA = "data:"
_NAMES = {
    "png": "PNG",
    "jpeg": "JPEG",
    "gif": "GIF",
    "webp": "WebP",
    "heic": "HEIC",
    "heif": "HEIF",
}
_ALIASES = {"image/jpg": "image/jpeg"}
"""Types that people write and providers refuse."""


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


def check_sound(part: Audio) -> None:
    """Raises `InvalidRequest` where there is none, or where the first bytes are of something else.

    A video has its sound; and what begins like nothing known may be sound all the same.
    """
    if not part.data:
        raise InvalidRequest("an Audio part is empty")
    found = media_type_of(part.data[:HEAD])
    if found is not None and not found.startswith(("audio/", "video/")):
        raise InvalidRequest(
            f"an Audio part of type {part.media_type} holds {found}; pass it as what it is"
        )


def takes_image(part: Image | File, losses: Losses, usual: Collection[str] = ()) -> bool:
    """Whether the target reads images of this part's type; tells of it where it does not.

    `usual` are the subtypes that the dialect's own provider reads, where the quirks name none.
    What nobody tells of, such as the image behind a URL, is for the provider to judge.
    """
    taken = losses.target.quirks.image_types or usual
    for kind in _kinds(part) if taken else ():
        if kind.removeprefix("image/") not in taken:
            *most, last = (_NAMES.get(name, name.upper()) for name in taken)
            hint = f"convert it to {', '.join(most)} or {last}"
            losses.unsupported(f"images of type {kind}", hint)
            return False
    return True


def media_type(part: Image | File) -> str:
    """The type that the caller told, in the word that providers know."""
    given = (part.media_type or "").partition(";")[0].strip().lower()
    return _ALIASES.get(given, part.media_type or "")


def data_url(part: Image | File) -> str:
    """The bytes of a part that has passed `check_source`, as a URL."""
    return f"{_DATA}{media_type(part)};base64,{b64encode(part.data or b'').decode('ascii')}"


def of_data_url(url: str) -> tuple[str, str]:
    """The media type and the base64 text of a `data:` URL. Raises `InvalidRequest`."""
    head, comma, data = url.removeprefix(_DATA).partition(",")
    given, *parameters = head.split(";")
    if not comma or not given or "base64" not in parameters:
        raise InvalidRequest("a data: URL must be of the form data:<media type>;base64,<data>")
    return _ALIASES.get(given.lower(), given), data


def _kinds(part: Image | File) -> list[str]:
    """What the caller calls an image, and what its first bytes are."""
    told, head = media_type(part), (part.data or b"")[:HEAD]
    if part.url is not None and part.url.startswith(_DATA):
        told, text = of_data_url(part.url)
        head = _bytes(text[: HEAD * 2])
    return [kind for kind in (told.lower(), media_type_of(head) or "") if kind.startswith("image/")]


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text[: len(text) // 4 * 4])
    except ValueError:
        return b""
