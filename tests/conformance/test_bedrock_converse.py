"""`bedrock_converse` over every recorded exchange, against a reading of its own.

Six recordings kept only the JSON of their frames: these get frames again. Three streams are listed
as if they did not stream.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from tests.conformance.corpus import CORPUS, Record
from tests.conformance.framed import as_stream, events, frame_start, frames, reframed
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
from tests.conformance.runs import outcome, stream, whole
from tests.conformance.table import Tally

from fairlead.dialects.bedrock_converse import DIALECT
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    NotFoundError,
)
from fairlead.ports import Limits
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target

DAMAGED = {
    "58bcde22354912a7": Damage(DecodeError, "the answer of the rerank API, filed here by mistake"),
}
FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_call",
    "max_tokens": "length",
    "guardrail_intervened": "content_filter",
}
ASKED = ChatRequest("m", (Message.user("recorded"),))


def view(record: Record) -> Record:
    return reframed(record) if record.fidelity == "response_only_parsed" else as_stream(record)


def target(record: Record) -> Target:
    return Target(record.provider, "m", "chat", DIALECT.name, record.url or "")


def read(record: Record) -> Reading:
    message = streamed(record.body) if record.streaming else unstreamed(record.body)
    blocks = message["content"]
    cited = [b["citationsContent"] for b in blocks if "citationsContent" in b]
    reasoning = [b["reasoningContent"].get("reasoningText", {}) for b in blocks if reasons(b)]
    calls = [b["toolUse"] for b in blocks if is_call(b)]
    stop = message["stopReason"]
    return Reading(
        text="".join(text_of(block) for block in blocks),
        reasoning="\n\n".join(r["text"] for r in reasoning if r.get("text")),
        tool_calls=tuple((c["toolUseId"], c["name"], c["arguments"]) for c in calls),
        citations=tuple(
            c.get("location", {}).get("web", {}).get("url")
            for block in cited
            for c in block.get("citations", ())
        ),
        usage=figures(message.get("usage")),
        finish="tool_call" if calls and stop == "end_turn" else FINISHES[stop],
        raw_finish=stop,
        model="",
        id="",
        alternatives=0,
    )


def text_of(block: dict[str, Any]) -> str:
    cited = block.get("citationsContent", {}).get("content", ())
    return str(block.get("text", "")) + "".join(piece["text"] for piece in cited)


def is_call(block: dict[str, Any]) -> bool:
    return "toolUse" in block and block["toolUse"].get("type") != "server_tool_use"


def reasons(block: dict[str, Any]) -> bool:
    return "reasoningContent" in block


def unstreamed(body: bytes) -> dict[str, Any]:
    answer = json.loads(body)
    message: dict[str, Any] = answer | answer["output"]["message"]
    calls = [block["toolUse"] for block in message["content"] if "toolUse" in block]
    for call, text in zip(calls, inputs(body.decode()), strict=True):
        call["arguments"] = text
    return message


def inputs(text: str) -> Iterator[str]:
    """The JSON text of every `input` of a call, in order."""
    place = 0
    while found := re.compile(r'"toolUse"\s*:\s*\{').search(text, place):
        call, place = json.JSONDecoder().raw_decode(text, found.end() - 1)
        inner = text[found.end() - 1 : place]
        start = re.compile(r'(?<!\\)"input"\s*:\s*').search(inner)
        assert start is not None
        _, end = json.JSONDecoder().raw_decode(inner, start.end())
        assert json.loads(inner[start.end() : end]) == call["input"]
        yield inner[start.end() : end]


def streamed(body: bytes) -> dict[str, Any]:
    message: dict[str, Any] = {}
    blocks: dict[int, dict[str, Any]] = {}
    for kind, payload in events(body):
        index = payload.get("contentBlockIndex")
        if kind == "contentBlockStart":
            blocks[index] = payload["start"]
            for call in blocks[index].values():
                call["arguments"] = ""
        elif kind == "contentBlockDelta":
            apply(blocks.setdefault(index, {}), payload["delta"])
        elif kind in ("messageStop", "metadata"):
            message |= payload
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["arguments"] = block["toolUse"]["arguments"] or "{}"
    return message | {"content": list(blocks.values())}


def apply(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta:
        case {"text": text} if "citationsContent" in block:
            pieces = block["citationsContent"]["content"]
            pieces[:] = [{"text": "".join(piece["text"] for piece in pieces) + text}]
        case {"text": text}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": text}}:
            block["toolUse"]["arguments"] += text
        case {"toolResult": content}:
            block["toolResult"].setdefault("content", []).extend(content)
        case {"citation": citation}:
            pieces = [{"text": text}] if (text := block.pop("text", "")) else []
            cited = block.setdefault("citationsContent", {"content": pieces, "citations": []})
            cited["citations"].append(citation)
        case {"reasoningContent": {**fields}}:
            said = block.setdefault("reasoningContent", {}).setdefault("reasoningText", {})
            for name, text in fields.items():
                said[name] = said.get(name, "") + text


def figures(usage: dict[str, Any] | None) -> dict[str, int] | None:
    """Buckets that count no token twice."""
    if usage is None:
        return None
    read, written = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
    asked = usage.get("inputTokens", 0)
    total = usage.get("totalTokens", asked + read + written + usage["outputTokens"])
    return {
        "input": total - usage["outputTokens"] - read - written,
        "cache_read": read,
        "cache_write": written,
        "output": usage["outputTokens"],
        "reasoning": 0,
        "total_tokens": total,
    }


def ended(record: Record, prefix: bytes) -> bool:
    """Whether `messageStop` has come whole; the usage may still be missing."""
    for headers, _, end in frames(record.body):
        if headers.get(":event-type") == "messageStop":
            return len(prefix) >= end
    raise AssertionError("a good stream has a messageStop")


def error_class(status: int, body: bytes) -> type[ApiError]:
    if status == 403:
        return AuthenticationError
    return {400: BadRequestError, 404: NotFoundError}[status]


SUITE = Suite(
    dialect=DIALECT,
    target=target,
    request=lambda record: ASKED,
    read=read,
    ended=ended,
    error_class=error_class,
    damaged=DAMAGED,
    view=view,
    event_start=frame_start,
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
        decoder = SUITE.decoder(record)
        run = stream(decoder, [record.body]) if record.streaming else whole(decoder, record.body)
        assert run.response is not None
        again = replace(ASKED, messages=(*ASKED.messages, run.response.message))
        sent = DIALECT.encode(again, target(record), stream=False, unsupported="error")
        turns = json.loads(sent.body)["messages"][1:]
        found = turns[0]["content"] if turns else []
        assert found == came(record), record.id


def came(record: Record) -> list[dict[str, Any]]:
    """The blocks of the answer, without empty ones and what says nothing."""
    message = streamed(record.body) if record.streaming else unstreamed(record.body)
    return [tidied for block in message["content"] if (tidied := tidy(block))]


def tidy(block: dict[str, Any]) -> dict[str, Any]:
    block = {name: value for name, value in block.items() if name != "type"}
    if block.get("text", "said").strip() == "" or block.get("reasoningContent") == {}:
        return {}
    if "toolUse" in block:
        call = block["toolUse"]
        arguments = call.pop("arguments", None)
        call["input"] = json.loads(arguments) if arguments else call["input"]
        if call.get("type") != "server_tool_use":
            call.pop("type", None)
    if "toolResult" in block:
        block["toolResult"].pop("arguments", None)
    if not block.get("citationsContent", {}).get("content", True):
        del block["citationsContent"]["content"]
    return block


def test_a_stream_whose_only_frame_is_an_exception_is_that_error() -> None:
    path = CORPUS / "standards" / "bedrock_stream_first_frame_exception.json"
    if not path.exists():
        pytest.skip(f"no {path}; FAIRLEAD_CORPUS names another place")
    kept = json.loads(path.read_text())
    record = Record(
        "x", "bedrock", 200, True, "wire", None, None, None, None, kept["response_body_b64"]
    )
    decoder = DIALECT.decoder(ASKED, target(record), Limits())
    events = decoder.feed(record.body)
    run = outcome(decoder, events)
    assert type(run.failure) is BadRequestError
    assert run.failure.kind == "validationException"
    assert "MIME type" in str(run.failure)
    assert run.events == []
