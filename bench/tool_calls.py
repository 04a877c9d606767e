"""CPU time of putting a tool call together from its deltas, as Chat Completions streams it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from bench import payloads
from bench.measure import cpu_microseconds, taking_turns
from bench.sizes import Sizes
from bench.table import Row
from fairlead.dialects.registry import dialect_named
from fairlead.ports import Limits
from fairlead.tool_progress import ToolCallTracker
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import RawResponse
from fairlead.types.targets import Target

_READ_BYTES = 16 << 10
_WORD = "scattered "
_REQUEST = ChatRequest("m", (Message.user("Note it."),))
_TARGET = Target("bench", "m", "chat", "openai_chat", "http://127.0.0.1/")


class _Function(Struct):
    arguments: str | None = None


class _Call(Struct):
    function: _Function | None = None


class _Delta(Struct):
    tool_calls: list[_Call] | None = None


class _Choice(Struct):
    delta: _Delta


class _Chat(Struct):
    choices: list[_Choice]


def _event(function: dict[str, Any], **more: Any) -> bytes:
    """A chunk like those of text, with a piece of a call in it."""
    chunk = json.loads(payloads.piece().removeprefix(b"data: "))
    chunk["choices"][0]["delta"] = {"tool_calls": [{"index": 0, **more, "function": function}]}
    return f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n".encode()


def _body(pieces: int) -> bytes:
    opening = _event({"name": "note", "arguments": '{"text":"'}, id="call_1", type="function")
    closing = _event({"arguments": '"}'})
    ending = b"".join(payloads.closing()).replace(b'"stop"', b'"tool_calls"')
    return opening + _event({"arguments": _WORD}) * pieces + closing + ending


def _floor(reads: list[bytes]) -> str:
    """Cut at the marks, decode what is needed, keep it."""
    decode = msgspec.json.Decoder(_Chat).decode
    pieces: list[str] = []
    rest = b""
    for data in reads:
        *blocks, rest = (rest + data).split(b"\n\n")
        for block in blocks:
            payload = block.partition(b"data: ")[2]
            if payload == b"[DONE]":
                continue
            for choice in decode(payload).choices:
                calls = choice.delta.tool_calls or ()
                pieces += [call.function.arguments or "" for call in calls if call.function]
    return "".join(pieces)


def _assembled(reads: list[bytes], tracker: ToolCallTracker | None = None) -> str:
    decoder = dialect_named("openai_chat").decoder(_REQUEST, _TARGET, Limits())
    events = []
    for data in reads:
        batch = decoder.feed(data)
        events += batch
        for event in batch if tracker is not None else ():
            tracker.see(event)
    events += decoder.close()
    answer = decoder.result(
        receipt=Receipt("chat", "bench/m"), raw=RawResponse(200, ()), warnings=()
    )
    return answer.tool_calls[0].arguments


def _followed(reads: list[bytes]) -> str:
    """With the arguments known after every event."""
    tracker = ToolCallTracker()
    text = _assembled(reads, tracker)
    assert tracker.calls[0].arguments["text"] == json.loads(text)["text"]
    return text


def assembly(sizes: Sizes, limit: float) -> Row:
    """From bytes to the events of a call and the call itself."""
    return _row("tool calls, assembled", _assembled, sizes, limit)


def progress(sizes: Sizes, limit: float) -> Row:
    """The same, with the growing arguments at hand after every event."""
    return _row("tool calls, arguments followed", _followed, sizes, limit)


def _row(name: str, read: Callable[[list[bytes]], str], sizes: Sizes, limit: float) -> Row:
    events = sizes.burst_events
    body = _body(events)
    reads = [body[place : place + _READ_BYTES] for place in range(0, len(body), _READ_BYTES)]
    expected = f'{{"text":"{_WORD * events}"}}'

    def cost(text_of: Callable[[list[bytes]], str]) -> float:
        def work() -> None:
            for _ in range(sizes.bursts):
                if text_of(reads) != expected:
                    raise RuntimeError("these are not the arguments that were sent")

        return cpu_microseconds(work, events * sizes.bursts)

    floor, fairlead = taking_turns(lambda: cost(_floor), lambda: cost(read), sizes.rounds)
    return Row(name, "us/event", floor, fairlead, "ratio", limit)
