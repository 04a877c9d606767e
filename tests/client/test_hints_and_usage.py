"""Rows of the fault table about what a provider says: when to come back, and what was used."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.client.test_budgets import COST, MAX, MODEL, paid, spent
from tests.client.test_fallback import Place, refused, said
from tests.client.wire import DONE, chunk, data, pieces, whole

import fairlead
from fairlead.errors import FairleadError, QuotaExceededError, RateLimitError
from fairlead.stores.memory import shared_ledger
from fairlead.testing.memory import Answer
from fairlead.testing.server import ScriptedServer, respond, stream

DATE = ("date", "Wed, 21 Oct 2026 07:28:00 GMT")
HINTS: dict[str, tuple[float, Any]] = {
    "seconds": (3, refused(429, "", ("retry-after", "3"))),
    "a fraction": (2.5, refused(429, "", ("retry-after", "2.5"))),
    "a date": (9, refused(429, "", ("retry-after", "Wed, 21 Oct 2026 07:28:09 GMT"), DATE)),
    "milliseconds": (1.5, refused(429, "", ("retry-after-ms", "1500"), ("retry-after", "2"))),
    "two that disagree": (6, refused(429, "", ("retry-after", "2"), ("retry-after", "6"))),
    "an exhausted limit": (
        7.66,
        refused(
            429,
            "",
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "7.66s"),
            ("x-ratelimit-remaining-requests", "5"),
            ("x-ratelimit-reset-requests", "6m0s"),
        ),
    ),
    "the ietf field": (5, refused(429, "", ("ratelimit", '"default";r=0;t=5'))),
}


def worded(message: str, **more: Any) -> Answer:
    body = {"error": {"message": message, **more}}
    return Answer((json.dumps(body).encode(),), status=429)


HINTS["words"] = (4.1, worded("Rate limit reached. Please try again in 4.1s."))
HINTS["googles detail"] = (
    34.07,
    worded(
        "quota",
        details=[{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"}],
    ),
)


@pytest.fixture(autouse=True)
def _own_ledger() -> None:
    shared_ledger.cache_clear()


@pytest.mark.fault("P1")
@pytest.mark.invariant("I5")
@pytest.mark.parametrize("form", HINTS)
def test_p1_the_wait_is_what_was_said_and_at_most_a_tenth_longer(form: str) -> None:
    hint, refusal = HINTS[form]
    place = Place(refusal, said("fine"))

    answer = place.chat("alpha/m")

    (waited,) = place.runtime.slept
    assert answer.text == "fine"
    assert hint <= waited <= hint + min(1.0, hint * 0.1) + 0.02


@pytest.mark.fault("P2")
def test_p2_a_wait_that_is_too_long_is_told_and_not_waited_for() -> None:
    place = Place(refused(429, "", ("retry-after", "3600")))

    error = place.failed(RateLimitError, "alpha/m")

    assert error.retry_after == 3600
    assert place.runtime.slept == []


@pytest.mark.fault("P2")
@pytest.mark.parametrize("nonsense", ["-1", "nan", "1e308", "inf", "soon", "", "0x10"])
def test_p2_nonsense_leaves_the_own_backoff(nonsense: str) -> None:
    place = Place(refused(429, "", ("retry-after", nonsense)), said())

    place.chat("alpha/m")

    (waited,) = place.runtime.slept
    assert 0 <= waited <= 1


@pytest.mark.fault("P3")
def test_p3_a_spent_quota_is_one_attempt_whatever_hint_stands_beside_it() -> None:
    place = Place(refused(429, "insufficient_quota", ("retry-after", "1")))

    error = place.failed(QuotaExceededError, "alpha/m")

    assert len(error.receipt.attempts) == 1


USAGES: list[Any] = [
    None,
    {},
    {"prompt_tokens": -5, "completion_tokens": -7},
    {"prompt_tokens": 1e300, "completion_tokens": 4},
    {"prompt_tokens": 10**30, "completion_tokens": 4},
    {"prompt_tokens": "9", "completion_tokens": None},
    {"prompt_tokens": 9, "completion_tokens": 4, "completion_tokens_details": {"x": -1}},
]


@pytest.mark.fault("P12")
@pytest.mark.invariant("I2")
@pytest.mark.parametrize("usage", USAGES, ids=[str(usage)[:30] for usage in USAGES])
def test_p12_whatever_the_usage_a_budget_never_gains_and_nothing_stays_held(opened, usage) -> None:
    with ScriptedServer(whole(usage=usage)) as server:
        with fairlead.budget("team-a", usd=5):
            try:
                answer = opened(paid(server.url)).chat(MODEL, "Hi", **MAX)
            except FairleadError:
                answer = None

    settled, held = spent("team-a")
    assert held == 0
    assert 0 < settled < 5_000_000_000
    assert answer is None or answer.usage is None or answer.usage.total_tokens >= 0


@pytest.mark.fault("P12")
def test_p12_usage_that_shrinks_within_a_stream_is_the_last_that_was_said(opened) -> None:
    usages = [{"prompt_tokens": 9, "completion_tokens": n} for n in (40, 4)]
    frames = [data({"id": "c", "model": "gpt-4o", "choices": [], "usage": u}) for u in usages]
    script = list(stream([frames[0], chunk({"content": "x"}), chunk({}, "stop"), frames[1], DONE]))
    with ScriptedServer(script) as server:
        with fairlead.budget("team-a", usd=5):
            _, answer = opened(paid(server.url)).stream(MODEL, "Hi", **MAX)

    assert answer.usage.output_tokens == 4
    assert spent("team-a")[1] == 0


@pytest.mark.fault(
    "P14", "the name that answered is told; the price is that of the model that was asked for"
)
@pytest.mark.parametrize("streams", [False, True])
def test_p14_another_model_that_answered_is_named(opened, streams: bool) -> None:
    other = b'"gpt-4o-mini-2024-07-18"'
    frames = b"".join(pieces("Hi")).replace(b'"m-1"', other)
    script = whole(model=json.loads(other))
    if streams:
        script = respond(200, (("Content-Type", "text/event-stream"),), frames)
    with ScriptedServer(script) as server:
        client = opened(paid(server.url))
        answer = client.stream(MODEL, "Hi")[1] if streams else client.chat(MODEL, "Hi")

    assert answer.model == "gpt-4o-mini-2024-07-18"
    assert answer.receipt.target == MODEL
    assert answer.cost.usd * 1_000_000_000 == COST
