"""A long streamed answer of text in each dialect, byte for byte as its provider writes one.

Each has an opening, one event a piece of text, and a closing with the usage.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from zlib import crc32

from bench import payloads

PIECE = " scattered"
_ITEM = "msg_0f62205e7cf7668900691f28ebc97881979087ce3793414ad8"
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"
"""Bedrock's frames are of many lengths, so that none tells how long its text is."""
_RUN = {"threadId": "2f1c7fb4-9b7e-4d1a-a4a9-6d9c37a90e11", "runId": "run-1"}
_MESSAGE = {"messageId": "5a7d2f46-0d5e-4c22-8a0e-3c1f3e0c7b44"}


def body_of(dialect: str, pieces: int) -> bytes:
    """The whole body of an answer of `pieces` times `PIECE`."""
    return _BODIES[dialect](pieces)


def _openai_chat(pieces: int) -> bytes:
    return payloads.opening() + payloads.piece() * pieces + b"".join(payloads.closing())


def _openai_responses(pieces: int) -> bytes:
    place = {"item_id": _ITEM, "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "annotations": [], "logprobs": []}
    item = {"id": _ITEM, "type": "message", "role": "assistant"}
    text = PIECE * pieces
    done = [{**item, "status": "completed", "content": [{**part, "text": text}]}]
    usage = {"input_tokens": 16, "output_tokens": pieces, "total_tokens": 16 + pieces}
    added = {"output_index": 0, "item": {**item, "status": "in_progress", "content": []}}
    return b"".join(
        [
            _named("response.created", response=_response("in_progress")),
            _named("response.output_item.added", **added),
            _named("response.content_part.added", **place, part={**part, "text": ""}),
            _named(
                "response.output_text.delta",
                sequence_number=4,
                **place,
                delta=PIECE,
                logprobs=[],
                obfuscation="YtF2ZwzuSKXA",
            )
            * pieces,
            _named("response.output_text.done", **place, text=text, logprobs=[]),
            _named("response.output_item.done", output_index=0, item=done[0]),
            _named("response.completed", response=_response("completed", output=done, usage=usage)),
        ]
    )


def _response(status: str, **more: object) -> dict[str, object]:
    return {"id": "resp_1", "object": "response", "status": status, "model": "gpt-5", **more}


def _anthropic_messages(pieces: int) -> bytes:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    start = {"type": "text", "text": ""}
    delta = {"type": "text_delta", "text": PIECE}
    return b"".join(
        [
            _named("message_start", message={**message, "usage": {"input_tokens": 16}}),
            _named("content_block_start", index=0, content_block=start),
            _named("content_block_delta", index=0, delta=delta) * pieces,
            _named("content_block_stop", index=0),
            _named("message_delta", delta=ended, usage={"output_tokens": pieces}),
            _named("message_stop"),
        ]
    )


def _gemini(pieces: int) -> bytes:
    return _chunk() * (pieces - 1) + _chunk(finishReason="STOP")


def _chunk(**more: object) -> bytes:
    content = {"parts": [{"text": PIECE}], "role": "model"}
    chunk = {
        "candidates": [{"content": content, **more, "index": 0}],
        "usageMetadata": {
            "promptTokenCount": 16,
            "candidatesTokenCount": 204,
            "totalTokenCount": 220,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 16}],
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "bGsfaZ3uHs2YvdIPqPXQkQk",
    }
    # Gemini's events are written with spaces, and end in carriage returns too.
    return b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n"


def _bedrock_converse(pieces: int) -> bytes:
    delta = {"contentBlockIndex": 0, "delta": {"text": PIECE}}
    usage = {"inputTokens": 16, "outputTokens": pieces, "totalTokens": 16 + pieces}
    return b"".join(
        [
            _frame("messageStart", role="assistant"),
            *[_frame("contentBlockDelta", piece % 41, **delta) for piece in range(pieces)],
            _frame("contentBlockStop", contentBlockIndex=0),
            _frame("messageStop", stopReason="end_turn"),
            _frame("metadata", usage=usage, metrics={"latencyMs": 900}),
        ]
    )


def _frame(kind: str, padding: int = 20, **payload: object) -> bytes:
    payload["p"] = _PADDING[:padding]
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    block = b"".join(_header(name, value) for name, value in headers.items())
    data = _json(payload)
    lengths = struct.pack(">II", 16 + len(block) + len(data), len(block))
    message = lengths + struct.pack(">I", crc32(lengths)) + block + data
    return message + struct.pack(">I", crc32(message))


def _header(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()


def _cohere(pieces: int) -> bytes:
    empty = {"message": {"role": "assistant", "content": [], "tool_calls": []}}
    usage = {"tokens": {"input_tokens": 16, "output_tokens": pieces}}
    start = {"message": {"content": {"type": "text", "text": ""}}}
    return b"".join(
        [
            _named("message-start", id="c14c80c3", delta=empty),
            _named("content-start", index=0, delta=start),
            _named("content-delta", index=0, delta={"message": {"content": {"text": PIECE}}})
            * pieces,
            _named("content-end", index=0),
            _named("message-end", delta={"finish_reason": "COMPLETE", "usage": usage}),
        ]
    )


def _ollama(pieces: int) -> bytes:
    ended = {"done_reason": "stop", "prompt_eval_count": 16, "eval_count": pieces}
    return _line(PIECE, done=False) * pieces + _line("", done=True, **ended)


def _line(text: str, **more: object) -> bytes:
    head = {"model": "llama3.2", "created_at": "2025-10-17T23:14:07.414671Z"}
    return _json({**head, "message": {"role": "assistant", "content": text}, **more}) + b"\n"


def _ag_ui(pieces: int) -> bytes:
    return b"".join(
        [
            _data(type="RUN_STARTED", **_RUN),
            _data(type="TEXT_MESSAGE_START", **_MESSAGE, role="assistant"),
            _data(type="TEXT_MESSAGE_CONTENT", **_MESSAGE, delta=PIECE) * pieces,
            _data(type="TEXT_MESSAGE_END", **_MESSAGE),
            _data(type="RUN_FINISHED", **_RUN),
        ]
    )


def _named(kind: str, **data: object) -> bytes:
    return f"event: {kind}\n".encode() + _data(type=kind, **data)


def _data(**data: object) -> bytes:
    return b"data: " + _json(data) + b"\n\n"


def _json(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


_BODIES: dict[str, Callable[[int], bytes]] = {
    "openai_chat": _openai_chat,
    "openai_responses": _openai_responses,
    "anthropic_messages": _anthropic_messages,
    "gemini": _gemini,
    "bedrock_converse": _bedrock_converse,
    "cohere": _cohere,
    "ollama": _ollama,
    "ag_ui": _ag_ui,
}
