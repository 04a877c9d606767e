"""Every check passes on a server that keeps to its protocol, and finds the one that does not."""

from __future__ import annotations

import re

import pytest
from tests.conforming.honest import KEY, WRITERS, Asked, Fault, Reply, serving

from fairlead import Settings
from fairlead.conforming.catalogue import CHECKS
from fairlead.conforming.start import conform

ABSENT = {
    "openai_chat": set(),
    "openai_responses": {"stop", "several choices", "seed"},
    "anthropic_messages": {"several choices", "seed"},
}
"""What a protocol does not have."""


def spoilt(old: bytes, new: bytes, *, streamed: bool | None = None) -> Fault:
    """Answers hold something else; in streams, in whole answers, or in both."""

    def fault(asked: Asked, reply: Reply) -> None:
        if streamed in (None, reply.streamed):
            reply.body = re.sub(old, lambda _: new, reply.body)

    return fault


def on(word: str, status: int, body: bytes = b"{}") -> Fault:
    """Another answer to requests that hold `word`, or to those that are refused with it."""

    def fault(asked: Asked, reply: Reply) -> None:
        if word.encode() in asked.received.body or word == str(reply.status):
            reply.status, reply.body, reply.kind = status, body, "application/json"

    return fault


def labelled(kind: str, *, ok: bool) -> Fault:
    def fault(asked: Asked, reply: Reply) -> None:
        if (reply.status < 300) is ok and not reply.streamed:
            reply.kind = kind

    return fault


def stream_labelled_plain(asked: Asked, reply: Reply) -> None:
    if reply.streamed:
        reply.kind = "text/plain"


def error_within_a_stream(asked: Asked, reply: Reply) -> None:
    if asked.fields.get("stream") and reply.status == 400:
        reply.status, reply.kind = 200, "text/event-stream"
        reply.body = b"data: " + reply.body + b"\n\n"


def all_in_one_piece(asked: Asked, reply: Reply) -> None:
    if reply.streamed:
        chunks = reply.body.split(b"\n\n")
        texts = re.findall(rb'"content":"(.*?)"', reply.body)
        kept = [chunk for chunk in chunks if b'"delta":{"content"' not in chunk]
        first = chunks[0].replace(b'"content":""', b'"content":"' + b"".join(texts) + b'"')
        reply.body = b"\n\n".join([first, *kept[1:]])


def behind_a_cut_stream(asked: Asked) -> bool:
    told = b"" if asked.before is None else asked.before.body
    return b"story" in told and b"story" not in asked.received.body


def slow_after_a_cut_stream(asked: Asked, reply: Reply) -> None:
    if behind_a_cut_stream(asked):
        reply.pause = 2.5  # a second more than three of the usual times, on a busy machine too


def places_stay_taken(asked: Asked, reply: Reply) -> None:
    if behind_a_cut_stream(asked):
        reply.status, reply.body, reply.kind = 503, b"{}", "application/json"


def seed_unheeded(asked: Asked, reply: Reply) -> None:
    if "seed" in asked.fields:
        reply.body = reply.body.replace(b"Spring", (reply.request_id or "").encode())


def bytes_counted(asked: Asked, reply: Reply) -> None:
    size = len(asked.received.body)
    reply.body = re.sub(rb'"prompt_tokens":\d+', b'"prompt_tokens":%d' % size, reply.body)


def no_request_id(asked: Asked, reply: Reply) -> None:
    reply.request_id = None


def keyless_is_fine(asked: Asked, reply: Reply) -> None:
    if asked.received.header("authorization") is None:
        reply.status = 200


def any_key_is_fine(asked: Asked, reply: Reply) -> None:
    if reply.status == 401:
        reply.status = 200


FAULTS: dict[tuple[str, str], Fault | str] = {
    ("answers", "shape"): spoilt(rb'"object":"chat.completion"', b'"object":"text"'),
    ("answers", "text"): spoilt(rb'"content":".*?"', b'"content":""'),
    ("answers", "usage"): spoilt(rb'"total_tokens":\d+', b'"total_tokens":1'),
    ("answers", "usage grows"): spoilt(rb'"prompt_tokens":\d+', b'"prompt_tokens":9'),
    ("streams", "content type"): stream_labelled_plain,
    ("streams", "framing"): spoilt(rb"\[DONE\]\n\n", b"[DONE]\n"),
    ("streams", "encoding"): spoilt(rb"summer", b"summ\xffer"),
    ("streams", "end"): spoilt(rb"data: \[DONE\]\n\n", b""),
    ("streams", "events"): spoilt(rb'"object":"chat.completion.chunk",', b""),
    ("streams", "usage"): spoilt(rb'"usage":\{.*?\}', b'"usage":null'),
    ("streams", "in pieces"): all_in_one_piece,
    ("agreement", "text"): spoilt(rb"summer", b"supper", streamed=True),
    ("agreement", "finish"): spoilt(rb'"stop"', b'"length"', streamed=True),
    ("agreement", "usage"): spoilt(rb'"prompt_tokens":\d+', b'"prompt_tokens":9', streamed=True),
    ("agreement", "model"): spoilt(rb'"m1"', b'"m2"', streamed=True),
    ("tools", "whole"): spoilt(rb'\\"Paris\\"', b"3", streamed=False),
    ("tools", "streamed"): spoilt(rb"get_weather", b"get_wether", streamed=True),
    ("tools", "ids"): spoilt(rb'"id":"call_1",', b"", streamed=True),
    ("tools", "result"): on("tool_call_id", 500),
    ("tools", "by name"): spoilt(rb"get_time", b"get_weather"),
    ("schema", "whole"): spoilt(rb"36", b"null", streamed=False),
    ("schema", "streamed"): spoilt(rb"36\}", b"36", streamed=True),
    ("limits", "length"): spoilt(rb'"completion_tokens":16', b'"completion_tokens":17'),
    ("limits", "stop"): "stop",
    ("limits", "several choices"): "n",
    ("limits", "seed"): seed_unheeded,
    ("text", "escapes"): bytes_counted,
    ("text", "echo"): spoilt("ü".encode(), "Ã¼".encode()),
    ("text", "unknown fields"): on("x_of_a_later_day", 500),
    ("headers", "content type"): labelled("text/html", ok=True),
    ("headers", "request id"): no_request_id,
    ("errors", "bad JSON"): on("400", 500),
    ("errors", "wrong type"): on("many", 200),
    ("errors", "before the stream"): error_within_a_stream,
    ("errors", "unknown model"): on("no-such-model", 200),
    ("errors", "missing key"): keyless_is_fine,
    ("errors", "wrong key"): any_key_is_fine,
    ("errors", "too long"): on("word word", 500),
    ("errors", "shape"): on("400", 400, b'{"detail":"no"}'),
    ("errors", "content type"): labelled("text/plain", ok=False),
    ("cancelling", "next request"): slow_after_a_cut_stream,
    ("cancelling", "several"): places_stay_taken,
}
"""What a server does wrong that this check is to find; a word is a field that it does not see."""
MILD = {("streams", "in pieces"), ("limits", "seed"), ("headers", "request id")}


