"""What is JSON and what is not, by the grammar of RFC 8259 and the public suite of cases."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from tests.growing import standard

from fairlead.errors import MalformedJson
from fairlead.framing.partial_json import PartialJson

SUITE = (
    Path(os.environ.get("FAIRLEAD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
    / "standards"
    / "json_test_suite.jsonl"
)

ACCEPTED = [
    "0",
    "-0",
    "-0.0",
    "10",
    "1.50",
    "1e5",
    "1E+5",
    "1e-5",
    "-12.5e-3",
    "123456789012345678901234567890",
    "1e-400",
    '""',
    '"a"',
    r'"\" \\ \/ \b \f \n \r \t"',
    r'"\u0041\u00e9\u20ac\u0000"',
    r'"\ud83d\ude00"',
    r'"\uD83D\uDE00\ud83d\ude00"',
    '"\u2028\u00a0\x7f"',
    '"naïve 🙂"',
    "true",
    "false",
    "null",
    "[]",
    "[ ]",
    "{}",
    "{ }",
    " \t\n\r[ 1 , 2 ] \n",
    "[[],[[]]]",
    '{"":0}',
    '{"a":{"b":[{}]},"c":null}',
    '{ "a" : 1 , "b" : "x" }',
    r'{"\u0061\n":1}',
    '{"a":1,"a":2}',
    '[true,false,null,0,-1,"x"]',
]

REFUSED = [
    ("", 0),
    ("  ", 2),
    ("[", 1),
    ("]", 0),
    ("[1", 2),
    ("[1,", 3),
    ("[1,]", 3),
    ("[,1]", 1),
    ("[1,,2]", 3),
    ("[1 2]", 3),
    ("[1}", 2),
    ("[1]]", 3),
    ("[1] 2", 4),
    ("{", 1),
    ("{]", 1),
    ("{1:2}", 1),
    ("{a:1}", 1),
    ("{'a':1}", 1),
    ('{"a"}', 4),
    ('{"a" 1}', 5),
    ('{"a":}', 5),
    ('{"a":1,}', 7),
    ('{"a":1;}', 6),
    ('{"a":1 "b":2}', 7),
    ('{"a"::1}', 5),
    ('{"a', 3),
    ('{"a"', 4),
    ('{"a":', 5),
    ('"a', 2),
    ('"a\nb"', 2),
    ('"\t"', 1),
    ('"\x00"', 1),
    ('"\\', 2),
    (r'"\x"', 2),
    (r'"\u12"', 5),
    (r'"\u12G4"', 5),
    (r'"\ud83d\u12"', 11),
    (r'"\ud83d\x"', 8),
    ("'a'", 0),
    ("01", 1),
    ("-01", 2),
    ("-", 1),
    ("--1", 1),
    ("+1", 0),
    (".5", 0),
    ("1.", 2),
    ("[1.]", 3),
    ("1.e3", 2),
    ("1e", 2),
    ("1e+", 3),
    ("[1e+]", 4),
    ("1.2.3", 3),
    ("0x1F", 1),
    ("1_000", 1),
    ("1a", 1),
    ("NaN", 0),
    ("Infinity", 0),
    ("-Infinity", 1),
    ("[1e999]", 1),
    ("[-1e999]", 1),
    ("True", 0),
    ("tru", 3),
    ("truth", 3),
    ("nul", 3),
    ("[nil]", 2),
    ("falsey", 5),
    ("[truex]", 5),
    ("\ufeff{}", 0),
    ("[\u00a01]", 1),
    ("\x0b1", 0),
    ("// x\n1", 0),
    ("[1/**/]", 2),
    ("1" * 4301, 0),
    ("[" + "1" * 4301 + "]", 1),
    ("0." + "1" * 4300, 0),
]


def read(text: str, size: int) -> PartialJson:
    reader = PartialJson()
    for place in range(0, len(text), size):
        reader.feed(text[place : place + size])
    reader.close()
    return reader


def outcome(reader: PartialJson) -> tuple[object, ...]:
    failure = reader.failure
    offset = failure.offset if isinstance(failure, MalformedJson) else None
    return repr(reader.value), reader.complete, str(failure), offset


@pytest.mark.parametrize("text", ACCEPTED)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_what_the_grammar_allows_is_read_as_elsewhere(text: str, size: int) -> None:
    reader = read(text, size)

    assert (reader.complete, reader.failure) == (True, None)
    assert repr(reader.value) == repr(json.loads(text))


@pytest.mark.parametrize(("text", "offset"), REFUSED)
def test_what_it_forbids_is_refused_at_the_same_character_at_any_split(
    text: str, offset: int
) -> None:
    whole = read(text, 10_000)

    assert isinstance(whole.failure, MalformedJson)
    assert (whole.complete, whole.failure.offset) == (False, offset)
    assert {outcome(read(text, size)) for size in (1, 2, 3, 7)} == {outcome(whole)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"\udc00"', "\ufffd"),
        (r'"a\ud83d\ud83d\ude00b"', "a\ufffd\U0001f600b"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'"\ud83dx"', "\ufffdx"),
        (r'"\ud83d\n"', "\ufffd\n"),
        (r'"\ud83d\u0041"', "\ufffdA"),
        (r'"\ud83d\\ude00"', "\ufffd\\ude00"),
        ('"\ud800"', "\ufffd"),
        (r'{"\ud800":1}', {"\ufffd": 1}),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_half_a_surrogate_pair_becomes_a_replacement_character(
    text: str, value: object, size: int
) -> None:
    reader = read(text, size)

    assert (reader.complete, reader.value) == (True, value)


@pytest.mark.fault("H9", "refused where it passes 64 levels: a typed error, no RecursionError")
@pytest.mark.parametrize("depth", [65, 10_000, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_nesting_past_the_limit_is_a_typed_error(opening: str, depth: int) -> None:
    reader = PartialJson()
    reader.feed(opening * depth)

    assert isinstance(reader.failure, MalformedJson)
    assert reader.failure.offset == 64 * len(opening)
    assert "64 levels" in str(reader.failure)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert read("[" * 64 + "]" * 64, 7).complete


@pytest.mark.fault("H10", "NaN, Infinity, 1e999 and 5,000 digits are refused; the last name counts")
def test_every_case_of_the_public_suite_is_accepted_or_refused_as_it_must() -> None:
    if not SUITE.exists():
        pytest.skip(f"the corpus is not at {SUITE}; set FAIRLEAD_CORPUS")
    wrong, judged = [], 0
    for line in SUITE.read_text().splitlines():
        case = json.loads(line)
        text = base64.b64decode(case["bytes_b64"]).decode("utf-8", "replace")
        whole = read(text, len(text) or 1)
        if len({outcome(read(text, size)) for size in (1, 2, 5)} | {outcome(whole)}) > 1:
            wrong.append((case["name"], "another outcome at another split"))
        if case["expected"] in ("accept", "reject"):
            judged += 1
            if whole.complete != (case["expected"] == "accept"):
                wrong.append((case["name"], str(whole.failure)))
            if whole.complete and (repr(whole.value),) != (repr(json.loads(text)),):
                wrong.append((case["name"], f"another value: {whole.value!r:.50}"))

    assert wrong == []
    assert judged > 280


TOKENS = [
    *'{}[]",: \n\\',
    *("0", "-", "1.5", "e3", ".", "9" * 30, "1e400"),
    *("true", "false", "null", "NaN", "tru", "Infinity"),
    *('"a"', '"a":', '"\\n"', "\\u00e9", "\\ud83d", "\\ude00", "\\u1", "é", "\ud800", "\x00"),
]


@given(st.lists(st.sampled_from(TOKENS), max_size=14).map("".join), st.integers(1, 5))
def test_text_that_looks_like_json_is_accepted_and_refused_as_elsewhere(
    text: str, size: int
) -> None:
    expected = standard(text)
    reader = read(text, size)

    assert reader.complete == (expected is not None)
    assert (reader.failure is None) == reader.complete
    if expected is not None:
        assert repr(reader.value) == repr(expected[0])


@given(st.text(max_size=60), st.integers(1, 9))
def test_any_text_at_all_gives_a_value_or_a_typed_error(text: str, size: int) -> None:
    reader = read(text, size)

    assert reader.complete != isinstance(reader.failure, MalformedJson)
    json.dumps(reader.value, allow_nan=False)
