"""`cohere` over every recorded exchange of `/v2/chat`, against a reading of its own.

The first version of the protocol (`cohere_v1` in the corpus) is not spoken.
"""

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

from fairlead.dialects.cohere import DIALECT
from fairlead.errors import ApiError, ContextLengthError, NotFoundError, ServerError
from fairlead.types.messages import Message, Text, ToolResult
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Target

DAMAGED = {
    "8f9f6d369050fd2d": Damage(ServerError, "the stream ends in an invalid tool generation"),
}
FINISHES = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "TOOL_CALL": "tool_call",
    "MAX_TOKENS": "length",
}


def target(record: Record) -> Target:
    model = str(record.asked.get("model") or "command")
    return Target(record.provider, model, "chat", DIALECT.name, record.url or "")


def request(record: Record) -> ChatRequest:
    return ChatRequest(str(record.asked.get("model") or "command"), (Message.user("recorded"),))


def read(record: Record) -> Reading:
    """The answer as the body tells it, a stream's events first put together into one."""
    answer = streamed(record.body) if record.streaming else json.loads(record.body)
    message = answer["message"]
    content = message.get("content") or []
    plan = message.get("tool_plan") or ""
    thoughts = [plan, *(b["thinking"] for b in content if b["type"] == "thinking")]
    sources = [s for c in message.get("citations") or [] for s in c["sources"]]
    return Reading(
        text="".join(b["text"] for b in content if b["type"] == "text"),
        reasoning="\n\n".join(thought for thought in thoughts if thought),
        tool_calls=tuple(
            (c["id"], c["function"]["name"], c["function"]["arguments"])
            for c in message.get("tool_calls") or []
        ),
        citations=tuple((s.get("document") or s["tool_output"]).get("url") for s in sources),
        usage=figures(answer["usage"]),
        finish=FINISHES[answer["finish_reason"]],
        raw_finish=answer["finish_reason"],
        model="",
        id=answer["id"],
        alternatives=0,
    )


def streamed(body: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}
    }
    message = answer["message"]
    for event in events(body):
        piece = (event.get("delta") or {}).get("message") or {}
        match event["type"]:
            case "message-start":
                answer["id"] = event["id"]
            case "content-start":
                assert event["index"] == len(message["content"])
                message["content"].append(piece["content"])
            case "content-delta":
                message["content"][event["index"]]["text"] += piece["content"]["text"]
            case "tool-plan-delta":
                message["tool_plan"] += piece["tool_plan"]
            case "tool-call-start":
                assert event["index"] == len(message["tool_calls"])
                message["tool_calls"].append(piece["tool_calls"])
            case "tool-call-delta":
                function = message["tool_calls"][event["index"]]["function"]
                function["arguments"] += piece["tool_calls"]["function"]["arguments"]
            case "tool-call-end":  # none at all is an empty object
                function = message["tool_calls"][event["index"]]["function"]
                function["arguments"] = function["arguments"] or "{}"
            case "message-end":
                answer |= event["delta"]
                break
    return answer


def events(body: bytes) -> Iterator[dict[str, Any]]:
    for line in body.decode().splitlines():
        if line.startswith("data:") and "[DONE]" not in line:
            yield json.loads(line.removeprefix("data:"))


def figures(usage: dict[str, Any]) -> dict[str, int]:
    """Buckets that count no token twice. Images are not among the input tokens."""
    tokens = usage["tokens"]
    read = tokens["input_tokens"] + tokens.get("image_tokens", 0)
    cached = usage.get("cached_tokens", 0)
    thought = tokens.get("reasoning_tokens", 0)
    return {
        "input": read - cached,
        "cache_read": cached,
        "output": tokens["output_tokens"] - thought,
        "reasoning": thought,
        "input_tokens": read,
        "output_tokens": tokens["output_tokens"],
    }


def ended(record: Record, prefix: bytes) -> bool:
    """Whether the data of `message-end` has come whole; its blank line need not have."""
    text = record.body.decode("latin-1")
    start = text.index("{", re.search(r"^data:.*message-end", text, re.MULTILINE).start())
    _, end = json.JSONDecoder().raw_decode(text, start)
    return len(prefix) >= end


def error_class(status: int, body: bytes) -> type[ApiError]:
    return ContextLengthError if b"too many tokens" in body else {404: NotFoundError}[status]


SUITE = Suite(
    dialect=DIALECT,
    target=target,
    request=request,
    read=read,
    ended=ended,
    error_class=error_class,
    damaged=DAMAGED,
    corpus="cohere_v2",
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


def answers() -> Iterator[tuple[Record, ChatResponse]]:
    for record in SUITE.records():
        if record.status < 300 and not SUITE.damage(record):
            decoder, body = SUITE.decoder(record), record.body
            found = stream(decoder, [body]) if record.streaming else whole(decoder, body)
            assert found.response is not None
            yield record, found.response


def test_every_citation_lies_on_the_words_that_it_is_of() -> None:
    found = 0
    for record, answer in answers():
        for part in answer.message.parts:
            for citation in part.citations if isinstance(part, Text) else ():
                assert part.text[citation.start : citation.end] == citation.cited_text, record.id
                assert citation.source, record.id
                found += 1
    assert found > 20


def test_every_answer_goes_back_as_it_came() -> None:
    for record, answer in answers():
        asked = request(record)
        results = [ToolResult(call.id, "42") for call in answer.tool_calls]
        turns = (answer.message, *([Message.tool(*results)] if results else ()))
        again = replace(asked, messages=(*asked.messages, *turns))
        sent = DIALECT.encode(again, target(record), stream=False, unsupported="error")
        came = streamed(record.body) if record.streaming else json.loads(record.body)
        expected = {name: value for name, value in came["message"].items() if value}
        assert json.loads(sent.body)["messages"][1] == tidy(expected), record.id
        assert sent.dropped == (), record.id


def tidy(message: dict[str, Any]) -> dict[str, Any]:
    """A lone text is sent as a string; an empty one is not sent."""
    content = [block for block in message.get("content") or [] if block.get("text") != ""]
    if len(content) == 1 and content[0]["type"] == "text":
        message["content"] = content[0]["text"]
    return message
