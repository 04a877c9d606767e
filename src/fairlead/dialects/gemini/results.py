"""What a function answered, as the object that the protocol wants.

A JSON object is sent as it is; other text under `output`, the key that the models know.
Source: the reference of `FunctionResponse`.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects.gemini import wire
from fairlead.types.messages import Text, ToolResult

Block = dict[str, object]


def response(result: ToolResult) -> object:
    content = result.content
    if isinstance(content, str):
        return _error(content) if result.is_error else _object(content) or {"output": content}
    text = "\n".join(item.text for item in content if isinstance(item, Text))
    if result.is_error:
        return _error(text)
    return (_object(text) or {"output": text}) if text else {}


def _error(text: str) -> Block:
    return {"error": _object(text) or text}


def _object(text: str) -> Raw | None:
    """The text as it is, where it is a JSON object."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        wire.RAW_FIELDS.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return Raw(text.encode())
