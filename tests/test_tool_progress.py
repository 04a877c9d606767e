"""Tool calls under way: their states, their arguments so far, and what becomes of bad ones."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, strategies as st
from tests.growing import is_prefix, standard

from fairlead.errors import MalformedToolArguments
from fairlead.tool_progress import Recovery, ToolCallProgress, ToolCallTracker
from fairlead.types.events import (
    Event,
    StreamRestarted,
    TextDelta,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)
from fairlead.types.messages import ToolCall


def pieces_of(index: int, arguments: str, size: int = 7) -> list[Event]:
    call = ToolCall(f"c{index}", f"tool{index}", arguments or "{}")
    cut = [arguments[place : place + size] for place in range(0, len(arguments), size)]
    deltas = [ToolCallDelta(piece, index) for piece in cut]
    return [ToolCallStart(index, call.id, call.name), *deltas, ToolCallEnd(index, call)]


def seen(events: list[Event], **limits: int) -> ToolCallTracker:
    tracker = ToolCallTracker(**limits)
    for event in events:
        tracker.see(event)
    return tracker


def only(tracker: ToolCallTracker) -> ToolCallProgress:
    (call,) = tracker.calls
    return call


def test_a_call_is_named_then_written_then_complete() -> None:
    tracker = ToolCallTracker()
    told = []
    for event in [TextDelta("Well."), *pieces_of(1, '{"city": "Bern", "days": 3}', 9)]:
        tracker.see(event)
        told += [(c.name, c.state, c.snapshot()) for c in tracker.calls]

    assert told == [
        ("tool1", "named", {}),
        ("tool1", "arguments", {}),
        ("tool1", "arguments", {"city": "Bern"}),
        ("tool1", "arguments", {"city": "Bern", "days": 3}),
        ("tool1", "complete", {"city": "Bern", "days": 3}),
    ]


def test_arguments_before_a_name_wait_for_it() -> None:
    tracker = seen([ToolCallStart(0, "c0", "")])
    assert only(tracker).state == "waiting"

    tracker.see(ToolCallStart(0, "other", "f"))

    assert (only(tracker).id, only(tracker).name, only(tracker).state) == ("c0", "f", "named")


@pytest.mark.parametrize("arguments", ["", "{}", " { } "])
def test_a_call_without_arguments_is_complete_and_empty(arguments: str) -> None:
    call = only(seen(pieces_of(0, arguments)))

    assert (call.state, call.arguments, call.failure) == ("complete", {}, None)


def test_single_arguments_are_complete_before_the_call_is() -> None:
    tracker = ToolCallTracker()
    start, *deltas, end = pieces_of(0, '{"a": "x", "b": ["y", "z"]}', 10)
    tracker.see(start)
    told = []
    for event in deltas:
        tracker.see(event)
        told.append([tuple(completed) for completed in only(tracker).take_completed()])

    call = only(tracker)
    assert told == [[(("a",), "x")], [], [(("b",), ["y", "z"])]]
    assert (call.is_complete("a"), call.is_complete("b", 1), call.tool_call) == (True, True, None)
    tracker.see(end)
    assert call.take_completed() == []
    assert call.is_complete()


def test_forty_mixed_calls_are_told_apart() -> None:
    random = Random(7)
    queues = [pieces_of(n, json.dumps({"n": n, "text": "x" * n}), 1 + n % 5) for n in range(40)]
    tracker = ToolCallTracker()
    while queues := [queue for queue in queues if queue]:
        tracker.see(random.choice(queues).pop(0))

    found = {call.index: call for call in tracker.calls}
    assert sorted(found) == list(range(40))
    assert all(found[n].arguments == {"n": n, "text": "x" * n} for n in range(40))
    assert {call.state for call in tracker.calls} == {"complete"}


def test_one_call_more_than_may_be_open_at_once_fails_alone() -> None:
    tracker = ToolCallTracker(max_open=2)
    calls = [pieces_of(n, '{"a": 1}') for n in range(3)]
    for step in zip(*calls, strict=True):
        for event in step:
            tracker.see(event)
    tracker.see(ToolCallStart(9, "c9", "later"))

    assert [call.state for call in tracker.calls] == ["complete", "complete", "failed", "named"]
    failure = tracker.calls[2].failure
    assert isinstance(failure, MalformedToolArguments)
    assert "more than 2 calls" in str(failure)
    assert failure.arguments == '{"a": 1}'


@pytest.mark.parametrize(
    ("arguments", "reason", "so_far"),
    [
        ('{"a": 1, b: 2}', "unexpected 'b' at character 9", {"a": 1}),
        ('"a": 1}', "not a JSON object", {}),
        ("[1, 2]", "not a JSON object", {}),
        ("3", "not a JSON object", {}),
        ('{"a": 1', "the text ends too early at character 7", {}),
        ('{"a": "x', "the text ends too early at character 8", {"a": "x"}),
        ('{"a": 1} {"b": 2}', "unexpected '{' at character 9", {"a": 1}),
        ('{"a":' * 100, "nested deeper than 64 levels", None),
    ],
)
def test_arguments_that_are_no_object_fail_with_the_raw_text(
    arguments: str, reason: str, so_far: object
) -> None:
    call = only(seen(pieces_of(0, arguments)))

    assert call.state == "failed"
    assert isinstance(call.failure, MalformedToolArguments)
    assert (call.failure.tool, call.failure.arguments) == ("tool0", arguments)
    assert reason in str(call.failure)
    assert so_far is None or call.arguments == so_far


def test_a_call_fails_at_its_first_fault_and_keeps_what_comes_after() -> None:
    tracker = seen([ToolCallStart(0, "c", "f"), ToolCallDelta('{"a": }', 0)])
    failed_at_once = only(tracker).state
    tracker.see(ToolCallDelta(" more", 0))

    failure = only(tracker).failure
    assert failed_at_once == "failed"
    assert failure is not None
    assert failure.arguments == '{"a": } more'


@pytest.mark.parametrize("look", ["state", "failure"])
def test_a_fault_in_an_open_text_is_seen_by_whoever_looks(look: str) -> None:
    tracker = seen([ToolCallStart(0, "c", "f"), ToolCallDelta('{"a": "x\n', 0)])
    tracker.see(ToolCallDelta("y", 0))

    assert str(getattr(only(tracker), look)).startswith(("failed", "the arguments"))
    assert only(tracker).arguments == {"a": "x"}
    assert only(tracker).text == '{"a": "x\ny'


def test_arguments_longer_than_the_limit_fail_and_are_held_no_further() -> None:
    deltas = [ToolCallDelta("x" * 10, 0) for _ in range(100)]
    call = only(
        seen([ToolCallStart(0, "c", "f"), ToolCallDelta('{"a":"', 0), *deltas], max_size=50)
    )

    assert call.failure is not None
    assert "longer than 50 characters" in str(call.failure)
    assert len(call.failure.arguments) <= 50


def test_nearly_json_is_repaired_only_where_that_was_asked_for() -> None:
    events = pieces_of(0, "{'a': True,}")
    strict, lenient = ToolCallTracker(), ToolCallTracker(recovery="repair")
    for event in events[:-1]:
        strict.see(event)
        lenient.see(event)
    assert (only(strict).state, only(lenient).state) == ("failed", "arguments")
    strict.see(events[-1])
    lenient.see(events[-1])

    call = only(lenient)
    assert only(strict).state == "failed"
    assert only(strict).repairs == ()
    assert (call.state, call.arguments, call.failure) == ("complete", {"a": True}, None)
    assert [r.what for r in call.repairs] == [
        "single quotes",
        "Python's True",
        "a comma behind the last item",
    ]


@pytest.mark.parametrize("arguments", ['{"a": "cut', "[1,]", "no"])
def test_what_cannot_be_repaired_fails_in_repair_too(arguments: str) -> None:
    tracker = ToolCallTracker(recovery="repair")
    for event in pieces_of(0, arguments):
        tracker.see(event)

    assert only(tracker).state == "failed"
    assert only(tracker).failure is not None


def test_the_end_of_a_call_is_right_where_the_pieces_were_not() -> None:
    call = ToolCall("c", "f", '{"a": 2}')
    tracker = seen([ToolCallStart(0, "c", "f"), ToolCallDelta('{"a": 1', 0), ToolCallEnd(0, call)])

    assert (only(tracker).state, only(tracker).arguments) == ("complete", {"a": 2})
    assert only(tracker).text == call.arguments


def test_a_second_end_and_late_pieces_change_nothing() -> None:
    tracker = seen([*pieces_of(0, '{"a": 1}'), ToolCallDelta("x", 0)])
    tracker.see(ToolCallEnd(0, ToolCall("d", "g", '{"a": 2}')))

    assert (only(tracker).id, only(tracker).state) == ("c0", "complete")
    assert only(tracker).arguments == {"a": 1}


def test_a_new_beginning_voids_all_calls() -> None:
    tracker = seen([*pieces_of(0, '{"a": 1}')[:-1], StreamRestarted("p/m", "cut")])
    assert tracker.calls == ()

    for event in pieces_of(0, '{"b": 2}'):
        tracker.see(event)
    assert only(tracker).arguments == {"b": 2}


@pytest.mark.parametrize("complete", [True, False])
def test_a_call_that_has_come_unwatched_is_caught_up_with(complete: bool) -> None:
    tracker = ToolCallTracker()
    text = '{"a": 1}' if complete else '{"a": "x'
    tracker.catch_up(3, ToolCall("c", "f", text, complete=complete))
    expected = {"a": 1} if complete else {"a": "x"}

    assert only(tracker).arguments == expected
    assert only(tracker).state == ("complete" if complete else "arguments")


@pytest.mark.parametrize("recovery", ["strict", "repair"])
@pytest.mark.parametrize("arguments", ['{"a": 1', '{"a": "x', '{"a": 1}', "{}"])
def test_a_call_that_was_cut_has_failed_and_is_not_repaired(
    arguments: str, recovery: Recovery
) -> None:
    call = ToolCall("c", "f", arguments, complete=False)
    live, late = ToolCallTracker(recovery=recovery), ToolCallTracker(recovery=recovery)
    for event in (ToolCallStart(0, "c", "f"), ToolCallDelta(arguments, 0), ToolCallEnd(0, call)):
        live.see(event)
    late.catch_up(0, call, over=True)
    for tracker in (live, late):
        assert (only(tracker).state, only(tracker).text) == ("failed", arguments)
        assert only(tracker).failure is not None
        assert only(tracker).repairs == ()


def test_a_call_that_has_no_arguments_yet_is_caught_up_with() -> None:
    tracker = ToolCallTracker()
    tracker.catch_up(0, ToolCall("c", "f", "{}", complete=False))
    named = only(tracker).state
    tracker.see(ToolCallDelta('{"a": 1}', 0))

    assert (named, only(tracker).arguments) == ("named", {"a": 1})


@given(st.text(max_size=40) | st.sampled_from(['{"a":"\\ud83d\\ude00"}', '{"a":1}x', "{'a':1}"]))
def test_any_text_ends_complete_or_failed_and_grows_on_the_way(text: str) -> None:
    tracker = ToolCallTracker()
    before: dict[str, object] = {}
    for event in pieces_of(0, text, 3):
        tracker.see(event)
        now = only(tracker).snapshot()
        assert is_prefix(before, now)
        before = now

    value = standard(text or "{}")
    assert (only(tracker).state == "complete") == (value is not None and type(value[0]) is dict)
    assert (only(tracker).state == "failed") == (only(tracker).failure is not None)
