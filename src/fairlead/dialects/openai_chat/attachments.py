"""Text, pictures, sound and documents as the parts of a Chat Completions message."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from fairlead.dialects.losses import Losses
from fairlead.dialects.openai_chat.state import own
from fairlead.dialects.sources import check_sound, check_source, data_url, takes_image
from fairlead.errors import InvalidRequest
from fairlead.types.messages import Audio, File, Image, Opaque, Part, Text

_AUDIO_FORMATS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
}


def text_parts(texts: Sequence[Text]) -> object:
    """One text as a string, which every clone takes; several as parts."""
    if len(texts) == 1:
        return texts[0].text
    return [{"type": "text", "text": part.text} for part in texts]


def attachment(part: Part, place: str, losses: Losses) -> dict[str, object] | None:
    """A part of a user message; None where it is left out."""
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Image):
        return None if losses.lacks("image") else _image(part, place, losses)
    if isinstance(part, Audio):
        return None if losses.lacks("audio") else _audio(part)
    if isinstance(part, File):
        return None if losses.lacks("file") else _file(part, place, losses)
    if isinstance(part, Opaque):
        losses.leave_out(f"{place}: {part.kind} of {part.provider_state.dialect}")
        return None
    raise InvalidRequest(f"{place}: a user message cannot hold {type(part).__name__}")


def picture(part: Image, place: str, losses: Losses) -> dict[str, object] | None:
    """A picture in an assistant message: only one that this dialect's model made goes back."""
    kept = own(part.provider_state)
    if kept is None:
        losses.cannot_answer(
            part, "image in an assistant message", f"send it in a user message ({place})"
        )
    return kept


def _image(part: Image, place: str, losses: Losses) -> dict[str, object] | None:
    check_source(part)
    url = part.url if part.data is None else data_url(part)
    if url is None:
        losses.unsupported("images by file id", f"send the image's bytes or URL ({place})")
        return None
    if not takes_image(part, losses):
        return None
    inner: dict[str, object] = {"url": url}
    if part.detail is not None:
        inner["detail"] = part.detail
    return {"type": "image_url", "image_url": inner}


def _audio(part: Audio) -> dict[str, object]:
    check_sound(part)
    kind = part.media_type.partition(";")[0].lower()
    form = _AUDIO_FORMATS.get(kind) or kind.rpartition("/")[2]
    data = base64.b64encode(part.data).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": form}}


def _file(part: File, place: str, losses: Losses) -> dict[str, object] | None:
    check_source(part)
    inner: dict[str, object] = {}
    if part.name is not None:
        inner["filename"] = part.name
    if part.file_id is not None:
        inner["file_id"] = part.file_id
    elif part.data is not None:
        inner["file_data"] = data_url(part)
    else:
        losses.unsupported("files by URL", f"send the file's bytes ({place})")
        return None
    return {"type": "file", "file": inner}
