"""The answer of an agent that does not stream: its messages, all told at once.

Only what follows the caller's last message is new.
"""

from __future__ import annotations

from fairlead.dialects import rawjson
from fairlead.dialects.ag_ui import wire
from fairlead.dialects.ag_ui.run import Run

_ASKED = ("user", "system", "developer")


def replay(messages: list[wire.Message], known: set[str], run: Run) -> None:
    """Tell `run` of the agent's messages behind the last question, but for those `known`."""
    thought = run.thought_aloud
    asked = [n for n, message in enumerate(messages) if message.role in _ASKED]
    for message in messages[asked[-1] + 1 if asked else 0 :]:
        if message.id in known:
            continue
        content = rawjson.optional(message.content, rawjson.STRING) or ""
        if message.role == "assistant":
            run.text(message.id, content)
            run.text_end(message.id)
            for call in message.tool_calls or ():
                _call(call, message.id, run)
        elif message.role == "reasoning" and not thought:
            run.thought(message.id, content)
            run.thought_end(message.id)
        elif message.role == "tool":
            run.calls.result(message.tool_call_id, message.id, message.content)


def _call(call: wire.Call, parent: str | None, run: Run) -> None:
    function = call.function or wire.Function()
    run.calls.start(call.id, function.name, parent)
    run.calls.arguments(call.id, function.arguments or "")
    run.calls.end(call.id)
