"""An answer that a filter held back: put to the next target where the route says so, else given."""

from __future__ import annotations

import json

import pytest
from tests.client.test_fallback import Place, piece, provider, read, refused, said, streamed, texts

import fairlead
from fairlead.engine.withheld import withheld
from fairlead.errors import AllTargetsFailed, ContentFilterError
from fairlead.testing.memory import Answer, sse
from fairlead.types.events import Finish, PartEnd, RefusalDelta, ResponseStart, TextDelta
from fairlead.types.messages import Refusal, Text

NEXT = fairlead.route("alpha/m", "beta/m", on_filter="next")
FILTERED = json.dumps(
    {"id": "c", "model": "m", "choices": [{"delta": {}, "finish_reason": "content_filter"}]}
)


def filtered(text: str | None = None) -> Answer:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "content_filter"}
    return Answer((json.dumps({"id": "c", "model": "m", "choices": [choice]}).encode(),))


def stopped(*before: str) -> Answer:
    return sse(*[piece(text) for text in before], FILTERED, "[DONE]")


def test_a_whole_answer_that_was_held_back_is_put_to_the_next() -> None:
    place = Place(filtered(), said("beta's"))

    answer = place.chat(NEXT)

    assert (answer.text, place.asked) == ("beta's", ["alpha", "beta"])
    assert [attempt.status for attempt in answer.receipt.attempts] == [200, 200]
    assert place.transport.open == 0


def test_a_stream_that_was_held_back_is_put_to_the_next() -> None:
    place = Place(stopped(), streamed("beta's"))

    assert texts(read(place.stream(NEXT))) == ["beta's"]
    assert place.asked == ["alpha", "beta"]
    assert place.transport.open == 0


def test_the_reasons_of_a_refusal_are_no_content() -> None:
    body = {"promptFeedback": {"blockReason": "SAFETY"}}
    blocked = Answer((json.dumps(body).encode(),))
    providers = {"alpha": provider("alpha", dialect="gemini")}
    place = Place(blocked, said("beta's"), providers=providers)

    assert place.chat(NEXT).text == "beta's"


@pytest.mark.invariant("I3")
def test_content_that_was_cut_by_a_filter_stays_with_its_target() -> None:
    place = Place(filtered("as far as this"), stopped("as far", " as this"))

    assert place.chat(NEXT).finish_reason == "content_filter"
    assert texts(read(place.stream(NEXT))) == ["as far", " as this"]
    assert place.asked == ["alpha", "alpha"]


@pytest.mark.parametrize("route", [fairlead.route("alpha/m", "beta/m"), "alpha/m"])
def test_where_nobody_asks_for_it_the_answer_is_given_as_it_is(route) -> None:
    place = Place(filtered(), stopped())

    assert place.chat(route).finish_reason == "content_filter"
    assert read(place.stream(route))[-1].finish_reason == "content_filter"
    assert place.asked == ["alpha", "alpha"]


def test_the_last_target_is_believed() -> None:
    place = Place(filtered(), filtered())

    assert place.chat(NEXT).finish_reason == "content_filter"
    assert place.asked == ["alpha", "beta"]


def test_a_group_says_who_held_an_answer_back() -> None:
    place = Place(filtered(), refused(401))

    error = place.failed(AllTargetsFailed, NEXT)

    assert isinstance(error.exceptions[0], ContentFilterError)
    assert "alpha/m: a filter held back the answer" in str(error)


START = ResponseStart("c", "m")
END = Finish("content_filter", "x")


@pytest.mark.parametrize(
    ("events", "is_withheld"),
    [
        ((START, END), True),
        ((START, RefusalDelta("no"), PartEnd(0, Refusal("no")), END), True),
        ((START, TextDelta("a"), PartEnd(0, Text("a")), END), False),
        ((START, PartEnd(0, Text("a")), END), False),
        ((START, Finish("stop", "stop")), False),
        ((START, TextDelta("a")), False),
        ((), False),
    ],
)
def test_only_a_whole_answer_without_content_is_withheld(events, is_withheld) -> None:
    assert withheld(events) is is_withheld
