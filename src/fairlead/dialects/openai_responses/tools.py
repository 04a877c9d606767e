"""Calls among the output items: whose they are, their names, arguments and outcomes.

Tools that only the caller of this protocol can run (computer, local shell, patches) have no
neutral form and stay opaque; so do the bookkeeping items of tool search and MCP.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from fairlead.dialects.openai_responses import wire
from fairlead.dialects.openai_responses.reading import present, text_of

CALLERS = frozenset({"function_call", "custom_tool_call"})
"""Items that the caller must answer."""

_NAMES = {
    "web_search_call": "web_search",
    "x_search_call": "x_search",
    "file_search_call": "file_search",
    "code_interpreter_call": "code_interpreter",
}
_NAMED = CALLERS | {"mcp_call"}


def known_name(item: wire.Item) -> str:
    """The tool's name; empty for an item that is no call that we can tell of."""
    if item.type in _NAMED:
        return item.name or ""
    if item.type == "shell_call" and b'"container' in bytes(item.environment):
        return "shell"
    fixed = _NAMES.get(item.type)
    return (item.name or fixed) if fixed else ""


def call_id(item: wire.Item, index: int) -> str:
    """What the result must name: `call_id`, never `id`, where the caller answers."""
    if item.type in CALLERS:
        return item.call_id or item.id or f"call_{index}"
    return item.id or item.call_id or f"call_{index}"


def arguments_of(item: wire.Item) -> str:
    """The arguments as JSON text; empty where there are none."""
    if present(item.arguments):
        return text_of(item.arguments)
    if item.type == "custom_tool_call":
        return _wrapped("input", item.input)
    if item.type == "code_interpreter_call":
        return _wrapped("code", item.code)
    if item.type == "file_search_call":
        return _field("queries", item.queries)
    if present(item.action) and not bytes(item.action).startswith(b"{"):
        return _field("action", item.action)
    return text_of(item.action)


def outcome_of(item: wire.Item) -> tuple[str, bool] | None:
    """What a tool that the provider ran gave, and whether that is an error."""
    if item.type == "mcp_call" and present(item.error):
        return text_of(item.error), True
    fields = {
        "mcp_call": item.output,
        "file_search_call": item.results,
        "code_interpreter_call": item.outputs,
    }
    raw = fields.get(item.type, wire.ABSENT)
    return (text_of(raw), False) if present(raw) else None


def opening(field: str, text: str) -> str:
    """The head of a JSON object whose one field holds text of which more may come."""
    return f'{{"{field}":"{escaped(text)}'


def escaped(text: str) -> str:
    """`text` as the inside of a JSON string."""
    return msgspec.json.encode(text)[1:-1].decode()


def _wrapped(field: str, text: Raw) -> str:
    return opening(field, text_of(text)) + '"}' if present(text) else ""


def _field(field: str, value: Raw) -> str:
    data = bytes(value).decode("utf-8", "replace")
    return f'{{"{field}":{data}}}' if present(value) else ""
