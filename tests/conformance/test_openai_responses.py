"""Every recorded exchange of the Responses protocol, against a reading of its JSON by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs
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

from fairlead.dialects.openai_responses import DIALECT
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    DecodeError,
    NotFoundError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
    StreamInterrupted,
)
from fairlead.types.messages import Message, Opaque, Text
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import ChatResponse
from fairlead.types.targets import Target

TERMINALS = ("response.completed", "response.incomplete", "response.failed")

# Other calls of the same API that were recorded along with it: lists of input items, a deletion.
# fmt: off
LISTS = (
    "a8ef003486272ec8", "ab15e3322f6fe120", "b421287d036fb386", "e1a07ccbd4a662fd",
    "7367d8d274633e9e", "a0169ad112bc11be", "bde1f007468b52bc", "5691eb63b7c539ca",
    "1ad13f29c7e212d6", "627c7ef042fa37c5", "0e9e2aa5dd544434", "bc380a96239fa714",
    "0579e4b59fcb13f1", "841c8c8644fd583c", "b52146188d4f94aa", "20795dbe7273d531",
    "352da3407985870b", "d1b6fafddd1218bc", "bde5560b5c750822", "da95dc42e120fb2d",
    "c4d7075ad963cad5", "83151266cc2aa9ee", "e71dba578c6b050e", "44db2e355e05540c",
    "8fae36ad7e567f21", "a4e3bda8d906050e", "4d343c04671dbf0f", "ce5147348c5e6243",
    "a58e9180394ddcf2", "401f0f7d94317a91",
)
# fmt: on

# The recorder shortened paths in the repeated arguments and left the streamed ones alone.
EDITED = {"9d7ce4eb9ad624f2", "fdc956dd08443ba1", "a19068c1ff7c757c"}

# The recorder cut a generated image to one character at its item and to 256 at the end.
SHORTENED = {"a4cc2a77e7ade132"}

DAMAGED = {
    **{one: Damage(DecodeError, "a list of input items, no response") for one in LISTS},
    "f0573ee8032e04c4": Damage(DecodeError, "the receipt of a deletion, no response"),
    "1577589b1331b216": Damage(DecodeError, "a chat completion, filed under this dialect"),
    "811bda0171f64017": Damage(StreamInterrupted, "a legacy completion without any event type"),
    "e950e53bafed5d75": Damage(BadRequestError, "an error object inside a 200"),
    "e492be0b882f8840": Damage(RateLimitError, "an error event: rate_limit_exceeded"),
    "62be6961165f1f75": Damage(ServerError, "an error event with a code that nobody knows"),
    "d9347beed9e0ecaf": Damage(QuotaExceededError, "an error event: insufficient_quota"),
}


def events_of(body: bytes) -> list[dict[str, Any]]:
    """The JSON of every data line that is one; a line that was cut is none."""
    found = []
    for line in body.decode("utf-8", "replace").splitlines():
        if line.startswith("data:"):
            try:
                value = json.loads(line[5:])
            except ValueError:
                continue
            found.append(value)
    return found


def response_of(record: Record) -> dict[str, Any]:
    """The response; a stream's output is put together from the items that were finished in it."""
    if not record.streaming:
        return dict(json.loads(record.body))
    events = events_of(record.body)
    # Some files hold several streams on end; the first terminal event ends ours.
    end = next(place for place, event in enumerate(events) if event["type"] in TERMINALS)
    events, last = events[: end + 1], events[end]["response"]
    begun = next(event["response"] for event in events if "response" in event)
    done = [event for event in events if event["type"] == "response.output_item.done"]
    done.sort(key=lambda event: event["output_index"])
    items = [event["item"] for event in done]
    if record.id in EDITED:
        items = [{**e["item"], "arguments": streamed(events, e["output_index"])} for e in done]
    return {**last, "id": begun["id"], "model": begun["model"], "output": items or last["output"]}


def streamed(events: list[dict[str, Any]], index: int) -> str:
    kind = "response.function_call_arguments.delta"
    return "".join(
        e["delta"] for e in events if (e["type"], e.get("output_index")) == (kind, index)
    )


def read(record: Record) -> Reading:
    response = response_of(record)
    items = response.get("output") or []
    contents = [
        content
        for item in items
        if item["type"] == "message" and item["role"] == "assistant"
        for content in item["content"]
    ]
    calls = tuple(call for item in items for call in calls_of(item))
    status = response.get("status")
    raw = (response.get("incomplete_details") or {}).get("reason") or status
    return Reading(
        text="".join(c["text"] for c in contents if c["type"] == "output_text"),
        reasoning="\n\n".join(filter(None, map(thoughts_of, items))),
        refusal="".join(c["refusal"] for c in contents if c["type"] == "refusal"),
        tool_calls=calls,
        citations=tuple(a.get("url") for c in contents for a in c.get("annotations") or ()),
        usage=usage_of(response.get("usage")),
        finish=finish_of(status, raw, bool(calls)),
        raw_finish=raw,
        model=response.get("model"),
        id=response["id"],
        alternatives=0,
    )


def thoughts_of(item: dict[str, Any]) -> str:
    if item["type"] != "reasoning":
        return ""
    pieces = [*item["summary"], *(item.get("content") or [])]
    return "\n\n".join(piece["text"] for piece in pieces if piece["text"])


