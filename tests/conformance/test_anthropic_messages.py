"""`anthropic_messages` over every recorded exchange, against a reading of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from tests.conformance.corpus import Record
from tests.conformance.harness import (
    Damage,
    Suite,
    assert_none,
    check_answers,
    check_cuts,
    check_errors,
    check_splits,
    check_truncated_bodies,
)
from tests.conformance.reading import Reading
from tests.conformance.runs import stream, whole
from tests.conformance.table import Tally

from fairlead.dialects.anthropic_messages import DIALECT
from fairlead.dialects.placing import BLANK
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    DecodeError,
    NotFoundError,
)
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

EMPTY = "empty assistant message"
THOUGHTS = ("thinking", "redacted_thinking")
DAMAGED = {
    "fb274d5b9b9f62bd": Damage(DecodeError, "the answer of the skills API, filed here by mistake"),
}
FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_call",
    "max_tokens": "length",
}


def target(record: Record) -> Target:
    model = str(record.asked.get("model") or "claude")
    return Target(record.provider, model, "chat", DIALECT.name, record.url or "")


def request(record: Record) -> ChatRequest:
    asked = record.asked
    limit = asked.get("max_tokens")
    return ChatRequest(
        str(asked.get("model") or "claude"),
        (Message.user("recorded"),),
        max_tokens=limit if isinstance(limit, int) else 1,
    )


def read(record: Record) -> Reading:
    """The message as the body tells it, a stream's events first put together into one."""
    message = streamed(record.body) if record.streaming else unstreamed(record.body)
    blocks = message["content"]
    thinking = [b["thinking"] for b in blocks if b["type"] == "thinking" and b["thinking"]]
    texts = [b for b in blocks if b["type"] == "text"]
    stop = message["stop_reason"]
    return Reading(
        text="".join(b["text"] for b in texts),
        reasoning="\n\n".join(thinking),
        tool_calls=tuple(
            (b["id"], b["name"], b["arguments"]) for b in blocks if b["type"] == "tool_use"
        ),
        citations=tuple(c.get("url") for b in texts for c in b.get("citations") or ()),
        usage=figures(message["usage"]),
        finish=FINISHES[stop],
        raw_finish=stop,
        model=message["model"],
        id=message["id"],
        alternatives=0,
    )


def unstreamed(body: bytes) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(body)
    holders = [block for block in message["content"] if "input" in block]
    for block, text in zip(holders, inputs(body.decode()), strict=True):
        block["arguments"] = text
    return message


def streamed(body: bytes) -> dict[str, Any]:
    """Up to the first `message_stop`; later figures of usage replace earlier ones."""
    message: dict[str, Any] = {}
    blocks: list[dict[str, Any]] = []
    for text in data_lines(body):
        event = json.loads(text)
        kind = event["type"]
        if kind == "message_start":
            message = event["message"]
        elif kind == "content_block_start":
            assert event["index"] == len(blocks)
            blocks.append(event["content_block"] | {"arguments": "".join(inputs(text))})
        elif kind == "content_block_delta":
            apply(blocks[event["index"]], event["delta"])
        elif kind == "message_delta":
            message["stop_reason"] = event["delta"]["stop_reason"]
            told = {k: v for k, v in event["usage"].items() if v is not None}
            message["usage"] = message["usage"] | told
        elif kind == "message_stop":
            break
    return message | {"content": blocks}


