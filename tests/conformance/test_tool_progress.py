"""Every recorded tool call as it comes: its arguments only grow, and end as the body has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conformance import (
    test_anthropic_messages as anthropic_messages,
    test_bedrock_converse as bedrock_converse,
    test_cohere as cohere,
    test_gemini as gemini,
    test_ollama as ollama,
    test_openai_chat as openai_chat,
    test_openai_responses as openai_responses,
)
from tests.conformance.corpus import Record
from tests.conformance.harness import Problem, Suite, assert_none
from tests.conformance.runs import bytewise, stream
from tests.growing import is_prefix, standard

from fairlead.tool_progress import ToolCallProgress, ToolCallTracker
from fairlead.types.events import Event, ToolCallDelta, ToolCallEnd

SUITES = pytest.mark.parametrize(
    "suite",
    [
        anthropic_messages.SUITE,
        bedrock_converse.SUITE,
        cohere.SUITE,
        gemini.SUITE,
        ollama.SUITE,
        openai_chat.SUITE,
        openai_chat.MISTRAL,
        openai_responses.SUITE,
    ],
    ids=lambda suite: suite.name,
)


@SUITES
def test_every_recorded_call_grows_into_the_arguments_that_the_body_has(suite: Suite) -> None:
    problems: list[Problem] = []
    calls = 0
    for record in suite.streams():
        if suite.damage(record) is None:
            found = list(_wrong(suite, record, stream(suite.decoder(record), [record.body]).events))
            problems += [(record.id, reason) for reason in found]
            calls += len(suite.read(record).tool_calls)
    assert_none(problems)
    assert calls > 0


@SUITES
def test_a_stream_that_was_cut_completes_no_call_that_it_did_not_end(suite: Suite) -> None:
    problems: list[Problem] = []
    for record in suite.streams():
        if suite.damage(record) is None and suite.read(record).tool_calls:
            cut = stream(suite.decoder(record), bytewise(record.body[: len(record.body) // 2]))
            tracker = ToolCallTracker()
            for event in cut.events:
                tracker.see(event)
            ended = {e.index for e in cut.events if isinstance(e, ToolCallEnd)}
            complete = {c.index for c in tracker.calls if c.state == "complete"}
            if not complete <= ended:
                problems.append((record.id, f"{complete} complete, {ended} ended"))
    assert_none(problems)


def _wrong(suite: Suite, record: Record, events: list[Event]) -> Iterator[str]:
    tracker = ToolCallTracker()
    before: dict[int, object] = {}
    for event in events:
        tracker.see(event)
        if isinstance(event, ToolCallDelta | ToolCallEnd):
            (call,) = [call for call in tracker.calls if call.index == event.index]
            now = call.snapshot()
            if not is_prefix(before.get(call.index, {}), now):
                yield f"{before[call.index]!r:.100} has become {now!r:.100}"
            before[call.index] = now
    reading = suite.read(record)
    expected = [_read(name, arguments) for _, name, arguments in reading.whole_calls]
    cut = reading.tool_calls[len(reading.whole_calls) :]
    expected += [(name, "failed", arguments) for _, name, arguments in cut]
    found = [_told(call) for call in tracker.calls if not _by_provider(call)]
    if found != expected:
        yield f"the body has {expected!r:.200}, we have {found!r:.200}"


def _read(name: str, arguments: str) -> tuple[str, str, object]:
    value = standard(arguments)
    if value is None or not isinstance(value[0], dict):
        return name, "failed", arguments
    return name, "complete", value[0]


def _told(call: ToolCallProgress) -> tuple[str, str, object]:
    return call.name, call.state, call.text if call.failure is not None else call.arguments


def _by_provider(call: ToolCallProgress) -> bool:
    return call.tool_call is not None and call.tool_call.by_provider