def calls_of(item: dict[str, Any]) -> list[tuple[str | None, str, str]]:
    if item["type"] == "function_call":
        return [(item["call_id"], item["name"], item["arguments"] or "{}")]
    if item["type"] == "custom_tool_call":
        wrapped = json.dumps({"input": item["input"]}, ensure_ascii=False, separators=(",", ":"))
        return [(item["call_id"], item["name"], wrapped)]
    return []


def finish_of(status: str | None, raw: str | None, has_calls: bool) -> str:
    if status == "incomplete":
        return "content_filter" if raw == "content_filter" else "length"
    if status == "queued":
        return "error"
    assert status in ("completed", "complete", None), status
    return "tool_call" if has_calls else "stop"


def usage_of(usage: dict[str, Any] | None) -> dict[str, int] | None:
    if not usage:
        return None
    read_details = usage.get("input_tokens_details") or {}
    written_details = usage.get("output_tokens_details") or {}
    reasoning = written_details.get("reasoning_tokens") or 0
    return {
        "input_tokens": usage["input_tokens"],
        "output_tokens": usage["output_tokens"],
        "cache_read": read_details.get("cached_tokens") or 0,
        "cache_write": read_details.get("cache_write_tokens") or 0,
        # One recorded clone counts more reasoning than output.
        "reasoning": min(reasoning, usage["output_tokens"]),
    }


def ended(record: Record, prefix: bytes) -> bool:
    return any(event.get("type") in TERMINALS for event in events_of(prefix))


def target(record: Record) -> Target:
    model = record.asked.get("model")
    url = record.url or "https://api.openai.com/v1/responses"
    name = model if isinstance(model, str) else "model"
    return Target(record.provider, name, "chat", DIALECT.name, url)


def request(record: Record) -> ChatRequest:
    return ChatRequest(target(record).model, (Message.user("Hi"),))


def error_class(status: int, body: bytes) -> type[ApiError]:
    if b"context_length_exceeded" in body:
        return ContextLengthError
    if b'"model_not_found"' in body:
        return NotFoundError
    if b"Incorrect API key" in body:
        return AuthenticationError
    return {400: BadRequestError, 401: AuthenticationError}[status]


SUITE = Suite(
    dialect=DIALECT,
    target=target,
    request=request,
    read=read,
    ended=ended,
    error_class=error_class,
    damaged=DAMAGED,
)


def test_every_answer_agrees_with_an_independent_reading(tally: Tally) -> None:
    assert_none(check_answers(SUITE, tally))


def test_every_stream_gives_the_same_events_at_any_split(tally: Tally) -> None:
    assert_none(check_splits(SUITE, tally))


@pytest.mark.timeout(600)
def test_a_cut_stream_is_interrupted_and_never_a_normal_end(tally: Tally) -> None:
    assert_none(check_cuts(SUITE, tally))


def test_a_truncated_body_is_never_a_shorter_answer(tally: Tally) -> None:
    assert_none(check_truncated_bodies(SUITE, tally))


def test_every_error_status_becomes_the_error_that_fits(tally: Tally) -> None:
    assert_none(check_errors(SUITE, tally))


def test_every_item_goes_back_exactly_as_it_came(tally: Tally) -> None:
    problems = []
    for record in SUITE.records():
        if record.status >= 300 or record.streaming or record.id in DAMAGED:
            continue
        answer = whole(SUITE.decoder(record), record.body).response
        assert answer is not None
        asked = ChatRequest("model", (Message.user("Hi"), answer.message))
        encoded = DIALECT.encode(asked, target(record), stream=False, unsupported="error")
        if json.loads(encoded.body)["input"][1:] != _led_on(response_of(record)["output"]):
            problems.append((record.id, encoded.body.decode()[:200]))
    assert_none(problems)


def _led_on(output: list[dict[str, object]]) -> list[dict[str, object]]:
    """The items without reasoning at their end, which the provider refuses."""
    while output and output[-1]["type"] == "reasoning":
        output = output[:-1]
    return output


def test_a_stream_and_the_whole_response_at_its_end_give_the_same_answer(tally: Tally) -> None:
    problems = []
    for record in SUITE.streams():
        if record.capped or record.id in {*DAMAGED, *EDITED, *SHORTENED}:
            continue
        last = next(e for e in events_of(record.body) if e["type"] in TERMINALS)["response"]
        streamed_answer = stream(SUITE.decoder(record), [record.body]).response
        whole_answer = whole(
            SUITE.decoder(record),
            json.dumps(last, ensure_ascii=False, separators=(",", ":")).encode(),
        ).response
        assert streamed_answer is not None
        assert whole_answer is not None
        # The ChatGPT backend repeats nothing; OpenRouter repeats the items in another order.
        if last["output"] and record.provider != "openrouter":
            pair = [_without_states(answer) for answer in (streamed_answer, whole_answer)]
            if pair[0] != pair[1]:
                problems.append((record.id, f"{pair[0]!r:.300} is not {pair[1]!r:.300}"))
    assert_none(problems)


def _without_states(answer: ChatResponse) -> tuple[object, ...]:
    """What an answer says. Encrypted reasoning is new at every telling, so states may differ."""
    parts: list[object] = []
    for part in answer.message.parts:
        bare: Any = (
            part.kind if isinstance(part, Opaque) else structs.replace(part, provider_state=None)
        )
        if isinstance(bare, Text):
            citations = [structs.replace(c, provider_state=None) for c in bare.citations]
            bare = structs.replace(bare, citations=tuple(citations))
        parts.append(bare)
    figures = None if answer.usage is None else structs.replace(answer.usage, raw=None)
    return parts, figures, answer.cost, answer.finish_reason, answer.logprobs
