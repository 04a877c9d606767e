"""Parts of a question, or of a tool's result: text, and media by their source."""

from __future__ import annotations

from base64 import b64encode

from fairlead.dialects.body import Body
from fairlead.dialects.losses import Losses
from fairlead.dialects.placing import misplaced
from fairlead.dialects.sources import check_sound, check_source, media_type
from fairlead.types.messages import Audio, Citation, File, Image, Part, Text

_KINDS = ("image", "audio", "video")


def part_of(part: Part, role: str, losses: Losses) -> Body | None:
    """None where it is left out. Raises `InvalidRequest` where it cannot stand there."""
    if isinstance(part, Text):
        return {"type": "text", "text": part.text} if part.text else None
    if isinstance(part, Citation):
        losses.leave_out("citation without text")
        return None
    if role == "system" or not isinstance(part, Image | Audio | File):
        raise misplaced(part, role)
    if isinstance(part, Audio):
        return None if losses.lacks("audio") else _audio(part)
    check_source(part)
    if losses.lacks("image" if isinstance(part, Image) else "file"):
        return None
    if isinstance(part, Image):
        if part.detail in ("low", "high"):
            losses.unsupported("image detail")
        return {"type": "image", "source": _source(part)}
    return _file(part)


def plain(parts: list[Body]) -> object:
    """A single text is written as a string."""
    if len(parts) == 1 and parts[0]["type"] == "text":
        return parts[0]["text"]
    return parts


def _audio(part: Audio) -> Body:
    check_sound(part)
    return {"type": "audio", "source": _data(part.data, part.media_type)}


def _file(part: File) -> Body:
    kind = (part.media_type or "").partition("/")[0]
    written: Body = {"type": kind if kind in _KINDS else "document", "source": _source(part)}
    if part.name:
        written["metadata"] = {"filename": part.name}
    return written


def _source(part: Image | File) -> Body:
    if part.data is not None:
        return _data(part.data, media_type(part))
    source: Body = {"type": "url" if part.url is not None else "file"}
    source["value"] = part.url if part.url is not None else part.file_id
    if part.media_type:
        source["mimeType"] = part.media_type
    return source


def _data(data: bytes, kind: str) -> Body:
    return {"type": "data", "value": b64encode(data).decode("ascii"), "mimeType": kind}
