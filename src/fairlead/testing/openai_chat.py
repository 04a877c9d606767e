"""An answer in the words of Chat Completions; see `wording`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.testing.wording import Json, call_id, cut_up, event, finish

if TYPE_CHECKING:
    from fairlead.testing.chat import Asked, Said
    from fairlead.types.usage import Usage

_REASONS = {"tool_call": "tool_calls"}


def whole(said: Said, asked: Asked) -> Json:
    message: Json = {"role": "assistant", "content": "".join(said.text) or None}
    if said.reasoning:
        message["reasoning_content"] = said.reasoning
    if said.calls:
        message["tool_calls"] = [_call(said, asked, n) for n in range(len(said.calls))]
    choice = {"index": 0, "message": message, "finish_reason": finish(said, _REASONS)}
    body = {**_head(asked, "chat.completion"), "choices": [choice]}
    return body if said.usage is None else {**body, "usage": _usage(said.usage)}


def streamed(said: Said, asked: Asked) -> tuple[list[bytes], bytes]:
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": said.reasoning}] if said.reasoning else []
    deltas += [{"content": text} for text in said.text]
    for place in range(len(said.calls)):
        deltas += [{"tool_calls": [call]} for call in _pieces(said, asked, place)]
    head = _head(asked, "chat.completion.chunk")
    ending = _chunk(head, {}, finish(said, _REASONS))
    if said.usage is not None:
        ending += event({**head, "choices": [], "usage": _usage(said.usage)})
    return [_chunk(head, delta) for delta in deltas], ending + b"data: [DONE]\n\n"


def error(status: int, message: str, code: str | None) -> Json:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _head(asked: Asked, kind: str) -> Json:
    return {"id": "chatcmpl-1", "object": kind, "created": 0, "model": asked.model}


def _chunk(head: Json, delta: Json, finish: str | None = None) -> bytes:
    return event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _call(said: Said, asked: Asked, place: int) -> Json:
    call = said.calls[place]
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call_id(asked, place), "type": "function", "function": function}


def _pieces(said: Said, asked: Asked, place: int) -> list[Json]:
    call = said.calls[place]
    begun = {"name": call.name, "arguments": ""}
    pieces: list[Json] = [
        {"index": place, "function": {"arguments": piece}} for piece in cut_up(call.arguments)
    ]
    return [{"index": place, **_call(said, asked, place), "function": begun}, *pieces]


def _usage(usage: Usage) -> Json:
    read = {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write}
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": read,
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }
