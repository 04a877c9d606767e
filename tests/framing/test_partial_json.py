"""A document that comes piece by piece: what is known, what is complete, and what it costs."""

from __future__ import annotations

import json
import os
import re
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from tests.growing import is_prefix, only_grows, standard

from fairlead.errors import MalformedJson, ResponseTooLarge
from fairlead.framing.partial_json import PartialJson

CASES = (
    Path(os.environ.get("FAIRLEAD_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
    / "standards"
    / "partial_json_cases.jsonl"
)
UNCERTAIN = re.compile(r"(?:^|[\[{:, ])(?:-?[0-9][0-9.eE+-]*|-|[tfn][a-z]{0,3})$")
"""A number that may go on, or a literal that is not all there."""

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)


def fed(*fragments: str) -> PartialJson:
    reader = PartialJson()
    for fragment in fragments:
        reader.feed(fragment)
    return reader


def cut(text: str, places: list[int]) -> list[str]:
    ends = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"ab', "ab"),
        ('"', ""),
        ('"a\\', "a"),
        ('"a\\u00', "a"),
        ('"a\\u00e9', "aé"),
        ('"a\\ud83d', "a"),
        ('"a\\ud83d\\ude', "a"),
        ('"a\\ud83d\\ude00', "a\U0001f600"),
        ("[", []),
        ("[[1], [2", [[1], []]),
        ("[1, ", [1]),
        ("[tru", []),
        ("[true", [True]),
        ("[-", []),
        ("[1.5,", [1.5]),
        ("[1.5 ", [1.5]),
        ("{", {}),
        ('{"ke', {}),
        ('{"key"', {}),
        ('{"key":', {}),
        ('{"key": "', {"key": ""}),
        ('{"a": {"b": [{"c": "d', {"a": {"b": [{"c": "d"}]}}),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": 1} ', {"a": 1}),
    ],
)
def test_the_value_is_what_is_certain_so_far(text: str, value: object) -> None:
    assert fed(text).value == value
    assert fed(*text).value == value


@pytest.mark.parametrize("text", ["", " ", "1", "12", "-1.5e3", "nul"])
def test_nothing_is_known_before_the_value_has_begun(text: str) -> None:
    reader = fed(text)

    assert (reader.begun, reader.value, reader.complete, reader.failure) == (
        False,
        None,
        False,
        None,
    )


def test_a_number_that_stands_alone_is_certain_at_the_end_of_the_text() -> None:
    reader = fed("1", "2")

    assert [tuple(completed) for completed in reader.close()] == [((), 12)]
    assert (reader.complete, reader.value, list(reader.close())) == (True, 12, [])


def test_each_field_and_item_is_told_of_once_when_it_is_complete() -> None:
    reader = PartialJson()
    fragments = ['{"a": "x', 'y", "b', '": [1, {"c"', ": 2}], ", '"d": 4', "2", "}", " "]

    told = [[tuple(completed) for completed in reader.feed(f)] for f in fragments]

    both = {"a": "xy", "b": [1, {"c": 2}], "d": 42}
    assert told == [
        [],
        [(("a",), "xy")],
        [],
        [(("b",), [1, {"c": 2}])],
        [],
        [],
        [(("d",), 42), ((), both)],
        [],
    ]


def test_nested_values_are_told_of_where_that_is_asked_for() -> None:
    reader = PartialJson(told_depth=3)

    told = reader.feed('{"a":[{"b":1,"c":["deep"]},2]}')

    assert [completed.path for completed in told] == [
        ("a", 0, "b"),
        ("a", 0, "c"),
        ("a", 0),
        ("a", 1),
        ("a",),
        (),
    ]


def test_a_path_is_complete_once_its_value_has_ended() -> None:
    reader = fed('{"a": [1, "xy", {"b": "c"}, "open')

    complete = [("a", 0), ("a", 1), ("a", 2), ("a", 2, "b")]
    waiting = [(), ("a",), ("a", 3), ("a", 4), ("a", -1), ("a", "0"), ("b",), ("a", 1, 0)]
    assert [path for path in complete + waiting if reader.is_complete(*path)] == complete
    reader.feed('"]}')
    assert all(reader.is_complete(*path) for path in [*complete, (), ("a",), ("a", 3)])


def test_a_path_of_text_that_broke_off_stays_incomplete() -> None:
    reader = fed('{"a": 1, "b": "x\n')

    assert isinstance(reader.failure, MalformedJson)
    assert reader.is_complete("a")
    assert not reader.is_complete("b")
    assert not reader.is_complete()


