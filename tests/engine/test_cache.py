"""The cache as a layer: what is kept, for whom, how long, and what a hit says. On a fake clock."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from tests.client.wire import chunk, pieces
from tests.engine.feeding import TARGET, Line, key

from fairlead.engine.budgets import budget
from fairlead.engine.runtime import drive
from fairlead.errors import ServerError, StreamInterrupted
from fairlead.testing.memory import Answer, MemoryTransport
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.observed import CallEnd

SSE = (("content-type", "text/event-stream"),)


def streamed(*texts: str) -> Answer:
    return Answer(tuple(pieces(*texts)), headers=SSE)


def whole(text: str = "Hello", finish: str = "stop") -> Answer:
    message = {"role": "assistant", "content": text}
    body = {
        "id": "c1",
        "model": "m-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
    }
    return Answer((json.dumps(body).encode(),))


class Desk:
    """A line over answers in memory."""

    def __init__(self, *answers: Any, observers: Any = (), **policy: Any) -> None:
        self.runtime = FakeRuntime()
        self.transport = MemoryTransport(self.runtime, answers)
        self.line = Line(self.transport, self.runtime, observers=observers, **policy)

    def ask(self, text: str = "Hi", **asked: Any) -> Any:
        asked.setdefault("stream", False)
        return drive(self.line.ask(self.line.call(text, **asked)))

    def uses(self, *calls: dict[str, Any]) -> list[Any]:
        return [self.ask(**asked).result().receipt.cache for asked in calls]

    def stream(self, text: str = "Hi", **asked: Any) -> tuple[list[Any], Any]:
        reply = self.ask(text, stream=True, **asked)
        batches = []
        while True:
            try:
                batches.append(drive(reply.__anext__()))
            except StopAsyncIteration:
                return batches, reply


def test_an_equal_call_is_answered_without_a_request() -> None:
    desk = Desk(whole("one"))

    first, second = desk.ask().result(), desk.ask().result()

    assert (first.text, second.text) == ("one", "one")
    assert len(desk.transport.requests) == 1
    assert (first.receipt.cache, second.receipt.cache) == ("stored", "hit")
    assert (len(first.receipt.attempts), second.receipt.attempts) == (1, ())


def test_a_hit_costs_nothing_and_says_so_with_the_usage_as_recorded() -> None:
    desk = Desk(whole())

    first, second = desk.ask().result(), desk.ask().result()

    assert first.cost is None
    assert (second.cost.usd, second.cost.source) == (Decimal(0), "cache")
    assert second.usage == first.usage
    assert second.raw == first.raw


def test_a_stream_is_told_again_in_its_own_batches() -> None:
    desk = Desk(streamed("Once", " upon"))

    first, asked = desk.stream()
    second, told = desk.stream()

    assert [list(batch) for batch in second] == [list(batch) for batch in first]
    assert len(second) > 2
    assert told.result().message == asked.result().message
    assert (asked.receipt.cache, told.receipt.cache) == ("stored", "hit")


def test_a_streamed_answer_and_a_whole_one_are_two() -> None:
    desk = Desk(streamed("a"), whole("b"))

    desk.stream()

    assert desk.ask().result().text == "b"
    assert len(desk.transport.requests) == 2


def test_an_answer_is_kept_for_its_time() -> None:
    desk = Desk(whole("old"), whole("new"))
    desk.ask(ttl=60.0)

    desk.runtime.advance(59.0)
    assert desk.ask().result().text == "old"
    desk.runtime.advance(1.0)
    assert desk.ask().result().text == "new"


def test_a_refreshed_answer_takes_the_place_of_the_one_before() -> None:
    desk = Desk(whole("old"), whole("new"))

    desk.ask()

    assert desk.ask(refresh=True).result().text == "new"
    assert desk.ask().result().text == "new"


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Ho"},
        {"temperature": 0.5},
        {"user": "b"},
        {"headers": (("x-team", "b"),)},
        {"credential": key("k-2")},
        {"extra_body": {"top_k": 1}},
        {"max_tokens": 7},
    ],
    ids=lambda changed: next(iter(changed)),
)
@pytest.mark.invariant("I16")
def test_whatever_differs_is_another_question(changed) -> None:
    desk = Desk(whole("a"), whole("b"), whole("c"))

    assert desk.uses({}, changed, {}, changed) == ["stored", "stored", "hit", "hit"]


def test_other_bytes_are_another_question_even_where_they_mean_the_same() -> None:
    desk = Desk(whole("a"), whole("b"))
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}

    assert desk.uses({"extra_body": one}, {"extra_body": other}) == ["stored", "stored"]


def test_a_budgets_account_is_a_tenant() -> None:
    desk = Desk(whole("a"), whole("b"))
    with budget("team-a", usd=1):
        assert desk.uses({}, {}) == ["stored", "hit"]
    with budget("team-b", usd=1):
        assert desk.uses({}, {}) == ["stored", "hit"]


@pytest.mark.invariant("I16")
def test_a_rotated_key_meets_nothing_of_the_key_before() -> None:
    desk = Desk(whole("a"), whole("b"))
    credential = key()
    desk.ask(credential=credential)
    credential.rotate("k-2")

    assert desk.ask(credential=credential).result().text == "b"


@pytest.mark.invariant("I16")
def test_an_answer_to_a_key_that_was_changed_on_the_way_is_not_kept() -> None:
    credential = key()

    class Rotating(MemoryTransport):
        async def send(self, request: Any, **how: Any) -> Any:
            credential.rotate(f"k-{len(self.requests)}")
            return await super().send(request, **how)

    desk = Desk()
    desk.transport = Rotating(desk.runtime, [whole("a"), whole("b")])
    desk.line = Line(desk.transport, desk.runtime)

    assert desk.ask(credential=credential).result().receipt.cache == "missed"
    assert desk.ask(credential=credential).result().text == "b"


def test_a_credential_that_must_be_fetched_first_is_not_known_and_nothing_is_kept() -> None:
    class Unfetched:
        key_name = "token"

        def in_use(self, wall: float) -> None:
            return None

        def renewal(self, wall: float) -> None:
            return None

        def authorize(self, request: Any, wall: float) -> Any:
            return request

        def redact(self, data: bytes) -> bytes:
            return data

    desk = Desk(whole("a"), whole("b"))

    assert desk.uses({"credential": Unfetched()}, {"credential": Unfetched()}) == [None, None]


def test_an_error_is_not_kept() -> None:
    down = Answer((b'{"error":{"message":"down"}}',), status=500)
    desk = Desk(down, whole("up"))

    with pytest.raises(ServerError) as caught:
        desk.ask()

    assert len(caught.value.receipt.attempts) == 1
    assert desk.ask().result().text == "up"


def test_a_cut_stream_is_not_kept_and_tells_what_had_come() -> None:
    cut = Answer((chunk({"content": "Hal"}), chunk({"content": "f"})), headers=SSE)
    desk = Desk(cut, streamed("whole"))

    with pytest.raises(StreamInterrupted) as caught:
        desk.stream()

    assert caught.value.partial.text == "Half"
    assert desk.stream()[1].result().text == "whole"


def test_a_stream_that_is_closed_early_is_not_kept_and_its_connection_is_freed() -> None:
    desk = Desk(streamed("a", "b"), streamed("c"))
    reply = desk.ask(stream=True)
    drive(reply.__anext__())
    drive(reply.aclose())

    assert desk.transport.open == 0
    assert not reply.complete
    assert reply.receipt.attempts[0].error == "closed before its end"
    assert desk.stream()[1].result().text == "c"


def test_a_stream_that_is_left_at_its_last_event_is_complete_and_kept() -> None:
    desk = Desk(streamed("a"))
    reply = desk.ask(stream=True)
    while type(drive(reply.__anext__())[-1]).__name__ != "Finish":
        pass
    drive(reply.aclose())

    assert reply.result().text == "a"
    assert desk.stream()[1].receipt.cache == "hit"


def test_a_hit_that_is_closed_early_is_not_complete() -> None:
    desk = Desk(streamed("a", "b"))
    desk.stream()
    reply = desk.ask(stream=True)
    while not reply.partial()[0].text:
        drive(reply.__anext__())
    drive(reply.aclose())

    assert reply.partial()[0].text == "a"
    assert not reply.complete
    with pytest.raises(RuntimeError, match="not complete"):
        reply.result()


def test_an_answer_that_is_too_large_is_given_and_not_kept() -> None:
    desk = Desk(whole("x" * 5000), whole("y" * 5000), max_bytes=4096)

    assert desk.uses({}, {}) == ["missed", "missed"]


def test_the_events_of_a_stream_count_besides_its_answer() -> None:
    long = streamed(*["x" * 1000] * 2, *[" y"] * 8)
    desk = Desk(long, long, max_bytes=5000)

    assert desk.stream()[1].result().receipt.cache == "missed"


def test_the_number_of_answers_is_bounded() -> None:
    desk = Desk(*[whole(str(n)) for n in range(4)], max_entries=2)

    assert desk.uses(*[{"text": t} for t in "abcbca"])[3:] == ["hit", "hit", "stored"]


def test_places_that_take_turns_keep_each_its_own_answers() -> None:
    other = replace(TARGET, model="m-2")
    desk = Desk(whole("a"), whole("b"))

    assert desk.uses({}, {"target": other}, {}, {"target": other}) == [
        "stored",
        "stored",
        "hit",
        "hit",
    ]


def test_a_target_with_other_quirks_is_another_place() -> None:
    from fairlead.types.targets import Quirks

    changed = TARGET.__class__(
        *[getattr(TARGET, n) for n in ("provider", "model", "operation")],
        TARGET.dialect,
        TARGET.url,
        Quirks(inline_thinking=True),
    )
    desk = Desk(whole("a"), whole("b"))

    assert desk.uses({}, {"target": changed}) == ["stored", "stored"]


def test_observers_see_a_hit_as_a_call_that_ends_well_without_attempts_or_usage() -> None:
    told: list[tuple[str, Any]] = []

    class Listening:
        def call_stop(self, call: Any, end: CallEnd) -> None:
            told.append((end.how, end.usage and end.usage.total_tokens))

        def attempt_start(self, call: Any, begun: Any) -> None:
            told.append(("attempt", begun.number))

    desk = Desk(whole(), streamed("a"), observers=(Listening(),))
    desk.uses({}, {})
    desk.stream()
    desk.stream()

    assert told == [
        ("attempt", 1),
        ("ok", 13),
        ("cached", None),
        ("attempt", 1),
        ("ok", 13),
        ("cached", None),
    ]


def test_what_is_cleared_is_asked_for_again() -> None:
    desk = Desk(whole("a"), whole("b"))
    desk.ask()
    desk.line.answers.clear()

    assert desk.ask().result().text == "b"


def test_a_call_that_says_nothing_of_the_cache_passes_it() -> None:
    desk = Desk(whole("a"), whole("b"))
    for text in ("a", "b"):
        call = desk.line.call(stream=False)
        call.caching = None
        answer = drive(desk.line.ask(call)).result()

        assert (answer.text, answer.receipt.cache) == (text, None)
