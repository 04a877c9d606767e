"""An answer in the words of Anthropic's Messages; see `wording`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from fairlead.testing.wording import Json, call_id, cut_up, event, finish

if TYPE_CHECKING:
    from fairlead.testing.chat import Asked, Said
    from fairlead.types.usage import Usage

_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_call": "tool_use",
    "content_filter": "refusal",
}
_EMPTY: dict[str, Json] = {
    "thinking": {"thinking": "", "signature": ""},
    "text": {"text": ""},
    "tool_use": {"input": {}},
}
"""What a block has in the place of its content as it begins."""

_SIGNATURE = "c2lnbmVk"
_ERRORS = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def whole(said: Said, asked: Asked) -> Json:
    body = _message(asked)
    body |= {"content": _blocks(said, asked), "stop_reason": finish(said, _REASONS)}
    return body if said.usage is None else {**body, "usage": _usage(said.usage)}


def streamed(said: Said, asked: Asked) -> tuple[list[bytes], bytes]:
    start = _message(asked)
    end: Json = {"type": "message_delta", "delta": _end(said)}
    if said.usage is not None:
        start["usage"] = _usage(replace(said.usage, output=0, reasoning=0))
        end["usage"] = _usage(said.usage)
    events: list[Json] = [{"type": "message_start", "message": start}]
    for index, (block, deltas) in enumerate(zip(_blocks(said, asked), _deltas(said), strict=True)):
        begun = {**block, **_EMPTY[str(block["type"])]}
        events.append({"type": "content_block_start", "index": index, "content_block": begun})
        events += [{"type": "content_block_delta", "index": index, "delta": d} for d in deltas]
        events.append({"type": "content_block_stop", "index": index})
    return [event(value) for value in events], event(end) + event({"type": "message_stop"})


def error(status: int, message: str, code: str | None) -> Json:
    kind = code or _ERRORS.get(status) or "invalid_request_error"
    return {"type": "error", "error": {"type": kind, "message": message}}


def _message(asked: Asked) -> Json:
    head: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": asked.model}
    return {**head, "content": [], "stop_reason": None, "stop_sequence": None}


def _end(said: Said) -> Json:
    return {"stop_reason": finish(said, _REASONS), "stop_sequence": None}


def _blocks(said: Said, asked: Asked) -> list[Json]:
    """The content of a whole answer; where arguments are no JSON they stay text."""
    found: list[Json] = []
    if said.reasoning:
        found.append({"type": "thinking", "thinking": said.reasoning, "signature": _SIGNATURE})
    if said.text:
        found.append({"type": "text", "text": "".join(said.text)})
    for place, call in enumerate(said.calls):
        made = {"id": call_id(asked, place), "name": call.name, "input": _input(call.arguments)}
        found.append({"type": "tool_use", **made})
    return found


def _deltas(said: Said) -> list[list[Json]]:
    """What fills each of the blocks in a stream."""
    found: list[list[Json]] = []
    if said.reasoning:
        signature: Json = {"type": "signature_delta", "signature": _SIGNATURE}
        found.append([{"type": "thinking_delta", "thinking": said.reasoning}, signature])
    if said.text:
        found.append([{"type": "text_delta", "text": text} for text in said.text])
    for call in said.calls:
        pieces = cut_up(call.arguments)
        found.append([{"type": "input_json_delta", "partial_json": piece} for piece in pieces])
    return found


def _input(written: str) -> object:
    try:
        return msgspec.json.decode(written)
    except msgspec.DecodeError:
        return written


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_write,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
    }
