"""The server's wish is found wherever it stands, and nothing else is taken for one."""

from __future__ import annotations

import gzip
import json
import math
import os
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import thread_time

import pytest
from hypothesis import given, settings, strategies as st

from fairlead.policies.hints import LONGEST_WAIT, retry_after
from fairlead.types.http import Headers

CORPUS = Path(
    os.environ.get("FAIRLEAD_CORPUS") or Path(__file__).resolve().parents[3] / "shared" / "corpus"
)
NOW = 1_759_671_178.0
DATE = "Sun, 05 Oct 2025 13:32:58 GMT"


def hint(*pairs: tuple[str, str], body: str = "", now: float = NOW) -> float | None:
    return retry_after(Headers(pairs), body, now=now)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("007", 7),
        ("0", 0),
        ("1.5", 1.5),
        (" 120 ", 120),
        ("Sun, 05 Oct 2025 13:33:58 GMT", 60),
        ("Sunday, 05-Oct-25 13:33:58 GMT", 60),
        ("Sun Oct  5 13:33:58 2025", 60),
        ("6m0s", 360),
        ("604800", 604800),
    ],
)
@pytest.mark.fault("P1", "waits as long as it was told and up to a tenth longer, never less")
def test_retry_after_is_read_in_every_form(value: str, seconds: float) -> None:
    assert hint(("Retry-After", value)) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-1",
        "-0.5",
        "nan",
        "NaN",
        "inf",
        "Infinity",
        "1e308",
        "1e3",
        "abc",
        "\u0661\u0662",
        "604801",
        "9" * 400,
        "Sun, 05 Oct 2025 13:32:57 GMT",
        "Mon, 13 Oct 2025 13:33:58 GMT",
    ],
)
@pytest.mark.fault("P2")
def test_a_hint_that_is_no_plan_is_rejected(value: str) -> None:
    assert hint(("retry-after", value)) is None


def test_milliseconds_come_before_seconds() -> None:
    assert hint(("retry-after", "6"), ("retry-after-ms", "5500")) == 5.5
    assert hint(("retry-after", "6"), ("retry-after-ms", "soon")) == 6


def test_a_date_is_compared_with_the_clock_of_the_server() -> None:
    later = ("retry-after", "Sun, 05 Oct 2025 13:33:28 GMT")
    assert hint(later, ("date", DATE), now=NOW - 500) == 30
    assert hint(later, ("date", DATE), now=NOW + 500) == 30
    assert hint(later, ("date", "some day")) == 30


def test_of_hints_that_disagree_the_longest_counts() -> None:
    assert hint(("retry-after", "30"), ("Retry-After", "60"), ("retry-after", "-1")) == 60
    assert hint(("retry-after", "30, 60")) == 60
    assert hint(("retry-after-ms", "30"), ("retry-after-ms", "20")) == 0.03


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ('{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"22s"}', 22),
        ('"retryDelay": "34.074824224s"', 34.074824224),
        (r'{"raw": "{\"retryDelay\": \"21s\"}"}', 21),
        ('Please retry in 34.07s. "retryDelay": "34s"', 34.07),
        ("Your quota will reset. Please retry in 10h17m5.7s.", 37025.7),
        ("Limit 7000, Used 0. Please try again in 50.597142857s. Visit https://", 50.597142857),
        ("Please try again in 399ms. Visit", 0.399),
        ("Please try again in 1m47.5854s. Visit", 107.5854),
        ("Please try again in 9m38.016s. Need more tokens?", 578.016),
        ("Please retry after 6 seconds.", 6),
        ("Try again in 24 seconds.", 24),
    ],
)
@pytest.mark.fault("P1")
def test_the_words_of_a_provider_are_understood(body: str, seconds: float) -> None:
    assert hint(body=body) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "body", ["", "Please try again in a moment", "try again in 5 models", "in 41.724s", "retry"]
)
def test_words_that_name_no_time_are_no_hint(body: str) -> None:
    assert hint(body=body) is None


def test_a_header_comes_before_the_words() -> None:
    assert hint(("retry-after", "2"), body="try again in 41.724s") == 2


def test_a_zero_gives_way_to_a_source_that_says_more() -> None:
    assert hint(("retry-after", "0"), body="try again in 41.724s") == 41.724
    assert hint(("retry-after", "0"), body="try again soon") == 0


@pytest.mark.parametrize(
    ("remaining", "reset", "value", "seconds"),
    [
        ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "2m59.56s", 179.56),
        ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "142ms", 0.142),
        ("x-ratelimit-remaining-tokens-minute", "x-ratelimit-reset-tokens-minute", "2.894", 2.894),
        ("x-ratelimit-remaining", "x-ratelimit-reset", "1759671180000", 2),
        ("x-ratelimit-remaining", "x-ratelimit-reset", "1759671180", 2),
        ("ratelimitbysize-remaining", "ratelimitbysize-reset", "21", 21),
        ("ratelimit-remaining", "ratelimit-reset", "19", 19),
        (
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
            "2025-10-05T13:33:40Z",
            42,
        ),
    ],
)
def test_the_reset_of_an_exhausted_limit_is_a_hint(
    remaining: str, reset: str, value: str, seconds: float
) -> None:
    assert hint((remaining, "0"), (reset, value)) == pytest.approx(seconds)
    assert hint((remaining, "1"), (reset, value)) is None
    assert hint((remaining, "-1"), (reset, value)) is None
    assert hint((reset, value)) is None


