"""`ollama` over every recorded exchange of `/api/chat` and `/api/generate`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from tests.conformance.corpus import Record
from tests.conformance.harness import (
    Suite,
    assert_none,
    check_answers,
    check_cuts,
    check_errors,
    check_splits,
    check_truncated_bodies,
)
from tests.conformance.reading import Reading
from tests.conformance.runs import Run, stream, whole
from tests.conformance.table import Tally

from fairlead.dialects.completion import ollama_generate
from fairlead.dialects.ollama import DIALECT
from fairlead.errors import ApiError, NotFoundError
from fairlead.ports import Limits
from fairlead.types.messages import Message
from fairlead.types.operations import CompletionRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target


def target(record: Record) -> Target:
    model = str(record.asked.get("model") or "llama")
    return Target(record.provider, model, "chat", DIALECT.name, record.url or "")


def request(record: Record) -> ChatRequest:
    return ChatRequest(str(record.asked.get("model") or "llama"), (Message.user("recorded"),))


def read(record: Record) -> Reading:
    """What the lines say, put together."""
    lines = list(lines_of(record.body))
    messages = [line.get("message") or spoken(line) for line in lines]
    last = lines[-1]
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    written = list(arguments(record.body.decode()))
    finish = {"stop": "stop", "length": "length"}[last["done_reason"]]
    return Reading(
        text="".join(message.get("content") or "" for message in messages),
        reasoning="".join(message.get("thinking") or "" for message in messages),
        tool_calls=tuple(
            (call.get("id"), call["function"]["name"], text)
            for call, text in zip(calls, written, strict=True)
        ),
        usage=figures(last),
        finish="tool_call" if calls and finish == "stop" else finish,
        raw_finish=last["done_reason"],
        model=lines[0]["model"],
        id="",
        alternatives=0,
    )


def lines_of(body: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects that follow each other, on lines of their own or not."""
    text, place = body.decode(), 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        line, place = json.JSONDecoder().raw_decode(text, place)
        yield line


def spoken(line: dict[str, Any]) -> dict[str, Any]:
    """What `/api/generate` says, as a message."""
    return {"content": line["response"], "thinking": line.get("thinking")}


def arguments(text: str) -> Iterator[str]:
    """The JSON text of every call's `arguments`, in order."""
    for found in re.finditer(r'(?<!\\)"arguments"\s*:\s*', text):
        _, end = json.JSONDecoder().raw_decode(text, found.end())
        yield text[found.end() : end]


def figures(last: dict[str, Any]) -> dict[str, int]:
    read = last.get("prompt_eval_count", 0)
    return {"input": read, "output": last["eval_count"], "input_tokens": read, "reasoning": 0}


def ended(record: Record, prefix: bytes) -> bool:
    """Whether the last line, which is the one that is done, has come whole but for its end."""
    return len(prefix) >= len(record.body.rstrip())


def error_class(status: int, body: bytes) -> type[ApiError]:
    return {404: NotFoundError}[status]


SUITE = Suite(
    dialect=DIALECT,
    target=target,
    request=request,
    read=read,
    ended=ended,
    error_class=error_class,
    event_start=lambda body, place: body.rfind(b"\n", 0, place) + 1,
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


def answers() -> Iterator[tuple[Record, Run]]:
    for record in SUITE.records():
        if record.status < 300:
            decoder, body = SUITE.decoder(record), record.body
            yield record, stream(decoder, [body]) if record.streaming else whole(decoder, body)


def test_a_stream_that_came_without_being_announced_is_the_same_answer() -> None:
    for record, run in answers():
        if record.streaming:
            again = whole(SUITE.decoder(record), record.body)
            assert (again.response, again.failure) == (run.response, None), record.id


def test_a_completion_is_read_like_a_chat() -> None:
    asked = CompletionRequest(model="m", prompt="recorded")
    found = 0
    for record, run in answers():
        if "/generate" in (record.url or ""):
            decoder = ollama_generate.DIALECT.decoder(asked, target(record), Limits())
            body = record.body
            again = stream(decoder, [body]) if record.streaming else whole(decoder, body)
            assert again.response is not None
            assert run.response is not None
            assert (again.response.text, again.response.usage) == (
                run.response.text,
                run.response.usage,
            )
            found += 1
    assert found > 4


def test_every_answer_goes_back_as_it_came() -> None:
    for record, run in answers():
        assert run.response is not None
        asked = request(record)
        again = replace(asked, messages=(*asked.messages, run.response.message))
        sent = DIALECT.encode(again, target(record), stream=False, unsupported="error")
        reading = read(record)
        expected: dict[str, Any] = {"role": "assistant", "content": reading.text}
        if reading.reasoning:
            expected["thinking"] = reading.reasoning
        calls = [(name, json.loads(text)) for _, name, text in reading.tool_calls]
        came = json.loads(sent.body)["messages"][1]
        said = came.pop("tool_calls", [])
        assert [(c["function"]["name"], c["function"]["arguments"]) for c in said] == calls
        assert came == expected, record.id
        assert sent.dropped == (), record.id
