"""Text that is nearly JSON: what is put right, what is told of it, and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st
from tests.growing import standard

from fairlead.errors import DecodeError, MalformedJson, ResponseTooLarge
from fairlead.framing.repaired_json import repaired_json

REPAIRED = [
    ('{"a":1,}', {"a": 1}, ["a comma behind the last item"]),
    ("[1, 2 , ]", [1, 2], ["a comma behind the last item"]),
    ('{"a":[1,{"b":2', {"a": [1, {"b": 2}]}, ["a missing '}'", "a missing ']'", "a missing '}'"]),
    ("{'a': 'it\\'s \"x\"'}", {"a": 'it\'s "x"'}, ["single quotes", "single quotes"]),
    (
        "{a: 1, b_c: 2}",
        {"a": 1, "b_c": 2},
        ["a name without quotes: a", "a name without quotes: b_c"],
    ),
    (
        "[True, False, None]",
        [True, False, None],
        ["Python's True", "Python's False", "Python's None"],
    ),
    ('{"a": "x\ny"}', {"a": "x\ny"}, ["a raw control character in a string"]),
    ('{"a": "it\\\'s"}', {"a": "it's"}, ["an escape that JSON does not have"]),
    ('```json\n{"a": 1}\n```', {"a": 1}, ["a code fence around it"]),
    ('Here it is:\n```\n{"a": 1}\n```\nBye.', {"a": 1}, ["a code fence around it"]),
    ('Sure! {"a": 1}', {"a": 1}, ["text in front of it"]),
    ('{"a": 1} Done.', {"a": 1}, ["text behind it"]),
    ('["\\ud83d\\ude00\\ud800",]', ["\U0001f600\ufffd"], ["a comma behind the last item"]),
]

REFUSED = [
    "",
    "hello",
    '{"a": "cut',
    '{"a":',
    '{"a": 1,',
    "[1,",
    '{"a": tru',
    '{"a": [1}',
    '{"a": 1]',
    '{"a": 1}{"b": 2}',
    'see [1]: {"a": 1}',
    '```\n{"a": 1}\n```\n```\n{"b": 2}\n```',
    '"a": 1}',
    "[1 2]",
    "{,}",
    "[1,,2]",
    "{'a': 'it's'}",
    '{"a": 01}',
    '{"a": NaN,}',
    '{"a": 1e999,}',
    '{"a": undefined}',
    '{"a": "\\d",}',
    '["\\',
    "['\\",
]


@pytest.mark.parametrize(("text", "value", "what"), REPAIRED)
def test_what_has_one_reading_is_repaired_and_told(
    text: str, value: object, what: list[str]
) -> None:
    found, repairs = repaired_json(text)

    assert found == value
    assert [repair.what for repair in repairs] == what


@pytest.mark.parametrize("text", REFUSED)
def test_what_was_cut_or_has_two_readings_is_refused(text: str) -> None:
    with pytest.raises(MalformedJson):
        repaired_json(text)


@pytest.mark.parametrize("text", ["{}", ' {"a": "x, }"} ', "[1]", '"x"', "12", "null"])
def test_json_is_left_alone(text: str) -> None:
    assert repaired_json(text) == (json.loads(text), ())


def test_a_repair_says_where_it_was() -> None:
    _, repairs = repaired_json('{"a": True,}')

    assert [(repair.what, repair.offset) for repair in repairs] == [
        ("Python's True", 6),
        ("a comma behind the last item", 10),
    ]


def test_limits_hold_for_repaired_text_too() -> None:
    with pytest.raises(MalformedJson, match="64 levels"):
        repaired_json("[" * 100_000)
    with pytest.raises(ResponseTooLarge):
        repaired_json("[1, 2, ]", max_size=5)


PIECES = st.sampled_from(
    [
        *"{}[],:'\"\\ \n",
        "True",
        "null",
        "a",
        '"a"',
        "'b'",
        "1",
        "-",
        "```",
        "```json\n",
        "\\u12",
        "\ud800",
    ]
)


@given(st.lists(PIECES, max_size=16).map("".join))
def test_any_text_gives_a_value_or_a_typed_error(text: str) -> None:
    try:
        value, repairs = repaired_json(text)
    except DecodeError:
        return
    json.dumps(value, allow_nan=False)
    if not repairs:
        assert (value,) == standard(text)
