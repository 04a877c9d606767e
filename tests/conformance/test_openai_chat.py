"""Every recorded Chat Completions exchange, against a reading of the JSON that stands by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
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

from fairlead.dialects.openai_chat import DIALECT, OpenAIChatOptions
from fairlead.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    DecodeError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    StreamInterrupted,
)
from fairlead.types.messages import Message, ToolCall
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target

pytestmark = pytest.mark.timeout(600)

# Pages of stored answers, which share the URL of the operation.
LISTS = [
    "c38a158c7ac4eed9",
    "7981786f10f75d1f",
    "8bbb46d099fb6882",
    "1ade79108e66e847",
    "72683775db612ccb",
    "3cbe36a4d9adffd9",
    "93a89de8bfa25144",
    "1d214f978b3837b0",
    "05952e13c5fbf894",
    "28251bee1b58c2c8",
    "cc3de055d8340aa8",
    "0c2b4bdac9060347",
    "47da2ae065a9158e",
    "decd90bb8fe0646a",
    "53f3a913e93ae49a",
    "93eb56f8aeccdd45",
    "7e116cdf1d40d61f",
    "db98fe97184f39dc",
    "6086c1803fd4c0cb",
    "48c5d2f3a3fbf609",
    "b7b81715268d83cd",
    "7e1bb0021a12b9c9",
    "cdf8786a5ac2ee05",
    "fc5883a48025b57d",
    "a136e7f09d7af7b7",
    "f4b89ed6b26332bd",
    "b61f4efa543b9840",
    "e1da979af1fd1f84",
    "34425c81bc63b17c",
    "07e975ecce0859a6",
    "569a020d51d17c92",
    "63954614ca903ce6",
    "eeaa626b4ea4ba24",
    "cd87f2d5fe65305d",
    "5cc5dec68915d689",
    "8a9e04139ef6230d",
]

DAMAGED = {
    **{one: Damage(DecodeError, "a list of stored answers, no answer") for one in LISTS},
    "829e198500e8ee68": Damage(DecodeError, "an echo of the request"),
    "242b00bd2f8aee42": Damage(DecodeError, "a skill, no answer"),
    "f788f6594339fda8": Damage(DecodeError, "the recorder wrapped the body in base64"),
    "9f00c7bafd273b4f": Damage(DecodeError, "the recorder wrapped the body in base64"),
    "29232abe238e3148": Damage(DecodeError, "the recorder wrapped the body in base64"),
    "e3a010e8d61562f9": Damage(DecodeError, "a gateway's own envelope"),
    "5c25fbd4d4ee26df": Damage(DecodeError, "a gateway's own envelope"),
    "7d35e277757b2146": Damage(DecodeError, "Azure's preview of chat with data: no message"),
    "ff37ad4cfaab6956": Damage(DecodeError, "Azure's preview of chat with data: no message"),
    "bc6300819e8190e1": Damage(StreamInterrupted, "Azure's preview of chat with data: no end"),
    "4921119a63d7eb83": Damage(StreamInterrupted, "a stream without a byte"),
    "a2b3766dc04a445f": Damage(ServerError, "an error 502 in a 200"),
    "09eb220d1055a891": Damage(ServerError, "an error 502 in a 200"),
    "4ee03440aaad91b0": Damage(ServerError, "an error 502 in the choice of a 200"),
    "d46e6c7cd7090593": Damage(BadRequestError, "an error 400 in the last chunk"),
    "22ae6d41206daa6f": Damage(BadRequestError, "an error event that names status 400"),
    "a7ecabfc835eb685": Damage(BadRequestError, "an error event that names status 400"),
}

FINISH = {
    "stop": "stop",
    "eos": "stop",
    "": "stop",
    None: "stop",
    "length": "length",
    "content_filter": "content_filter",
    "error": "error",
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "tool_call": "tool_call",
}


def target(record: Record) -> Target:
    return Target(record.provider, "model", "chat", "openai_chat", str(record.url))


def request(record: Record) -> ChatRequest:
    choices = record.asked.get("n")
    options = OpenAIChatOptions(n=choices) if isinstance(choices, int) else None
    return ChatRequest("model", (Message.user("Hi"),), options=options)


def frames(body: bytes) -> Iterator[str]:
    """The data of each event, up to and without [DONE]; lines as the standard has them."""
    lines = re.split(r"\r\n|\n|\r", body.decode("utf-8", "replace"))
    for filled, block in groupby(lines, key=bool):
        data = [line[5:].removeprefix(" ") for line in block if line.startswith("data:")]
        if filled and data:
            if data[0].strip() == "[DONE]":
                return
            yield "\n".join(data)


def objects(record: Record) -> list[dict[str, Any]]:
    if record.streaming:
        return [json.loads(data) for data in frames(record.body)]
    return [json.loads(record.body)] if record.body.strip() else []


def read(record: Record) -> Reading:
    values = objects(record)
    choices = [(place, c) for v in values for place, c in enumerate(v.get("choices") or [])]
    first = [c for place, c in choices if c.get("index", place) == 0]
    if not record.streaming:
        first = [c for _, c in choices][:1]
    kind = "delta" if record.streaming else "message"
    messages = [c.get(kind) or {"content": c.get("text")} for c in first]
    raw = next(
        (c["finish_reason"] for c in reversed(first) if c.get("finish_reason") is not None), None
    )
    calls = calls_of(messages)
    finish = FINISH[raw]
    named = next((v for v in values if v.get("id") or v.get("model")), {})
    return Reading(
        text="".join(text_of(m.get("content")) for m in messages),
        reasoning="".join(map(reasoning_of, messages)),
        refusal="".join(m.get("refusal") or "" for m in messages),
        tool_calls=calls,
        citations=citations_of(values, messages),
        usage=usage_of(values),
        finish="tool_call" if calls and finish == "stop" else finish,
        raw_finish=raw,
        id=named.get("id") or "",
        model=named.get("model") or "",
        alternatives=len({c.get("index", place) for place, c in choices} or {0}) - 1,
    )


def text_of(content: Any) -> str:
    if isinstance(content, dict):
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    if isinstance(content, list):
        return "".join(item["text"] for item in content if item["type"] == "text")
    assert content is None or isinstance(content, str)
    return content or ""


def reasoning_of(message: dict[str, Any]) -> str:
    told = message.get("reasoning_content") or message.get("reasoning")
    details = message.get("reasoning_details") or []
    content = message.get("content")
    chunks = [c for c in content if c["type"] == "thinking"] if isinstance(content, list) else []
    details += [text for chunk in chunks for text in chunk["thinking"]]
    return told or "".join(d.get("text") or d.get("summary") or "" for d in details)


def calls_of(messages: list[dict[str, Any]]) -> tuple[tuple[str | None, str, str], ...]:
    pieces: dict[object, list[Any]] = {}
    for message in messages:
        for piece in message.get("tool_calls") or []:
            key = piece.get("index")
            if key is None or (key in pieces and piece.get("id") and piece["id"] != pieces[key][0]):
                key = len(pieces)
            call = pieces.setdefault(key, [None, None, ""])
            inner = piece.get(piece.get("type") or "function") or {}
            call[0] = call[0] or piece.get("id") or None
            call[1] = call[1] or inner.get("name")
            call[2] += inner.get("arguments") or ""
            if piece.get("type") == "custom":
                call[2] += json.dumps({"input": inner["input"]}, separators=(",", ":"))
        legacy = message.get("function_call") or {}
        if legacy.get("name") or legacy.get("arguments"):
            call = pieces.setdefault("legacy", [None, None, ""])
            call[1] = call[1] or legacy.get("name")
            call[2] += legacy.get("arguments") or ""
    return tuple((call_id, name, arguments or "{}") for call_id, name, arguments in pieces.values())


def citations_of(
    values: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> tuple[str | None, ...]:
    annotated = [a["url_citation"]["url"] for m in messages for a in m.get("annotations") or []]
    listed = next((v["citations"] for v in reversed(values) if v.get("citations")), [])
    results = next((v["search_results"] for v in reversed(values) if v.get("search_results")), [])
    urls = dict.fromkeys([*listed, *(result["url"] for result in results)])
    return (*annotated, *(url for url in urls if url not in annotated))


def usage_of(values: list[dict[str, Any]]) -> dict[str, int] | None:
    reports = [v[k] for v in values for k in ("usage",) if v.get(k)]
    reports += [v["x_groq"]["usage"] for v in values if (v.get("x_groq") or {}).get("usage")]
    if not reports:
        return None

    def last(*path: str) -> int:
        for report in reversed(reports):
            value: Any = report
            for name in path:
                value = value.get(name) if isinstance(value, dict) else None
            if value is not None:
                return int(value)
        return 0

    prompt, completion, total = (last(f"{k}_tokens") for k in ("prompt", "completion", "total"))
    told = last("completion_tokens_details", "reasoning_tokens") or last("reasoning_tokens")
    outside = told > 0 and total == prompt + completion + told
    cached = (
        last("prompt_tokens_details", "cached_tokens")
        or last("prompt_cache_hit_tokens")
        or last("cached_tokens")
        or last("num_cached_tokens")
        or last("cache_read_input_tokens")
    )
    heard = last("prompt_tokens_details", "audio_tokens")
    written = last("prompt_tokens_details", "cache_write_tokens")
    spoken = completion if outside else completion - min(told, completion)
    return {
        "input_tokens": prompt + sum(apart for apart in (cached, heard) if apart > prompt),
        "cache_read": cached,
        "cache_write": written,
        "audio_input": heard,
        "output_tokens": completion + (told if outside else 0),
        "reasoning": told if outside else min(told, completion),
        "audio_output": min(last("completion_tokens_details", "audio_tokens"), spoken),
    }


def ended(record: Record, prefix: bytes) -> bool:
    """Whether every choice that was asked for has its reason, or [DONE] has come."""
    if re.search(rb"^data: ?\[DONE\]", prefix, re.MULTILINE):
        return True
    reasons: set[int] = set()
    seen: set[int] = set()
    for data in frames(prefix):
        try:
            value = json.loads(data)
        except ValueError:
            continue
        for choice in value.get("choices") or []:
            seen.add(choice.get("index", 0))
            if choice.get("finish_reason") is not None:
                reasons.add(choice.get("index", 0))
    asked = record.asked.get("n")
    return seen == reasons and len(seen) >= (asked if isinstance(asked, int) else 1)


def error_class(status: int, body: bytes) -> type[ApiError]:
    if b"exceeds the available context size" in body:
        return ContextLengthError
    return {
        400: BadRequestError,
        401: AuthenticationError,
        403: PermissionDeniedError,
        404: NotFoundError,
        422: BadRequestError,
        429: RateLimitError,
        500: ServerError,
        503: OverloadedError,
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
MISTRAL = Suite(
    dialect=DIALECT,
    target=target,
    request=request,
    read=read,
    ended=ended,
    error_class=error_class,
    damaged={
        "c8befff995240bc2": Damage(DecodeError, "pages of a scanned document, no answer"),
        "efaf8f8cb2a5856c": Damage(DecodeError, "the recorder's own file"),
    },
    corpus="mistral",
)
SUITES = pytest.mark.parametrize("suite", [SUITE, MISTRAL], ids=["all", "mistral"])


@SUITES
def test_every_answer_agrees_with_an_independent_reading(suite: Suite, tally: Tally) -> None:
    assert_none(check_answers(suite, tally))


@SUITES
def test_any_split_of_a_stream_gives_the_same_events(suite: Suite, tally: Tally) -> None:
    assert_none(check_splits(suite, tally))


@SUITES
def test_a_cut_stream_is_never_a_normal_end(suite: Suite, tally: Tally) -> None:
    assert_none(check_cuts(suite, tally))


@SUITES
def test_a_truncated_body_is_never_a_shorter_answer(suite: Suite, tally: Tally) -> None:
    assert_none(check_truncated_bodies(suite, tally))


@SUITES
def test_every_error_status_becomes_the_error_that_fits(suite: Suite, tally: Tally) -> None:
    assert_none(check_errors(suite, tally))


RETURNED = ("content", "tool_calls", "reasoning_details", "extra_content", "refusal")


def test_every_unstreamed_answer_goes_back_as_it_came() -> None:
    """Text, calls and reasoning details of the message are sent back with equal JSON."""
    quirks = Quirks(reasoning_echo="reasoning_details")
    problems: list[tuple[str, str]] = []
    for record in SUITE.records():
        if record.status >= 300 or record.streaming or SUITE.damage(record) or not record.body:
            continue
        run = whole(SUITE.decoder(record), record.body)
        assert run.response is not None
        told = run.response.message
        if any(isinstance(part, ToolCall) and not part.complete for part in told.parts):
            continue  # it does not go back
        asked = ChatRequest("m", (Message.user("Hi"), told))
        aim = Target(record.provider, "m", "chat", "openai_chat", "", quirks)
        sent = DIALECT.encode(asked, aim, stream=False, unsupported="error")
        came = json.loads(record.body)["choices"][0]["message"]
        back = json.loads(sent.body)["messages"][1:]
        if not back and not (came.get("content") or came.get("tool_calls") or came.get("refusal")):
            continue  # mere reasoning, without words or calls, does not go back either
        (back,) = back
        problems += [
            (record.id, f"{field}: {came[field]!r:.90} is {back.get(field)!r:.90}")
            for field in RETURNED
            if came.get(field) and not same(came[field], back.get(field))
        ]
    assert_none(problems)


def same(came: Any, back: Any) -> bool:
    """Whether a field went back as it came, but for what has no meaning in a request."""
    if isinstance(came, dict) and isinstance(back, str):
        return bool(came == json.loads(back))
    if isinstance(came, list) and came and "function" in came[0]:
        for call in came:
            call.pop("index", None)
            if not call.get("custom", {}).get("name"):
                call.pop("custom", None)
            call["function"].pop("call_id", None)
            call["id"] = call["id"] or back[came.index(call)]["id"]
            call["function"]["arguments"] = call["function"]["arguments"] or "{}"
    return bool(came == back)
