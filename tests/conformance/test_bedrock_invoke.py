"""`anthropic_messages` on Bedrock's InvokeModel over every recorded exchange of it.

In scope is a success that is an Anthropic message by its own word, and every refusal: those are
AWS's, whatever the model. The other successes are bodies of other models: embeddings, which
`test_bedrock_operations` reads, and chats that are not spoken (Converse speaks to these models).
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.eventstream import ParserError
from msgspec.structs import replace
from tests.auth.test_aws import PAIR, credential, place, renew
from tests.conformance import test_anthropic_messages as messages
from tests.conformance.corpus import Record, records
from tests.conformance.framed import as_stream, events, frame_start, frames
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
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    DecodeError,
    PermissionDeniedError,
    ServerError,
    StreamInterrupted,
)
from fairlead.types.http import Headers
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target

ON_BEDROCK = Quirks(anthropic_host="bedrock")
DAMAGED_FRAME = "f2eac25931b6fd8a"
EXCEPTION_FRAME = "e49500d8104163cd"
CUT = {"91488b8581e134e9": Damage(StreamInterrupted, "it ends without a message_stop")}


def view(record: Record) -> Record | None:
    record = as_stream(record)
    return record if record.status >= 300 or kind(record) == "message" else None


def kind(record: Record) -> str:
    """What a success says that it is; `other` where it says nothing of the kind."""
    try:
        first = next(chunks(record.body)) if record.streaming else json.loads(record.body)
    except (ValueError, StopIteration, ParserError):
        return "damaged"
    if first.get("type") == "message_start":
        return "message"
    return "message" if first.get("type") == "message" and "content" in first else "other"


def chunks(body: bytes) -> Iterator[dict[str, Any]]:
    for _, payload in events(body):
        yield json.loads(base64.b64decode(payload["bytes"]))


def target(record: Record) -> Target:
    return Target(record.provider, "claude", "chat", DIALECT.name, "", ON_BEDROCK)


def request(record: Record) -> ChatRequest:
    return ChatRequest("claude", (Message.user("recorded"),), max_tokens=1)


def read(record: Record) -> Reading:
    return messages.read(plain(record))


def plain(record: Record) -> Record:
    """The record as the provider itself would have streamed it."""
    if not record.streaming:
        return record
    lines = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks(record.body))
    return replace(record, response_body_b64=base64.b64encode(lines.encode()).decode())


def ended(record: Record, prefix: bytes) -> bool:
    for _, payload, end in frames(record.body):
        chunk = json.loads(base64.b64decode(json.loads(payload)["bytes"]))
        if chunk["type"] == "message_stop":
            return len(prefix) >= end
    raise AssertionError("a good stream has a message_stop")


def error_class(status: int, body: bytes) -> type[ApiError]:
    if b"Signature expired" in body or b"security token" in body:
        return AuthenticationError
    return {400: BadRequestError, 403: PermissionDeniedError}[status]


SUITE = Suite(
    dialect=DIALECT,
    target=target,
    request=request,
    read=read,
    ended=ended,
    damaged=CUT,
    error_class=error_class,
    corpus="bedrock_invoke",
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


def test_what_is_left_out_is_counted() -> None:
    """Of 189 exchanges, these many are answers of other models, or damaged by the recorder."""
    assert SUITE.records()
    left = [record for record in records("bedrock_invoke") if view(record) is None]
    assert Counter(kind(as_stream(record)) for record in left) == {"other": 108, "damaged": 1}


def test_a_damaged_frame_is_a_decode_error() -> None:
    record = named(DAMAGED_FRAME)
    run = stream(SUITE.decoder(record), [record.body])
    assert type(run.failure) is DecodeError
    assert run.events == []


def test_an_exception_frame_is_the_error_that_it_names() -> None:
    record = named(EXCEPTION_FRAME)
    run = stream(SUITE.decoder(record), [record.body])
    assert type(run.failure) is ServerError
    assert (run.failure.status, run.failure.kind) == (424, "modelStreamErrorException")


def named(record_id: str) -> Record:
    SUITE.records()
    return next(record for record in records("bedrock_invoke") if record.id == record_id)


def test_a_clock_that_is_off_is_said_to_be_off() -> None:
    found = [record for record in SUITE.records() if b"Signature expired" in record.body]
    signing = credential(place(PAIR))
    renew(signing)
    assert found
    for record in found:
        error = DIALECT.decode_error(
            record.status, Headers(record.headers), record.body, target(record)
        )
        assert not signing.rejected(error, 1.0)
        assert "this computer's clock differs from AWS's by" in str(error)
        assert "Signature expired" in str(error)


def test_every_answer_goes_back_as_it_came() -> None:
    for record in SUITE.records():
        if record.status >= 300 or SUITE.damage(record):
            continue
        decoder = SUITE.decoder(record)
        run = stream(decoder, [record.body]) if record.streaming else whole(decoder, record.body)
        assert run.response is not None
        asked = request(record)
        again = replace(asked, messages=(*asked.messages, run.response.message))
        sent = DIALECT.encode(again, target(record), stream=True, unsupported="error")
        body = json.loads(sent.body)
        assert body["anthropic_version"] == "bedrock-2023-05-31"
        assert "model" not in body
        assert "stream" not in body
        expected = [b for b in messages.came(plain(record)) if b != {"type": "text", "text": ""}]
        left_out = [what for what in sent.dropped if what.startswith("unfinished call")]
        expected = expected[: len(expected) - len(left_out)]
        assert [messages.tidy(block) for block in messages.turn(sent.body)] == expected, record.id