def test_past_its_first_fault_it_keeps_the_value_and_reads_no_more() -> None:
    reader = fed('{"a": [1, 2} ')
    before = (str(reader.failure), reader.snapshot())

    assert list(reader.feed(', "b": 3}')) == []
    assert list(reader.close()) == []
    assert (str(reader.failure), reader.value) == before
    assert before == ("the JSON is not valid at character 11: unexpected '}'", {"a": [1, 2]})


def test_text_behind_a_document_makes_it_incomplete() -> None:
    reader = fed("{} ")
    assert reader.complete

    reader.feed("x")

    assert not reader.complete
    assert isinstance(reader.failure, MalformedJson)


def test_the_value_is_live_and_a_snapshot_is_not() -> None:
    reader = fed('{"a": [{"b": "x')
    live, kept = reader.value, reader.snapshot()

    reader.feed('y"}], "c": 1}')

    assert reader.value is live
    assert live == {"a": [{"b": "xy"}], "c": 1}
    assert kept == {"a": [{"b": "x"}]}


def test_text_longer_than_the_limit_is_a_typed_error() -> None:
    reader = PartialJson(max_size=10)
    reader.feed('"12345678')
    assert reader.failure is None

    reader.feed("90")

    assert isinstance(reader.failure, ResponseTooLarge)
    assert reader.value == "12345678"


def test_a_name_that_comes_twice_counts_with_its_last_value() -> None:
    assert fed('{"a": [1], "b": 2, "a": "x"}').value == {"a": "x", "b": 2}


@given(VALUES, st.booleans(), st.sampled_from([None, 2]), st.lists(st.integers(0, 10**6)))
def test_any_value_in_any_split_comes_out_whole_and_only_grows_on_the_way(
    value: object, ascii_only: bool, indent: int | None, places: list[int]
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    expected = standard(text)
    assert expected is not None
    reader, seen = PartialJson(), []

    for fragment in cut(text, places):
        reader.feed(fragment)
        if reader.begun:
            seen.append(reader.snapshot())
    reader.close()

    assert reader.complete
    assert repr(reader.value) == repr(expected[0])
    assert only_grows([*seen, reader.value])


@given(VALUES, st.lists(st.integers(0, 10**6)))
def test_what_was_told_as_complete_is_so_in_the_end(value: object, places: list[int]) -> None:
    reader, told = PartialJson(told_depth=9), []
    for fragment in cut(json.dumps(value), places):
        for path, complete in reader.feed(fragment):
            assert reader.is_complete(*path)
            told.append((path, repr(complete)))
    told += [(path, repr(complete)) for path, complete in reader.close()]

    for path, complete in told:
        found: object = reader.value
        for step in path:
            found = found[step]  # type: ignore[index]
        assert repr(found) == complete
    assert told[-1][0] == ()
    assert len({path for path, _ in told}) == len(told)


def test_published_partial_cases_agree_but_for_what_is_not_certain() -> None:
    if not CASES.exists():
        pytest.skip(f"the corpus is not at {CASES}; set FAIRLEAD_CORPUS")
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    for case in cases:
        reader = fed(case["input"])
        expected = standard(case["repaired"])
        ours = (reader.value,) if reader.begun else None

        assert reader.failure is None
        if UNCERTAIN.search(case["input"]) is None:
            assert ours == expected, case["input"]
        elif ours is not None and expected is not None:
            assert is_prefix(ours[0], expected[0]), case["input"]
            assert ours != expected, case["input"]
    assert len(cases) > 50


def test_every_prefix_is_read_as_another_partial_parser_reads_it() -> None:
    jiter = pytest.importorskip("jiter", reason="jiter is not installed")
    document = (
        '{"name": "A\\n\\u00e9", "age": 30, "ok": true, "no": null, '
        '"list": [1, 2.5, {"x": "y"}, [], false], "end": "\\ud83d\\ude00!"}'
    )
    for end in range(1, len(document) + 1):
        prefix = document[:end]
        ours = fed(prefix).value
        theirs = jiter.from_json(prefix.encode(), partial_mode="trailing-strings")
        if re.search(r"[0-9]$", prefix) and prefix.count('"') % 2 == 0:
            assert is_prefix(ours, theirs)
        else:
            assert ours == theirs


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "' + "lorem ipsum " * 20_000 + '"}',
        '{"text": "' + 'say \\"hi\\"\\n ' * 20_000 + '"}',
        '{"' + "name" * 50_000 + '": 1}',
        "[" + "123, " * 40_000 + "0]",
    ],
    ids=["a long string", "escapes", "a long name", "numbers"],
)
def test_small_fragments_make_the_same_value_in_bounded_memory(text: str) -> None:
    reader = PartialJson()
    tracemalloc.start()
    try:
        for place in range(0, len(text), 20):
            reader.feed(text[place : place + 20])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        copy = json.loads(text)
        _, standard_peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert reader.value == copy
    assert peak < max(3 * len(text), 1.2 * (standard_peak - before))