def verdicts(dialect: str, fault: Fault | str | None = None, only: tuple[str, ...] = ()):
    """Each check's verdict and evidence, by area and name."""
    spoiling = None if isinstance(fault, str) else fault
    deaf = (fault,) if isinstance(fault, str) else ()
    with serving(dialect, spoiling, deaf) as url:
        card = conform(url, dialect=dialect, key=KEY, only=only, costly=True, settings=Settings())
    assert KEY not in repr(card)
    return {(item.area, item.name): (item.verdict, item.evidence) for item in card.outcomes}


@pytest.mark.parametrize("dialect", WRITERS)
def test_a_server_that_keeps_to_its_protocol_passes_every_check(dialect: str) -> None:
    found = verdicts(dialect)

    absent = {name for (_, name), (verdict, _) in found.items() if verdict == "skip"}
    assert absent == ABSENT[dialect]
    assert {k: v for k, v in found.items() if v[0] in ("warn", "fail")} == {}
    assert len(found) == len(CHECKS)


def test_there_is_a_broken_server_for_every_check() -> None:
    assert set(FAULTS) == {(item.area, item.name) for item in CHECKS}


@pytest.mark.parametrize(("area", "name"), FAULTS, ids=map(" ".join, FAULTS))
def test_a_check_finds_the_server_that_breaks_what_it_asks_for(area: str, name: str) -> None:
    found = verdicts("openai_chat", FAULTS[area, name], only=(area,))

    verdict, evidence = found[area, name]
    assert (verdict, evidence != "") == ("warn" if (area, name) in MILD else "fail", True), evidence


OTHERS = {
    "a closing event is missing": (
        "end",
        {
            "openai_responses": spoilt(rb"event: response.completed\n.*\n\n", b""),
            "anthropic_messages": spoilt(rb"event: message_stop\n.*\n\n", b""),
        },
    ),
    "something comes after the closing event": (
        "end",
        {
            "openai_responses": spoilt(rb"\Z", b'event: x\ndata: {"type":"x"}\n\n'),
            "anthropic_messages": spoilt(rb"\Z", b'event: x\ndata: {"type":"x"}\n\n'),
        },
    ),
    "names disagree": (
        "events",
        {
            "openai_responses": spoilt(rb"event: response.created", b"event: created"),
            "anthropic_messages": spoilt(rb"event: message_start", b"event: start"),
        },
    ),
    "the first event is another": (
        "events",
        {
            "openai_responses": spoilt(rb"\Aevent.*\ndata.*\n\n", b""),
            "anthropic_messages": spoilt(rb"\Aevent.*\ndata.*\n\n", b""),
        },
    ),
    "the order is broken": (
        "events",
        {
            "openai_responses": spoilt(rb'"sequence_number":\d+', b'"sequence_number":1'),
            "anthropic_messages": spoilt(rb"event: content_block_stop\n.*\n\n", b""),
        },
    ),
}


@pytest.mark.parametrize("dialect", ["openai_responses", "anthropic_messages"])
@pytest.mark.parametrize("case", OTHERS)
def test_streams_of_named_events_are_judged_by_their_own_rules(dialect: str, case: str) -> None:
    name, faults = OTHERS[case]

    found = verdicts(dialect, faults[dialect], only=("streams",))

    assert found["streams", name][0] == "fail", found


def test_a_required_call_is_asked_for_once_whole_and_once_streamed_for_all_checks() -> None:
    required: list[bool] = []

    def noted(asked: Asked, reply: Reply) -> None:
        if asked.fields.get("tool_choice") == "required":
            required.append(bool(asked.fields.get("stream")))

    with serving("openai_chat", noted) as base:
        conform(base, dialect="openai_chat", model="m1", key=KEY, settings=Settings())
    assert sorted(required) == [False, True]
