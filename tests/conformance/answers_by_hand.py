"""The same answer as a model behind each chat dialect gives it, written by hand and decoded.

It holds what its protocol can say of: reasoning with a signature, text with a citation, two calls
with ids of its own make. What is sealed in it holds a canary with the dialect's name.
"""

from __future__ import annotations

import json
from typing import Any

from tests.conformance import runs

from fairlead.dialects.registry import dialect_named
from fairlead.ports import Limits
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Quirks, Target
from fairlead.types.tools import Tool

THOUGHT = "Both must be added."
TEXT = "I will look that up. (Müller, p. 3)"
ARGUMENTS = ({"a": 1, "b": 'two "2"'}, {})
NAMES = ("add", "now")
TOOLS = tuple(Tool(name) for name in NAMES)
CITED = "https://source.example/page"
QUIRKS = {"openai_chat": Quirks(reasoning_echo="reasoning_details")}
MODELS = {"gemini": "gemini-3-pro", "anthropic_messages": "claude-sonnet-4-5"}
IDS = {
    "openai_chat": ("call_Ab1", "chatcmpl-tool-0123456789abcdef0123456789abcdef"),
    "openai_responses": ("call_Ab1", "call_" + "9" * 59),
    "anthropic_messages": ("toolu_01A09q90qw90lq917835lq9", "toolu_02"),
    "gemini": ("call:0/add", "call:1/now"),
    "bedrock_converse": ("tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "tooluse_2"),
    "cohere": ("add_8xk2 q1", "now.9"),
    "ollama": ("call_x1", "functions.now:1"),
    "ag_ui": ("3f2c-é", "9" * 80),
}


def canary(dialect: str) -> str:
    return f"CANARY{dialect.replace('_', '').upper()}"


def target(dialect: str, quirks: Quirks | None = None) -> Target:
    chosen = quirks or QUIRKS.get(dialect, Quirks())
    model = MODELS.get(dialect, "m")
    return Target("p", model, "chat", dialect, f"https://p.example/{model}", chosen)


def answer(dialect: str) -> ChatResponse:
    """The answer, decoded."""
    asked = ChatRequest("m", (Message.user("Hi"),), tools=TOOLS)
    decoder = dialect_named(dialect).decoder(asked, target(dialect), Limits())
    said = _ANSWERS[dialect](canary(dialect), *IDS[dialect])
    if isinstance(said, list):
        run = runs.stream(decoder, [f"data: {json.dumps(event)}\n\n".encode() for event in said])
    else:
        run = runs.whole(decoder, json.dumps(said).encode())
    assert run.response is not None, run.failure
    return run.response


def _openai_chat(seal: str, one: str, two: str) -> Any:
    details = [{"type": "reasoning.text", "text": THOUGHT, "signature": seal, "index": 0}]
    functions = zip((one, two), NAMES, ARGUMENTS, strict=True)
    message = {
        "role": "assistant",
        "content": TEXT,
        "reasoning": THOUGHT,
        "reasoning_details": details,
        "annotations": [
            {"type": "url_citation", "url_citation": {"url": CITED, "start_index": 0}, "x": seal}
        ],
        "tool_calls": [
            {"id": i, "type": "function", "function": {"name": n, "arguments": json.dumps(a)}}
            for i, n, a in functions
        ],
    }
    choices = [{"index": 0, "message": message, "finish_reason": "tool_calls"}]
    return {"id": "c1", "model": "m", "choices": choices}


def _openai_responses(seal: str, one: str, two: str) -> Any:
    annotation = {"type": "url_citation", "url": CITED, "title": seal, "start_index": 0}
    content = [{"type": "output_text", "text": TEXT, "annotations": [annotation]}]
    output: list[Any] = [
        {
            "type": "reasoning",
            "id": f"rs_{seal}",
            "summary": [{"type": "summary_text", "text": THOUGHT}],
            "encrypted_content": seal,
        },
        {"type": "message", "id": f"msg_{seal}", "role": "assistant", "content": content},
    ]
    for call_id, name, arguments in zip((one, two), NAMES, ARGUMENTS, strict=True):
        call = {"type": "function_call", "id": f"fc_{seal}", "call_id": call_id, "name": name}
        output.append(call | {"arguments": json.dumps(arguments)})
    return {"id": "r1", "model": "m", "status": "completed", "output": output}


def _anthropic_messages(seal: str, one: str, two: str) -> Any:
    cited = {"type": "web_search_result_location", "url": CITED, "encrypted_index": seal}
    content: list[Any] = [
        {"type": "thinking", "thinking": THOUGHT, "signature": seal},
        {"type": "redacted_thinking", "data": seal},
        {"type": "text", "text": TEXT, "citations": [cited]},
        {"type": "server_tool_use", "id": f"srvtoolu_{seal}", "name": "web_search", "input": {}},
    ]
    for call_id, name, arguments in zip((one, two), NAMES, ARGUMENTS, strict=True):
        content.append({"type": "tool_use", "id": call_id, "name": name, "input": arguments})
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": content,
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def _gemini(seal: str, one: str, two: str) -> Any:
    calls = [
        {"functionCall": {"id": call_id, "name": name, "args": arguments}}
        for call_id, name, arguments in zip((one, two), NAMES, ARGUMENTS, strict=True)
    ]
    parts = [
        {"text": THOUGHT, "thought": True},
        {"text": TEXT, "thoughtSignature": seal},
        calls[0] | {"thoughtSignature": seal},
        calls[1],
    ]
    candidate = {
        "content": {"role": "model", "parts": parts},
        "finishReason": "STOP",
        "citationMetadata": {"citationSources": [{"uri": CITED, "startIndex": 0, "endIndex": 6}]},
    }
    return {"candidates": [candidate], "modelVersion": "m", "responseId": "r1"}


def _bedrock_converse(seal: str, one: str, two: str) -> Any:
    where = {"web": {"url": CITED, "domain": seal}}
    cited = {"content": [{"text": TEXT}], "citations": [{"title": "t", "location": where}]}
    content: list[Any] = [
        {"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": seal}}},
        {"citationsContent": cited},
    ]
    for call_id, name, arguments in zip((one, two), NAMES, ARGUMENTS, strict=True):
        content.append({"toolUse": {"toolUseId": call_id, "name": name, "input": arguments}})
    message = {"role": "assistant", "content": content}
    return {"output": {"message": message}, "stopReason": "tool_use"}


