"""What a tool that the provider ran itself has answered (web search, code execution, MCP)."""

from __future__ import annotations

from msgspec import Raw

from fairlead.dialects import rawjson
from fairlead.dialects.anthropic_messages import wire
from fairlead.types.messages import ProviderState, Text, ToolResult


def provider_result(block: wire.Block, raw: Raw) -> ToolResult:
    """Text blocks become text; any other content is given as its JSON text."""
    return ToolResult(
        block.tool_use_id or "",
        _content(block.content),
        is_error=bool(block.is_error) or _is_error(block.content),
        by_provider=True,
        provider_state=ProviderState(wire.NAME, rawjson.text_of(raw)),
    )


def _content(raw: Raw) -> str | tuple[Text, ...]:
    text = rawjson.optional(raw, wire.STRING)
    if text is not None:
        return text
    blocks = [
        rawjson.optional(item, wire.BLOCK) for item in rawjson.optional(raw, wire.RAW_LIST) or ()
    ]
    texts = [Text(b.text) for b in blocks if b is not None and b.type == "text" and b.text]
    if texts and len(texts) == len(blocks):
        return tuple(texts)
    return rawjson.text_of(raw)


def _is_error(raw: Raw) -> bool:
    """Errors are objects such as `{"type": "web_search_tool_result_error", "error_code": ...}`."""
    block = rawjson.optional(raw, wire.BLOCK)
    return block is not None and (block.type or "").endswith("_error")
