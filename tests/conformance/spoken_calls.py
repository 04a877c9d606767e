"""An answer that calls tools as each provider streams it, in all ways in which they are known to.

Written from the protocols alone. `random` chooses the way: how the arguments are cut, whether calls
are mixed, which ids, indexes and reasons are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

from tests import frames

SEAL = "c2VhbGVk"
"""What Gemini and Anthropic sign an answer with, and want back."""


class Call(NamedTuple):
    id: str
    name: str
    arguments: dict[str, Any]

    @property
    def text(self) -> str:
        return json.dumps(self.arguments)


def body(dialect: str, calls: list[Call], words: str, random: Random, *, number: int) -> bytes:
    """A whole stream, the `number`th: `words`, then the calls; without calls, an answer."""
    more = {"number": number} if dialect in ("ollama", "ag_ui") else {}
    return _WRITERS[dialect](calls, words, random, **more)


def pieces(data: bytes, random: Random) -> Iterator[bytes]:
    """The same bytes in any split."""
    start = 0
    while start < len(data):
        size = random.choice((1, 2, 7, 60, 400, 5000))
        yield data[start : start + size]
        start += size


def _fragments(text: str, random: Random) -> list[str]:
    """At least one; some are empty."""
    cuts = sorted(random.choices(range(len(text) + 1), k=random.randrange(6)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def _mixed(queues: list[list[Any]], random: Random) -> Iterator[Any]:
    """All that the queues hold, each in its order; queues begin in theirs."""
    begun = 0
    while any(queues):
        ready = [queue for queue in queues[:begun] if queue]
        if begun < len(queues) and (not ready or random.random() < 0.4):
            ready = [queues[begun]]
            begun += 1
        yield random.choice(ready).pop(0)


def _sse(events: list[Any], *, named: bool = False, done: bool = False) -> bytes:
    lines = [
        (f"event: {event['type']}\n" if named else "") + f"data: {json.dumps(event)}\n\n"
        for event in events
    ]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def _openai_chat(calls: list[Call], words: str, random: Random) -> bytes:
    way = random.choice(("pieces", "mixed", "whole", "no index"))
    repeats, keeps_id = random.random() < 0.3, random.random() < 0.3

    def delta(index: int, call: Call, text: str | None, *, first: bool) -> Any:
        function: dict[str, Any] = {"arguments": text}
        if first or repeats:
            function["name"] = call.name
        made: dict[str, Any] = {"function": function, "type": "function"}
        if way != "no index":
            made["index"] = index
        made["id"] = call.id if first or keeps_id or way == "no index" else None
        return {"tool_calls": [made]}

    queues: list[list[Any]] = []
    for index, call in enumerate(calls):
        bare = not call.arguments and random.random() < 0.5
        texts: list[str | None] = [random.choice(("", None))] if bare else []
        if not texts:
            texts += [call.text] if way == "whole" else _fragments(call.text, random)
        queues.append([delta(index, call, t, first=not n) for n, t in enumerate(texts)])
    order = _mixed(queues, random) if way == "mixed" else [d for q in queues for d in q]
    deltas = [{"role": "assistant", "content": words}, *order]
    reason = random.choice(("tool_calls", "stop", "function_call")) if calls else "stop"
    chunks = [
        {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": d, "finish_reason": None}]}
        for d in deltas
    ]
    last = {"index": 0, "delta": {}, "finish_reason": reason}
    return _sse([*chunks, {"id": "c1", "model": "m", "choices": [last]}], done=True)


def _openai_responses(calls: list[Call], words: str, random: Random) -> bytes:
    message = {
        "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": words, "annotations": []}],
    }  # fmt: skip
    items = [message] if words else []
    queues: list[list[Any]] = []
    first = len(items)
    for place, call in enumerate(calls, first):
        item = {"type": "function_call", "id": f"fc_{place}", "call_id": call.id, "name": call.name}
        whole = item | {"arguments": call.text, "status": "completed"}
        items.append(whole)
        at = {"output_index": place, "item_id": f"fc_{place}"}
        kind = "response.function_call_arguments"
        queue = [{"type": "response.output_item.added", "item": item | {"arguments": ""}, **at}]
        if random.random() < 0.7:  # some models send no deltas at all
            queue += [
                {"type": f"{kind}.delta", "delta": piece, **at}
                for piece in _fragments(call.text, random)
            ]
        if random.random() < 0.8:
            queue.append({"type": f"{kind}.done", "arguments": call.text, **at})
        queues.append([*queue, {"type": "response.output_item.done", "item": whole, **at}])
    events: list[Any] = [{"type": "response.created", "response": {"id": "r1", "model": "m"}}]
    if words:
        at = {"output_index": 0, "item_id": "msg_1"}
        delta = {"type": "response.output_text.delta", "delta": words, "content_index": 0, **at}
        bare = message | {"content": []}
        events += [{"type": "response.output_item.added", "item": bare, **at}, delta]
        events.append({"type": "response.output_item.done", "item": message, **at})
    done = {"id": "r1", "model": "m", "status": "completed", "output": items}
    events += _mixed(queues, random)
    return _sse([*events, {"type": "response.completed", "response": done}], named=True)


def _anthropic_messages(calls: list[Call], words: str, random: Random) -> bytes:
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    events: list[Any] = [
        {"type": "message_start", "message": start | {"usage": {"input_tokens": 1}}}
    ]

    def block(index: int, begun: Any, deltas: list[Any]) -> Iterator[Any]:
        yield {"type": "content_block_start", "index": index, "content_block": begun}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}

    thought = [{"type": "thinking_delta", "thinking": "Hm."}]
    sealed = {"type": "signature_delta", "signature": SEAL}
    events += block(0, {"type": "thinking", "thinking": "", "signature": ""}, [*thought, sealed])
    if words:
        said = [{"type": "text_delta", "text": words}]
        events += block(1, {"type": "text", "text": ""}, said)
    for index, call in enumerate(calls, 1 + bool(words)):
        begun = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        texts = _fragments(call.text, random)
        if not call.arguments and random.random() < 0.5:
            texts = random.choice(([], [""]))
        deltas = [{"type": "input_json_delta", "partial_json": text} for text in texts]
        events += block(index, begun, deltas)
    reason = "tool_use" if calls else "end_turn"
    events.append(
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 1}}
    )
    return _sse([*events, {"type": "message_stop"}], named=True)


def _gemini(calls: list[Call], words: str, random: Random) -> bytes:
    with_ids = random.random() < 0.5
    parts: list[Any] = [{"text": words}] if words else []
    for place, call in enumerate(calls):
        made: dict[str, Any] = {"name": call.name, "args": call.arguments}
        if not call.arguments and random.random() < 0.5:
            del made["args"]
        if with_ids:
            made["id"] = call.id
        signed = {} if place else {"thoughtSignature": SEAL}
        parts.append({"functionCall": made, **signed})
    chunks: list[list[Any]] = [[]]
    for part in parts:  # several may come at once
        if random.random() < 0.5:
            chunks.append([])
        chunks[-1].append(part)
    answers = [
        {"candidates": [{"content": {"role": "model", "parts": held}}], "responseId": "r1"}
        for held in chunks
        if held
    ]
    last = {"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}], "responseId": "r1"}
    return _sse([*answers, last])


def _bedrock_converse(calls: list[Call], words: str, random: Random) -> bytes:
    found = [frames.event("messageStart", {"role": "assistant"})]

    def block(index: int, begun: Any, deltas: list[Any]) -> Iterator[bytes]:
        at = {"contentBlockIndex": index}
        if begun is not None:
            yield frames.event("contentBlockStart", {"start": begun, **at})
        for delta in deltas:
            yield frames.event("contentBlockDelta", {"delta": delta, **at})
        yield frames.event("contentBlockStop", at)

    if words:
        found += block(0, None, [{"text": words}])
    for index, call in enumerate(calls, bool(words)):
        begun = {"toolUse": {"toolUseId": call.id, "name": call.name}}
        texts = [""] if not call.arguments else _fragments(call.text, random)
        found += block(index, begun, [{"toolUse": {"input": text}} for text in texts])
    reason = "tool_use" if calls else "end_turn"
    found.append(frames.event("messageStop", {"stopReason": reason}))
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    return b"".join([*found, frames.event("metadata", {"usage": usage})])


def _cohere(calls: list[Call], words: str, random: Random) -> bytes:
    events: list[Any] = [{"type": "message-start", "id": "r1", "delta": {"message": {}}}]
    if words and calls:
        events.append({"type": "tool-plan-delta", "delta": {"message": {"tool_plan": words}}})
    elif words:
        text = {"message": {"content": {"type": "text", "text": words}}}
        events += [
            {"type": "content-start", "index": 0, "delta": text},
            {"type": "content-end", "index": 0},
        ]
    for index, call in enumerate(calls):
        function = {"name": call.name, "arguments": ""}
        begun = {"id": call.id, "type": "function", "function": function}
        started = {"message": {"tool_calls": begun}}
        events.append({"type": "tool-call-start", "index": index, "delta": started})
        for text in _fragments(call.text, random):
            more = {"message": {"tool_calls": {"function": {"arguments": text}}}}
            events.append({"type": "tool-call-delta", "index": index, "delta": more})
        events.append({"type": "tool-call-end", "index": index})
    reason = "TOOL_CALL" if calls else "COMPLETE"
    return _sse([*events, {"type": "message-end", "delta": {"finish_reason": reason}}], named=True)


def _ollama(calls: list[Call], words: str, random: Random, *, number: int) -> bytes:
    moment = f"2025-01-01T00:00:00.{number}Z"

    def line(message: Any, **more: Any) -> Any:
        return {"model": "m", "created_at": moment, "message": message, **more}

    with_ids = random.random() < 0.5
    made = [
        ({"id": call.id} if with_ids else {})
        | {"function": {"name": call.name, "arguments": call.arguments}}
        for call in calls
    ]
    lines = [line({"role": "assistant", "content": words})]
    together = random.random() < 0.5
    lines += [
        line({"role": "assistant", "content": "", "tool_calls": held})
        for held in ([made] if together else [[one] for one in made])
    ]
    lines.append(line({"role": "assistant", "content": ""}, done=True, done_reason="stop"))
    return "".join(json.dumps(each) + "\n" for each in lines).encode()


def _ag_ui(calls: list[Call], words: str, random: Random, *, number: int) -> bytes:
    run, message = {"threadId": "t1", "runId": "r1"}, f"m{number}"
    events: list[Any] = [{"type": "RUN_STARTED", **run}]
    if words:
        events += [
            {"type": "TEXT_MESSAGE_START", "messageId": message, "role": "assistant"},
            {"type": "TEXT_MESSAGE_CONTENT", "messageId": message, "delta": words},
            {"type": "TEXT_MESSAGE_END", "messageId": message},
        ]
    queues: list[list[Any]] = []
    for call in calls:
        at = {"toolCallId": call.id}
        queue = [{"type": "TOOL_CALL_START", "toolCallName": call.name, **at}]
        texts = [text for text in _fragments(call.text, random) if text]
        queue += [{"type": "TOOL_CALL_ARGS", "delta": text, **at} for text in texts]
        queues.append([*queue, {"type": "TOOL_CALL_END", **at}])
    return _sse([*events, *_mixed(queues, random), {"type": "RUN_FINISHED", **run}])


_WRITERS: dict[str, Callable[..., bytes]] = {
    "openai_chat": _openai_chat,
    "openai_responses": _openai_responses,
    "anthropic_messages": _anthropic_messages,
    "gemini": _gemini,
    "bedrock_converse": _bedrock_converse,
    "cohere": _cohere,
    "ollama": _ollama,
    "ag_ui": _ag_ui,
}
DIALECTS = tuple(_WRITERS)
