"""A call of a tool and its result, as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fairlead.cli.printable import escaped_json, printable
from fairlead.cli.report import to_json
from fairlead.types.messages import Text

if TYPE_CHECKING:
    from fairlead.types.messages import ToolCall, ToolResult


def call_text(call: ToolCall) -> str:
    """`name(argument=value, ...)` on one line, with nothing left out and nothing hidden."""
    try:
        arguments = msgspec.json.decode(call.arguments or "{}")
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        arguments = None
    if not isinstance(arguments, dict):
        return f"{escaped(call.name)}({escaped(call.arguments)})"
    pairs = [f"{escaped(name)}={to_json(value)}" for name, value in arguments.items()]
    return f"{escaped(call.name)}({', '.join(pairs)})"


def result_text(result: ToolResult) -> str:
    """What the model is told, indented; a part that is no text is named."""
    if isinstance(result.content, str):
        text = result.content
    else:
        text = "\n".join(
            part.text if isinstance(part, Text) else f"[{type(part).__name__.lower()}]"
            for part in result.content
        )
    return "".join(f"  {line}\n" for line in printable(text).splitlines() or [""])


def escaped(text: str) -> str:
    """Text of a model on one line: what a terminal would act on is written out."""
    plain = text.encode("utf-8", "replace").decode()
    return escaped_json(plain.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t"))