def _cohere(seal: str, one: str, two: str) -> Any:
    source = {"type": "document", "id": seal, "document": {"url": CITED, "title": "t"}}
    calls = [
        {"id": i, "type": "function", "function": {"name": n, "arguments": json.dumps(a)}}
        for i, n, a in zip((one, two), NAMES, ARGUMENTS, strict=True)
    ]
    message = {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": TEXT}],
        "citations": [{"start": 0, "end": 6, "text": TEXT[:6], "sources": [source]}],
        "tool_calls": calls,
    }
    return {"id": "r1", "finish_reason": "TOOL_CALL", "message": message}


def _ollama(_seal: str, one: str, two: str) -> Any:
    calls = [
        {"id": i, "function": {"name": n, "arguments": a}}
        for i, n, a in zip((one, two), NAMES, ARGUMENTS, strict=True)
    ]
    message = {"role": "assistant", "content": TEXT, "thinking": THOUGHT, "tool_calls": calls}
    return {"model": "m", "message": message, "done": True, "done_reason": "stop"}


def _ag_ui(seal: str, one: str, two: str) -> Any:
    thought, said = f"r-{seal}", f"m-{seal}"
    events: list[Any] = [
        {"type": "RUN_STARTED", "threadId": f"t-{seal}", "runId": f"r-{seal}"},
        {"type": "STATE_SNAPSHOT", "snapshot": {"seal": seal}},
        {"type": "REASONING_MESSAGE_START", "messageId": thought, "role": "reasoning"},
        {"type": "REASONING_MESSAGE_CONTENT", "messageId": thought, "delta": THOUGHT},
        {"type": "REASONING_MESSAGE_END", "messageId": thought},
        {"type": "TEXT_MESSAGE_START", "messageId": said, "role": "assistant"},
        {"type": "TEXT_MESSAGE_CONTENT", "messageId": said, "delta": TEXT},
        {"type": "TEXT_MESSAGE_END", "messageId": said},
    ]
    for call_id, name, arguments in zip((one, two), NAMES, ARGUMENTS, strict=True):
        start = {"toolCallId": call_id, "toolCallName": name, "parentMessageId": said}
        events += [
            {"type": "TOOL_CALL_START", **start},
            {"type": "TOOL_CALL_ARGS", "toolCallId": call_id, "delta": json.dumps(arguments)},
            {"type": "TOOL_CALL_END", "toolCallId": call_id},
        ]
    return [*events, {"type": "RUN_FINISHED", "threadId": f"t-{seal}", "runId": f"r-{seal}"}]


_ANSWERS = {
    "openai_chat": _openai_chat,
    "openai_responses": _openai_responses,
    "anthropic_messages": _anthropic_messages,
    "gemini": _gemini,
    "bedrock_converse": _bedrock_converse,
    "cohere": _cohere,
    "ollama": _ollama,
    "ag_ui": _ag_ui,
}
