"""The pieces of a user's message and of a tool's output: texts, images and files."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.dialects.losses import Losses
from fairlead.dialects.sources import check_source, data_url, takes_image
from fairlead.types.messages import File, Image, Part, Text, ToolResult
from fairlead.types.targets import Quirks


def written(parts: Sequence[Part], losses: Losses) -> list[dict[str, object]]:
    """The parts as `input_text`, `input_image` and `input_file`."""
    found: list[dict[str, object]] = []
    for part in parts:
        if isinstance(part, Text):
            found.append({"type": "input_text", "text": part.text})
        elif isinstance(part, Image):
            if not losses.lacks("image") and takes_image(part, losses):
                found.append(_image(part))
        elif isinstance(part, File):
            if not losses.lacks("file"):
                found.append(_file(part))
        else:
            losses.unsupported(f"{type(part).__name__.lower()} input")
    return found


def outcome(result: ToolResult, quirks: Quirks, losses: Losses) -> str | list[dict[str, object]]:
    """What a tool answered, as text where the target takes no more."""
    if isinstance(result.content, str):
        return result.content
    if quirks.tool_content == "parts":
        return written(result.content, losses)
    texts = [part.text for part in result.content if isinstance(part, Text)]
    if len(texts) != len(result.content):
        losses.unsupported("images and files in tool results", "give text")
    return "".join(texts)


def _image(image: Image) -> dict[str, object]:
    check_source(image)
    piece: dict[str, object] = {"type": "input_image", "detail": image.detail or "auto"}
    if image.url is not None:
        piece["image_url"] = image.url
    elif image.data is not None:
        piece["image_url"] = data_url(image)
    else:
        piece["file_id"] = image.file_id
    return piece


def _file(file: File) -> dict[str, object]:
    check_source(file)
    piece: dict[str, object] = {"type": "input_file"}
    if file.url is not None:
        piece["file_url"] = file.url
    elif file.file_id is not None:
        piece["file_id"] = file.file_id
    else:
        # A name is required beside data, and its ending is looked at.
        ending = (file.media_type or "").rpartition("/")[2]
        piece["filename"] = file.name or f"document.{'txt' if ending == 'plain' else ending}"
        piece["file_data"] = data_url(file)
    return piece
