"""Content that is kept whole: what a tool of the provider's answered, images, the unknown.

In a stream they begin with some fields, and deltas bring the rest.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable

import msgspec
from msgspec import Raw

from fairlead.dialects import jsontext, rawjson
from fairlead.dialects.bedrock_converse import wire
from fairlead.errors import DecodeError
from fairlead.types.messages import Image, Opaque, Part, ProviderState, Text, ToolResult

OWN = ProviderState(wire.NAME, "{}")
"""Marks a part that a model behind this dialect made, and that is written anew from its fields."""


def part(kind: str, fields: dict[str, object]) -> Part:
    """The part that the block is; an `Opaque` one where there is no other."""
    raw = Raw(msgspec.json.encode(fields))
    state = ProviderState(wire.NAME, wire.block_text(kind, fields))
    if kind == "toolResult" and (result := rawjson.optional(raw, wire.TOOL_RESULT)) is not None:
        return _result(result, raw, state)
    if kind == "image" and (found := rawjson.optional(raw, wire.IMAGE)) is not None:
        image = _image(found)
        if image is not None:
            return image
    return Opaque(kind, state)


def combined(start: Raw, deltas: Iterable[Raw]) -> dict[str, object]:
    """The block's fields, deltas included: texts and lists grow, other fields are replaced.

    A delta that is a list brings more of the block's `content`.
    """
    fields = _object(start)
    for raw in deltas:
        value = jsontext.untyped(bytes(raw)) if rawjson.present(raw) else {}
        change = {"content": value} if isinstance(value, list) else value
        if isinstance(change, dict):
            _grow(fields, change)
    if isinstance(content := fields.get("content"), list):
        fields["content"] = _joined(content)
    return fields


def blob(text: str) -> bytes:
    """Bytes out of base64. Raises `DecodeError`."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DecodeError("a block holds bytes that are not base64", text[:300]) from None


def _object(raw: Raw) -> dict[str, object]:
    value = jsontext.untyped(bytes(raw)) if rawjson.present(raw) else {}
    return value if isinstance(value, dict) else {}


def _grow(fields: dict[str, object], change: dict[str, object]) -> None:
    for name, value in change.items():
        before = fields.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            _grow(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            before.extend(value)
        elif isinstance(before, str) and isinstance(value, str):
            # Base64 may end in padding, so two pieces of it are no base64 together.
            whole = blob(before) + blob(value) if name == "bytes" else None
            fields[name] = before + value if whole is None else b64encode(whole).decode()
        else:
            fields[name] = value


def _joined(content: list[object]) -> list[object]:
    """Texts that follow each other are one: a stream cuts them anywhere."""
    found: list[object] = []
    texts: list[str] = []
    for item in [*content, None]:
        if isinstance(item, dict) and len(item) == 1 and isinstance(item.get("text"), str):
            texts.append(item["text"])
            continue
        if texts:
            found.append({"text": "".join(texts)})
            texts = []
        if item is not None:
            found.append(item)
    return found


def _result(result: wire.ToolResult, raw: Raw, state: ProviderState) -> ToolResult:
    """Text becomes text; any other content is given as its JSON text."""
    content = result.content or []
    texts = [rawjson.optional(item.get("text", wire.NOTHING), wire.STRING) for item in content]
    plain = tuple(Text(text) for text in texts if text is not None)
    whole = wire.RAW_FIELDS.decode(raw).get("content", Raw(b"[]"))
    return ToolResult(
        result.tool_use_id or "",
        plain if len(plain) == len(content) else rawjson.text_of(whole),
        is_error=result.status == "error",
        by_provider=True,
        provider_state=state,
    )


def _image(found: wire.Image) -> Image | None:
    source = found.source or wire.Blob()
    if source.bytes is not None:
        media_type = f"image/{found.format or 'png'}"
        return Image(data=blob(source.bytes), media_type=media_type, provider_state=OWN)
    if source.s3_location is not None and source.s3_location.uri:
        return Image(url=source.s3_location.uri, provider_state=OWN)
    return None
