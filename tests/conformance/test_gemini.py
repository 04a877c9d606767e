"""`gemini` over every recorded exchange, of the Gemini API and of Vertex, against a reading of its
own."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import pytest
from msgspec.structs import replace
from tests.conformance.corpus import Record
from tests.conformance.gemini_reading import chunks, grown, parts, read
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
from tests.conformance.runs import stream, whole
from tests.conformance.table import Tally

from fairlead.dialects.gemini import DIALECT
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    DecodeError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    StreamInterrupted,
)
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Target
from fairlead.types.tools import ProviderTool

IMAGES = Damage(DecodeError, "the answer of an image model's :predict, filed here by mistake")
UNENDED = Damage(StreamInterrupted, "the stream ends without a finishReason")
DAMAGED = {
    "5c6b329631c1ab7d": Damage(DecodeError, "a schema, filed here by mistake"),
    "6ea923bd2e3c1675": Damage(DecodeError, "a cache's description, filed here by mistake"),
    "a20e09a8895e3885": IMAGES,
    "a0efc1b9c454f8e9": IMAGES,
    "a80be9de2056dba5": IMAGES,
    "6c16cef07c0e5d42": IMAGES,
    "f130df983dc55c07": UNENDED,
    "b8438aec5249c9c1": UNENDED,
    "29cf02695c801610": UNENDED,
    "96ac12b3fb2d4eef": Damage(StreamInterrupted, "an empty stream"),
    "5cc1567995f0a984": Damage(BadRequestError, "an error, CANCELLED, unframed behind the events"),
}


def model(record: Record) -> str:
    found = re.search(r"models/([^:/]+)", record.url or "")
    return found[1] if found else "gemini-2.5-flash"


def target(record: Record) -> Target:
    return Target(record.provider, model(record), "chat", DIALECT.name, record.url or "")


def request(record: Record) -> ChatRequest:
    """With the tools that the provider runs itself, which tell whose a call is."""
    tools = tuple(
        ProviderTool(DIALECT.name, tool)
        for tool in record.asked.get("tools") or ()
        if isinstance(tool, dict) and "mcpServers" in tool
    )
    return ChatRequest(model(record), (Message.user("recorded"),), tools=tools)


@lru_cache(maxsize=64)
def end(body: bytes) -> int:
    """Where the first chunk that ends the answer is complete."""
    found = re.search(rb'"finishReason"|"blockReason"', body)
    assert found is not None
    text = body.decode("latin-1")
    place = 0
    while (place := text.find("{", place)) >= 0:
        _, stop = json.JSONDecoder().raw_decode(text, place)
        if stop > found.start():
            return stop
        place = stop
    raise AssertionError("no chunk holds the end")


def ended(record: Record, prefix: bytes) -> bool:
    return len(prefix) >= end(record.body)


def event_start(body: bytes, place: int) -> int:
    """Behind the last blank line, of either kind; a list is read from its beginning."""
    if not body.startswith(b"data:"):
        return 0
    blanks = [mark for mark in (b"\n\n", b"\r\n\r\n") if mark in body[:place]]
    return max((body.rfind(mark, 0, place) + len(mark) for mark in blanks), default=0)


def error_class(status: int, body: bytes) -> type[ApiError]:
    if b"API_KEY_INVALID" in body:
        return AuthenticationError
    if b"exceeds the maximum number of tokens" in body:
        return ContextLengthError
    if b'"quota_limit_value": "0"' in body:
        return QuotaExceededError
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
    event_start=event_start,
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
        again = replace(asked, messages=(*asked.messages, run.response.message), tools=())
        sent = DIALECT.encode(again, target(record), stream=False, unsupported="error")
        assert turn(sent.body) == came(record), record.id


def came(record: Record) -> list[dict[str, Any]]:
    """The parts of the answer; plain text that follows plain text of its kind is one part."""
    found: list[dict[str, Any]] = []
    candidates = [c for text in chunks(record) for c in json.loads(text).get("candidates") or []]
    for part in grown([part for candidate in candidates for part in parts(candidate)]):
        if part in ({}, {"text": ""}):
            continue
        last = found[-1] if found else {}
        if "text" in part and plain(part) == plain(last) is not None:
            last["text"] += part["text"]
        else:
            found.append(part)
    return [tidy(part) for part in found]


def plain(part: dict[str, Any]) -> str | None:
    """The kind of a part that is nothing but text."""
    if part.keys() == {"text"}:
        return "text"
    return "thought" if part.keys() == {"text", "thought"} else None


def tidy(part: dict[str, Any]) -> dict[str, Any]:
    call = part.get("functionCall")
    if call is None:
        return part
    call.pop("written", None)
    return part | {"functionCall": {"args": {}} | call}


def turn(body: bytes) -> list[dict[str, Any]]:
    """The parts of the model's turn in a request; a made-up signature is left out."""
    contents = json.loads(body)["contents"]
    found: list[dict[str, Any]] = contents[1]["parts"] if len(contents) > 1 else []
    for part in found:
        if part.get("thoughtSignature") == "skip_thought_signature_validator":
            del part["thoughtSignature"]
    return found