def test_a_string_of_four_megabytes_can_be_looked_at_after_every_fragment() -> None:
    reader = PartialJson(max_size=5 << 20)
    reader.feed('{"text": "')
    fragment = "lorem ipsum dolor si"
    for _ in range((4 << 20) // len(fragment)):
        reader.feed(fragment)
        assert isinstance(reader.value, dict)
    reader.feed('"}')

    assert reader.value == {"text": fragment * ((4 << 20) // len(fragment))}


def test_a_quote_is_known_by_the_backslashes_before_it_wherever_they_are_cut() -> None:
    for written in (r"\" \" x", r"\\\"\\", r"\\\\", r"a\"\"\\\"b", r"C:\\\"x\"\u005c\ud83d\ude00"):
        text = f'["{written}", "{written}"]'
        for first in range(len(text) + 1):
            for second in range(first, len(text) + 1):
                reader = fed(text[:first], text[first:second], text[second:])
                assert (reader.complete, reader.value) == (True, json.loads(text))


@given(st.text('"\\\\ux d83de00\n', max_size=40), st.lists(st.integers(0, 60)), st.data())
def test_what_comes_of_a_string_is_the_same_whenever_it_is_looked_at(
    written: str, places: list[int], data: st.DataObject
) -> None:
    text = f'{{"a": "{written}", "b": 1}}'
    unseen, seen = fed(text), PartialJson()
    for fragment in cut(text, places):
        seen.feed(fragment)
        if data.draw(st.booleans()) and seen.begun:
            assert is_prefix(seen.value, unseen.value)

    assert (str(seen.failure), seen.complete) == (str(unseen.failure), unseen.complete)
    assert (repr(seen.value), seen.growing) == (repr(unseen.value), unseen.growing)


@pytest.mark.parametrize("bad", ["\n", "\\x", "\\u12g", "\\ud83d\\u1_"])
def test_a_fault_in_an_open_string_is_known_when_it_is_asked_for(bad: str) -> None:
    reader = fed('{"a": "so far', bad, " and on", " and on")
    assert isinstance(reader.failure, MalformedJson)
    assert 13 <= reader.failure.offset < 13 + len(bad)

    assert list(reader.feed('", "b": 1}')) == []
    assert str(reader.value).startswith("{'a': 'so far")
    assert str(reader.value).endswith(("far'}", "\ufffd'}"))


def test_nothing_is_read_behind_the_end_of_the_text() -> None:
    reader = fed('{"a": "x')
    reader.close()
    reader.feed("more")

    assert (reader.value, str(reader.failure)) == (
        {"a": "x"},
        "the JSON is not valid at character 8: the text ends too early",
    )


def test_a_fragment_of_a_string_costs_three_calls_until_it_is_looked_at() -> None:
    reader = fed('{"text": "')
    pieces = ["a line of \\t", 'words\\n, \\"and', "others, "] * 1000
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    profiler = sys.getprofile()
    sys.setprofile(count)
    try:
        for piece in pieces:
            reader.feed(piece)
    finally:
        sys.setprofile(profiler)

    # One piece in three holds a quote, which takes four more to judge.
    assert calls < 5 * len(pieces)
    assert reader.value == {"text": json.loads(f'"{"".join(pieces)}"')}


@pytest.mark.parametrize(
    ("text", "growing"),
    [
        ("", None),
        ("{", ()),
        ('{"a', ()),
        ('{"a": "x', ("a",)),
        ('{"a": "x"', ()),
        ('{"a": 12', ()),
        ('{"a": [1, {"b": "', ("a", 1, "b")),
        ('{"a": [1, {"b": "c"}', ("a",)),
        ('{"a": 1}', None),
        ('"x', ()),
    ],
)
def test_it_says_where_it_grows(text, growing) -> None:
    reader = PartialJson()
    reader.feed(text)
    assert reader.growing == growing