def test_only_the_exhausted_limits_count_and_all_of_them() -> None:
    pairs = (
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "3s"),
        ("x-ratelimit-remaining-tokens", "17"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    )
    assert hint(*pairs) == 3
    assert hint(*pairs, ("x-ratelimit-remaining-tokens", "0")) == 360


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ('"default";r=0;t=50', 50),
        ('"default";r=5;t=50', None),
        ('"minute";r=5;t=3, "day";r=0;t=50', 50),
        ('"a;r=0;t=9, b";r=5;t=3', None),
        ('"default"; t=7 ;r=0', 7),
        ('"default";r=0', None),
        ('"default";t=50', None),
        ('"unclosed;r=0;t=4', 4),
    ],
)
def test_the_ietf_field_is_understood(value: str, seconds: float | None) -> None:
    assert hint(("RateLimit", value)) == seconds


def test_an_answer_without_a_hint_has_none() -> None:
    assert hint(("content-type", "application/json"), ("date", DATE), body="{}") is None


NAMES = st.sampled_from(
    [
        "retry-after",
        "Retry-After-Ms",
        "date",
        "ratelimit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ]
)
PIECES = st.sampled_from(
    [
        "0",
        "-",
        "1",
        "9" * 20,
        ".",
        "e",
        "s",
        "ms",
        "h",
        " ",
        ",",
        ";",
        "r=0",
        "t=",
        '"',
        "\\",
        DATE,
        "2025-10-05T13:33:40Z",
        "9999-12-31T23:59:59-23:59",
        "nan",
        "inf",
        "\u0661",
        "\u017f",
        "retry in ",
        '"retryDelay":"',
        "Sunday, 06-Nov-94 08:49:37 GMT",
    ]
)
VALUES = st.one_of(
    st.text(max_size=30),
    st.lists(PIECES, max_size=8).map("".join),
    st.floats().map(str),
    st.integers().map(str),
)


@settings(max_examples=500)
@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=6),
    VALUES,
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_answer_gives_a_sensible_wait_or_none(
    pairs: list[tuple[str, str]], body: str, now: float
) -> None:
    wait = hint(*pairs, body=body, now=now)
    assert wait is None or (math.isfinite(wait) and 0 <= wait <= LONGEST_WAIT)


@given(st.lists(st.one_of(st.integers(0, 604800), st.floats(0, 604800)), min_size=1, max_size=4))
@pytest.mark.invariant("I5")
def test_the_wait_is_never_shorter_than_any_value_sent(values: list[float]) -> None:
    texts = [f"{value:.6f}" if isinstance(value, float) else str(value) for value in values]
    wait = hint(*(("retry-after", text) for text in texts))
    assert wait == max(float(text) for text in texts)


@pytest.mark.parametrize(
    "piece",
    ['"', '"\\', "1", "1s", "1.", " ", ";", "; r", "retry in ", '"retryDelay":"', "retry in 1s"],
)
def test_a_hostile_answer_is_read_quickly(piece: str) -> None:
    text = piece * (65536 // len(piece))
    names = ("date", "retry-after", "retry-after-ms", "ratelimit", "x-ratelimit-remaining")
    begun = thread_time()
    hint(*((name, text) for name in names), body=text + '"retryDelay":"' + text)
    assert thread_time() - begun < 1.0


def test_the_vectors_of_the_standard() -> None:
    path = CORPUS / "standards" / "rfc9110_retry_after.json"
    if not path.exists():
        pytest.skip(f"no vectors in {path}; FAIRLEAD_CORPUS names another place")
    for case in json.loads(path.read_text())["cases"]:
        value = ("retry-after", case["value"])
        if "unix" in case:
            assert hint(value, now=case["unix"] - 90) == 90, case
        elif "lenient" in case["kind"]:
            assert hint(value) == float(case["value"]), case
        else:
            assert hint(value) == case.get("seconds"), case


def recorded(name: str, *marks: str) -> Iterator[dict[str, object]]:
    """The recordings of one file whose line holds one of `marks`."""
    path = CORPUS / name
    if not path.exists():
        pytest.skip(f"no recorded traffic in {CORPUS}; FAIRLEAD_CORPUS names another place")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if any(mark in line for mark in marks))


def headers_of(record: dict[str, object]) -> dict[str, str]:
    headers = record.get("response_headers")
    assert isinstance(headers, dict)
    return {str(name).lower(): str(value) for name, value in headers.items()}


def test_recorded_refusals_say_when_the_next_minute_begins() -> None:
    seen = 0
    for record in recorded("openai_chat.jsonl.gz", '"status": 429'):
        headers = headers_of(record)
        if "x-ratelimit-reset" not in headers:
            assert retry_after(Headers(headers.items()), "", now=NOW) is None
            continue
        seen += 1
        sent = parsedate_to_datetime(headers["date"]).timestamp()
        expected = int(headers["x-ratelimit-reset"]) / 1000 - sent
        assert 0 < expected <= 60
        assert retry_after(Headers(headers.items()), "", now=0.0) == expected
    assert seen >= 4


def test_recorded_answers_with_a_retry_after_are_taken_at_their_word() -> None:
    seen = 0
    for record in recorded("anthropic_messages.jsonl.gz", '"retry-after"', '"Retry-After"'):
        headers = headers_of(record)
        seen += 1
        assert retry_after(Headers(headers.items()), "", now=NOW) == float(headers["retry-after"])
    assert seen >= 50
