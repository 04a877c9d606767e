"""Pictures out of answers, and the forms in which their size is asked for. All image dialects use
it."""

from __future__ import annotations

import binascii
import re

from fairlead.dialects.body import Body
from fairlead.dialects.classify import classify
from fairlead.dialects.losses import Losses
from fairlead.errors import ApiError, DecodeError
from fairlead.types import media
from fairlead.types.operations import GeneratedImage, ImageRequest
from fairlead.types.targets import Target

_PIXELS = re.compile(r"([1-9]\d{0,4})[x*]([1-9]\d{0,4})")
_RATIO = re.compile(r"[1-9]\d?:[1-9]\d?")
_DATA_URL = re.compile(r"data:(image/[\w.+-]+);base64,")
_STANDARD = str.maketrans("-_", "+/")


def media_type_of(data: bytes | None) -> str | None:
    """The media type, where the first bytes are those of a picture."""
    found = media.media_type_of(data or b"")
    return found if found is not None and found.startswith("image/") else None


def from_base64(
    text: str, media_type: str | None = None, revised_prompt: str | None = None
) -> GeneratedImage:
    """A picture out of base64 or a data URL. Raises `DecodeError`.

    `media_type` is used where neither its bytes nor the URL tell one.
    """
    head = _DATA_URL.match(text)
    if head is not None:
        text, media_type = text[head.end() :], head[1]
    try:
        data = binascii.a2b_base64(text.translate(_STANDARD), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise DecodeError(f"a picture is not valid base64: {error}") from error
    if not data:
        raise DecodeError("a picture is empty")
    return GeneratedImage(data, None, media_type_of(data) or media_type, revised_prompt)


def one_at_a_time(request: ImageRequest, losses: Losses) -> None:
    """Tell that the target draws one picture in each call, where more are asked for."""
    if request.n is not None and request.n != 1:
        losses.unsupported(f"n={request.n}", "leave it out, and ask once for each picture")


def pixels(size: str) -> tuple[int, int] | None:
    """Width and height out of `1024x768`."""
    found = _PIXELS.fullmatch(size)
    return None if found is None else (int(found[1]), int(found[2]))


def ratio(size: str) -> str | None:
    """`size` where it is a shape such as `16:9`."""
    return size if _RATIO.fullmatch(size) else None


def put_size(
    body: Body, size: str | None, losses: Losses, *, by_pixels: bool, by_ratio: bool
) -> None:
    """Write `width` and `height`, or `aspect_ratio`, whichever of them the target takes."""
    if size is None:
        return
    if by_pixels and (found := pixels(size)) is not None:
        body["width"], body["height"] = found
    elif by_ratio and (shape := ratio(size)) is not None:
        body["aspect_ratio"] = shape
    else:
        forms = ("1024x768",) * by_pixels + ("16:9",) * by_ratio
        losses.unsupported(f"size={size!r}", f"give it in a form such as {' or '.join(forms)}")


def refused(reason: str, target: Target) -> ApiError:
    """The error for an answer without a picture because of what it would have shown."""
    return classify(
        f"the picture was withheld: {reason}",
        status=None,
        target=target.label,
        code="content_filter",
    )
