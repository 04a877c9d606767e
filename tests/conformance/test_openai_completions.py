"""Every recorded completion of a bare prompt, against a reading of the JSON by itself.

The recordings of Anthropic's retired `/v1/complete` are not read: nobody answers there any more.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
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
from tests.conformance.runs import whole
from tests.conformance.table import Tally

from fairlead.dialects.completion.openai_completions import DIALECT
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
)
from fairlead.types.operations import CompletionRequest
from fairlead.types.targets import Target

pytestmark = pytest.mark.timeout(300)

DAMAGED: dict[str, Damage] = {}


def target(record: Record) -> Target:
    return Target(record.provider, "model", "completion", DIALECT.name, str(record.url))


def request(record: Record) -> CompletionRequest:
    choices = record.asked.get("n")
    extra = {"n": choices} if isinstance(choices, int) else None
    return CompletionRequest(model="model", prompt="Hi", extra_body=extra)


def objects(body: bytes, *, streaming: bool) -> list[dict[str, Any]]:
    if not streaming:
        return [json.loads(body)]
    lines = body.decode().splitlines()
    data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
    return [json.loads(text) for text in data if text != "[DONE]"]


def read(record: Record) -> Reading:
    values = objects(record.body, streaming=record.streaming)
    choices = [choice for value in values for choice in value.get("choices") or []]
    first = [choice for choice in choices if choice.get("index", 0) == 0]
    raw = next((c["finish_reason"] for c in reversed(first) if c.get("finish_reason")), None)
    return Reading(
        text="".join(text_of(choice) for choice in first),
        usage=usage_of(values),
        finish="length" if raw == "length" else "stop",
        raw_finish=raw,
        id=values[0].get("id") or "",
        model=values[0].get("model") or "",
        alternatives=len({choice.get("index", 0) for choice in choices}) - 1,
    )


def text_of(choice: dict[str, Any]) -> str:
    message = choice.get("delta") or choice.get("message") or {}
    return str(message.get("content") or choice.get("text") or "")


def usage_of(values: list[dict[str, Any]]) -> dict[str, int] | None:
    told = next((value["usage"] for value in reversed(values) if value.get("usage")), None)
    if told is None:
        return None
    prompt = told.get("prompt_tokens") or 0
    details = told.get("prompt_tokens_details") or {}
    return {
        "input_tokens": prompt,
        "cache_read": details.get("cached_tokens") or told.get("cached_tokens") or 0,
        "output_tokens": told.get("completion_tokens") or 0,
    }


def ended(record: Record, prefix: bytes) -> bool:
    """Whether every choice that was asked for has its reason, or [DONE] has come."""
    if re.search(rb"^data: ?\[DONE\]", prefix, re.MULTILINE):
        return True
    seen: set[int] = set()
    over: set[int] = set()
    for line in prefix.split(b"\n"):
        try:
            value = json.loads(line.removeprefix(b"data:"))
        except ValueError:
            continue
        for choice in value.get("choices") or []:
            seen.add(choice.get("index", 0))
            if choice.get("finish_reason") is not None:
                over.add(choice.get("index", 0))
    asked = record.asked.get("n")
    return seen == over and len(seen) >= (asked if isinstance(asked, int) else 1)


def error_class(status: int, body: bytes) -> type[ApiError]:
    return {
        400: BadRequestError,
        401: AuthenticationError,
        403: PermissionDeniedError,
        404: NotFoundError,
    }[status]


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


def test_any_split_of_a_stream_gives_the_same_events(tally: Tally) -> None:
    assert_none(check_splits(SUITE, tally))


def test_a_cut_stream_is_never_a_normal_end(tally: Tally) -> None:
    assert_none(check_cuts(SUITE, tally))


def test_a_truncated_body_is_never_a_shorter_answer(tally: Tally) -> None:
    assert_none(check_truncated_bodies(SUITE, tally))


def test_every_error_status_becomes_the_error_that_fits(tally: Tally) -> None:
    assert_none(check_errors(SUITE, tally))


def test_a_body_reads_the_same_when_it_is_fed_like_a_stream() -> None:
    """As from a server that answers a request for a stream with a body."""
    for record in SUITE.records():
        if record.status >= 300 or record.streaming or SUITE.damage(record):
            continue
        fed = SUITE.decoder(record)
        events = [*fed.feed(record.body[:7]), *fed.feed(record.body[7:]), *fed.close()]
        assert events == whole(SUITE.decoder(record), record.body).events


def test_log_probabilities_of_a_body_are_read() -> None:
    found = 0
    for record in SUITE.records():
        if record.status >= 300 or record.streaming:
            continue
        told = json.loads(record.body)["choices"][0].get("logprobs")
        if told:
            response = whole(SUITE.decoder(record), record.body).response
            assert response is not None
            assert response.logprobs is not None
            assert [t.token for t in response.logprobs] == told["tokens"]
            assert [t.logprob for t in response.logprobs] == told["token_logprobs"]
            tops = [{t.token: t.logprob for t in token.top} for token in response.logprobs]
            assert tops == told["top_logprobs"]
            found += 1
    assert found