def apply(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "citations_delta":
            block.setdefault("citations", []).append(delta["citation"])
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta" if delta["partial_json"]:
            before = block["arguments"] if block.get("streamed") else ""
            block["arguments"] = before + delta["partial_json"]
            block["streamed"] = True


def data_lines(body: bytes) -> Iterator[str]:
    for line in body.decode().splitlines():
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip()


def inputs(text: str) -> Iterator[str]:
    """The JSON text of every `input`, outermost ones only, in order."""
    place = 0
    while found := re.compile(r'(?<!\\)"input"\s*:\s*').search(text, place):
        _, place = json.JSONDecoder().raw_decode(text, found.end())
        yield text[found.end() : place]


def figures(usage: dict[str, Any]) -> dict[str, int]:
    """Buckets that count no token twice."""
    hour = (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    cached = usage.get("cache_read_input_tokens") or 0
    thinking = (usage.get("output_tokens_details") or {}).get("thinking_tokens") or 0
    return {
        "input": usage["input_tokens"],
        "cache_read": cached,
        "cache_write": written - hour,
        "cache_write_1h": hour,
        "output": usage["output_tokens"] - thinking,
        "reasoning": thinking,
        "input_tokens": usage["input_tokens"] + written + cached,
        "output_tokens": usage["output_tokens"],
    }


def ended(record: Record, prefix: bytes) -> bool:
    """Whether the first `message_stop` has come whole; its blank line need not have."""
    text = record.body.decode("latin-1")
    start = text.index("{", text.index("event: message_stop"))
    _, end = json.JSONDecoder().raw_decode(text, start)
    return len(prefix) >= end


def error_class(status: int, body: bytes) -> type[ApiError]:
    if b"prompt is too long" in body:
        return ContextLengthError
    return {400: BadRequestError, 401: AuthenticationError, 404: NotFoundError}[status]


SUITE = Suite(
    dialect=DIALECT,
    target=target,
    request=request,
    read=read,
    ended=ended,
    error_class=error_class,
    damaged=DAMAGED,
)

pytestmark = pytest.mark.timeout(600)


def test_every_answer_agrees_with_an_independent_reading(tally: Tally) -> None:
    assert_none(check_answers(SUITE, tally))


def test_every_stream_gives_the_same_events_at_any_split(tally: Tally) -> None:
    assert_none(check_splits(SUITE, tally))


def test_a_cut_stream_is_never_a_normal_end(tally: Tally) -> None:
    assert_none(check_cuts(SUITE, tally))


def test_a_cut_body_is_a_decode_error(tally: Tally) -> None:
    assert_none(check_truncated_bodies(SUITE, tally))


def test_every_error_status_is_the_error_that_fits(tally: Tally) -> None:
    assert_none(check_errors(SUITE, tally))


def test_every_answer_goes_back_as_it_came() -> None:
    for record in SUITE.records():
        if record.status >= 300 or SUITE.damage(record):
            continue
        run = stream(SUITE.decoder(record), [record.body]) if record.streaming else None
        run = run or whole(SUITE.decoder(record), record.body)
        assert run.response is not None
        asked = request(record)
        again = replace(asked, messages=(*asked.messages, run.response.message))
        sent = DIALECT.encode(again, target(record), stream=False, unsupported="error")
        blocks = came(record)
        blanks = [block for block in blocks if is_blank(block)]
        expected = [block for block in blocks if block not in blanks]
        lost = (BLANK,) * sum(bool(block["text"]) for block in blanks)
        while expected and expected[-1]["type"] in THOUGHTS:
            expected.pop()  # "The final block in an assistant message cannot be `thinking`."
            lost += ("reasoning without what it led to",)
        assert [tidy(block) for block in turn(sent.body)] == expected, record.id
        assert sent.dropped == (lost if expected or lost else (EMPTY,)), record.id


def is_blank(block: dict[str, Any]) -> bool:
    """The provider says such blocks and refuses them."""
    return block["type"] == "text" and not block["text"].strip()


def came(record: Record) -> list[dict[str, Any]]:
    """The blocks of the answer, arguments in place of the fragments that they were streamed in."""
    message = streamed(record.body) if record.streaming else unstreamed(record.body)
    for block in message["content"]:
        arguments = block.pop("arguments", None)
        if arguments:
            block["input"] = json.loads(arguments)
        block.pop("streamed", None)
    return [tidy(block) for block in message["content"]]


def turn(body: bytes) -> list[dict[str, Any]]:
    """The blocks of the assistant's turn in a request."""
    messages = json.loads(body)["messages"]
    content = messages[1]["content"] if len(messages) > 1 else []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def tidy(block: dict[str, Any]) -> dict[str, Any]:
    """Without citations that are null or empty, which say nothing."""
    return {k: v for k, v in block.items() if k != "citations" or v}
