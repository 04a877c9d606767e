"""The short ways of Chat Completions, for text alone, against the general one: never a difference.

Every recorded body and stream is read both ways, as it is and with random damage.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from tests.conformance.corpus import CORPUS, Record, path, records
from tests.conformance.runs import Run, stream, whole

from fairlead.dialects.openai_chat.decode import OpenAIChatDecoder
from fairlead.ports import Limits
from fairlead.types.messages import Message
from fairlead.types.requests import ChatRequest
from fairlead.types.targets import Quirks, Target

pytestmark = pytest.mark.timeout(600)

REQUEST = ChatRequest("model", (Message.user("Hi"),))
QUIRKS = (
    Quirks(),
    Quirks(cache_excluded_from_input=True, reasoning_excluded_from_output=True),
    Quirks(base_resp_errors=True),
)
FIELDS = [
    "id",
    "model",
    "choices",
    "usage",
    "error",
    "x_groq",
    "citations",
    "search_results",
    "cost",
    "base_resp",
    "index",
    "message",
    "delta",
    "text",
    "finish_reason",
    "logprobs",
    "content",
    "refusal",
    "tool_calls",
    "function",
    "arguments",
    "name",
    "custom",
    "annotations",
    "audio",
    "images",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "function_call",
    "extra_content",
    "executed_tools",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "cached_tokens",
    "completion_tokens_details",
    "reasoning_tokens",
    "audio_tokens",
    "estimated_cost",
    "cost_in_usd_ticks",
]
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 7.0, 0.5, 2**53, 2**64, 10**40, "", "stop", "tool_calls"),
    *("text", "\x00", "é\U0001f600", [], [1], [{}], [{"type": "text", "text": "x"}], {}),
    *({"cost": 1}, {"content": "x"}, {"cached_tokens": 3}, {"usage": {"total_tokens": 4}}),
    *({"error": {"message": "no"}}, {"total_cost": "0.1"}, {"status_code": 1004}),
)


class GeneralDecoder(OpenAIChatDecoder):
    """Takes no short way: neither for a body nor for a chunk."""

    _shortly = False

    def __init__(self, request: ChatRequest, target: Target, limits: Limits) -> None:
        super().__init__(request, target, limits)
        self.begin(request)
        self._plainly = False


def recorded() -> Iterator[Record]:
    for name in ("openai_chat", "mistral"):
        if not path(name).exists():
            pytest.skip(f"no recordings in {CORPUS}")
        yield from (r for r in records(name) if r.status < 300 and r.body)


def differences(body: bytes, quirks: Quirks, *, streamed: bool) -> str | None:
    """What the two ways tell differently; None where they agree."""
    target = Target("corpus", "model", "chat", "openai_chat", "", quirks)
    short = read(OpenAIChatDecoder(REQUEST, target, Limits()), body, streamed=streamed)
    general = read(GeneralDecoder(REQUEST, target, Limits()), body, streamed=streamed)
    for name in ("events", "response"):
        one, other = getattr(short, name), getattr(general, name)
        if one != other:
            return f"{name}: {one!r:.300} is {other!r:.300}; body {body!r:.600}"
    if type(short.failure) is not type(general.failure):
        return f"failure: {short.failure!r} is {general.failure!r}; body {body!r:.600}"
    return None


def read(decoder: OpenAIChatDecoder, body: bytes, *, streamed: bool) -> Run:
    return stream(decoder, (body,)) if streamed else whole(decoder, body)


def test_a_recorded_body_is_read_alike_both_ways() -> None:
    found = [
        (record.id, difference)
        for record in recorded()
        if not record.streaming
        for quirks in QUIRKS
        if (difference := differences(record.body, quirks, streamed=False)) is not None
    ]
    assert not found, found[:5]


def test_a_recorded_stream_is_read_alike_both_ways() -> None:
    found = [
        (record.id, difference)
        for record in recorded()
        if record.streaming
        for quirks in QUIRKS
        if (difference := differences(record.body, quirks, streamed=True)) is not None
    ]
    assert not found, found[:5]


def test_a_damaged_body_is_read_alike_both_ways() -> None:
    random = Random(20260101)
    found = []
    for record in recorded():
        if record.streaming or len(record.body) > 8 << 10:
            continue
        for _ in range(3):
            body = _mutated(record.body, random)
            difference = differences(body, random.choice(QUIRKS), streamed=False)
            found += [(record.id, difference)] if difference else []
    assert not found, found[:5]


def test_a_damaged_stream_is_read_alike_both_ways() -> None:
    random = Random(20260102)
    found = []
    for record in recorded():
        if not record.streaming or len(record.body) > 16 << 10:
            continue
        for _ in range(3):
            frames = record.body.split(b"\n\n")
            for _ in range(random.randint(1, 3)):
                place = random.randrange(len(frames))
                if frames[place].startswith(b"data: {"):
                    frames[place] = b"data: " + _mutated(frames[place][6:], random)
            difference = differences(b"\n\n".join(frames), random.choice(QUIRKS), streamed=True)
            found += [(record.id, difference)] if difference else []
    assert not found, found[:5]


def _mutated(body: bytes, random: Random) -> bytes:
    """`body` with one to three fields set, renamed or taken away, or with a broken byte."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    for _ in range(random.randint(1, 3)):
        _damage(random.choice(list(_objects(value)) or [{}]), random)
    sent = json.dumps(value, ensure_ascii=random.random() < 0.5).encode("utf-8", "replace")
    if random.random() < 0.1:
        place = random.randrange(len(sent))
        sent = sent[:place] + bytes([random.randrange(256)]) + sent[place + 1 :]
    return sent


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else ():
        yield from _objects(item)
    for item in value if isinstance(value, list) else ():
        yield from _objects(item)


def _damage(found: dict[str, Any], random: Random) -> None:
    name = random.choice(FIELDS if random.random() < 0.5 else list(found) or FIELDS)
    if random.random() < 0.2:
        found.pop(name, None)
    elif random.random() < 0.2 and name in found:
        found[random.choice(FIELDS)] = found.pop(name)
    else:
        found[name] = deepcopy(random.choice(VALUES))
