"""A route from end to end on a fake clock: who is asked, in what order, and what is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

import fairlead
from fairlead.auth.secret import Secret
from fairlead.core import Core
from fairlead.engine.runtime import drive
from fairlead.errors import (
    AllTargetsFailed,
    BadRequestError,
    ConnectError,
    ContentFilterError,
    ContextLengthError,
    DeadlineExceeded,
    FairleadError,
    InvalidRequest,
    MissingCredentials,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
    StreamInterrupted,
    UnknownProvider,
    UnsupportedFeature,
)
from fairlead.settings import ProviderSettings, RetrySettings, Settings
from fairlead.testing.memory import Answer, MemoryTransport, sse
from fairlead.testing.runtime import FakeRuntime
from fairlead.types.events import StreamRestarted, TextDelta
from fairlead.types.messages import Image, Message, Text

BOTH = fairlead.route("alpha/m", "beta/m")


def provider(name: str, **changes: Any) -> ProviderSettings:
    address = f"https://{name}.test/v1"
    changes.setdefault("dialect", "openai_chat")
    return ProviderSettings(base_url=address, key=Secret("sk-12345678"), **changes)


class Place:
    """A client whose providers answer in the order of a list."""

    def __init__(self, *answers: Answer | FairleadError, **settings: Any) -> None:
        self.runtime = FakeRuntime()
        self.transport = MemoryTransport(self.runtime, answers)
        providers = {name: provider(name) for name in ("alpha", "beta", "gamma")}
        self.core = Core(
            Settings(providers=providers | settings.pop("providers", {}), **settings),
            transport=self.transport,
            runtime=self.runtime,
        )

    def chat(self, model: Any = BOTH, messages: Any = "Hi", **options: Any) -> Any:
        return drive(self.core.chat(model, messages, options))

    def stream(self, model: Any = BOTH, **options: Any) -> Any:
        return drive(self.core.stream(model, "Hi", options))

    def failed(self, kind: type[FairleadError], model: Any = BOTH, **options: Any) -> Any:
        with pytest.raises(kind) as caught:
            self.chat(model, **options)
        return caught.value

    @property
    def asked(self) -> list[str]:
        return [request.url.split("/")[2].split(".")[0] for request in self.transport.requests]


def said(text: str = "fine") -> Answer:
    message = {"role": "assistant", "content": text}
    body = {"id": "c", "model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}
    return Answer((json.dumps(body).encode(),))


def refused(status: int, code: str = "", *headers: tuple[str, str]) -> Answer:
    body = json.dumps({"error": {"message": "no", "code": code or None}}).encode()
    return Answer((body,), status=status, headers=(("content-type", "application/json"), *headers))


def piece(text: str) -> str:
    return json.dumps({"id": "c", "model": "m", "choices": [{"delta": {"content": text}}]})


STOP = json.dumps({"id": "c", "model": "m", "choices": [{"delta": {}, "finish_reason": "stop"}]})


def streamed(*texts: str) -> Answer:
    return sse(*[piece(text) for text in texts], STOP, "[DONE]")


def read(reply: Any) -> list[Any]:
    async def run() -> list[Any]:
        found: list[Any] = []
        async for batch in reply:
            found += batch
        return found

    return drive(run())


def texts(events: list[Any]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextDelta)]


# -- who answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        ConnectError("refused"),
        ProtocolError("reset", sent=True),
        refused(500),
        refused(529),
        refused(429),
        refused(429, "insufficient_quota"),
        refused(401),
        refused(404),
        Answer((b"<html>",), headers=(("content-type", "text/html"),)),
        Answer((b"{",)),
    ],
)
def test_trouble_at_one_target_is_answered_by_the_next_at_once(trouble) -> None:
    place = Place(trouble, said("from beta"))

    answer = place.chat()

    assert answer.text == "from beta"
    assert place.asked == ["alpha", "beta"]
    assert place.runtime.slept == []
    assert answer.receipt.target == "beta/m"
    assert [attempt.target for attempt in answer.receipt.attempts] == ["alpha/m", "beta/m"]
    assert answer.receipt.attempts[0].error
    assert place.transport.open == 0


@pytest.mark.parametrize("code", ["", "content_filter"])
def test_the_callers_own_mistakes_go_to_nobody_else(code) -> None:
    place = Place(refused(400, code))

    error = place.failed(BadRequestError)

    assert place.asked == ["alpha"]
    assert error.receipt.target == "alpha/m"


def test_refused_content_is_put_to_the_next_only_where_the_route_says_so() -> None:
    lenient = fairlead.route("alpha/m", "beta/m", on_filter="next")
    place = Place(refused(400, "content_filter"), said("beta's"))

    assert place.chat(lenient).text == "beta's"
    assert isinstance(Place(refused(400, "content_filter")).failed(ContentFilterError), Exception)


def test_one_target_is_as_it_would_be_without_a_route() -> None:
    single = fairlead.route("alpha/m")
    trouble = [refused(500), refused(500), refused(500), refused(500)]
    routed, plain = Place(*trouble), Place(*trouble)

    error = routed.failed(ServerError, single)
    other = plain.failed(ServerError, "alpha/m")

    assert (str(error), error.__notes__) == (str(other), other.__notes__)
    assert routed.asked == plain.asked == ["alpha"] * 4
    assert [a.error for a in error.receipt.attempts] == [a.error for a in other.receipt.attempts]


def test_a_group_says_what_each_target_said() -> None:
    place = Place(refused(500), refused(401), retry=RetrySettings(max_retries=0))

    error = place.failed(AllTargetsFailed)

    assert [type(one).__name__ for one in error.exceptions] == [
        "ServerError",
        "AuthenticationError",
    ]
    assert "alpha/m" in str(error)
    assert "beta/m" in str(error)
    assert error.targets == ("alpha/m", "beta/m")
    assert error.retryable
    assert len(error.receipt.attempts) == 2
    with pytest.raises(ExceptionGroup) as caught:
        try:
            raise error
        except* ServerError:
            pass
    assert caught.value.exceptions == (error.exceptions[1],)


def test_a_group_names_who_said_what_and_says_it_once() -> None:
    place = Place(ConnectError("no way"), refused(401), retry=RetrySettings(max_retries=0))
    error = place.failed(AllTargetsFailed)

    assert str(error) == (
        "the route: none of 2 targets answered: alpha/m: no way; beta/m: no (HTTP 401); "
        "the credential is that of [providers.beta] key: correct or renew it"
    )


def test_a_group_of_refusals_that_waiting_does_not_help_is_not_retryable() -> None:
    error = Place(refused(401), refused(402)).failed(AllTargetsFailed)

    assert not error.retryable


def test_a_target_that_failed_for_once_is_asked_again_when_the_others_are_of_no_use() -> None:
    place = Place(refused(500), refused(401), said("recovered"))

    assert place.chat().text == "recovered"
    assert place.asked == ["alpha", "beta", "alpha"]
    assert len(place.runtime.slept) == 1


def test_the_attempts_of_all_targets_share_one_number_of_retries() -> None:
    place = Place(*[refused(500)] * 10)

    error = place.failed(AllTargetsFailed)

    assert place.asked == ["alpha", "beta", "alpha", "beta"]
    assert len(error.receipt.attempts) == 4
    assert len(error.exceptions) == 2


def test_a_provider_that_names_a_time_is_not_asked_again_before_it() -> None:
    hint = refused(429, "", ("retry-after", "7"))
    place = Place(hint, refused(401), said("later"))
    began = place.runtime.now()

    assert place.chat().text == "later"
    assert place.runtime.now() - began >= 7


def test_a_key_that_is_missing_costs_no_attempt_and_the_answer_warns_of_it() -> None:
    bare = ProviderSettings(
        base_url="https://alpha.test/v1", key_env="NOT_SET_ANYWHERE", dialect="openai_chat"
    )
    place = Place(said("beta's"), providers={"alpha": bare})

    answer = place.chat()

    assert (answer.text, place.asked) == ("beta's", ["beta"])
    assert [warning.partition(";")[0] for warning in answer.warnings] == [
        "alpha/m was not asked: alpha: there is no key"
    ]
    assert Place(refused(401), said()).chat().warnings == ()  # the receipt has that attempt
    error = Place(refused(401), providers={"alpha": bare}).failed(AllTargetsFailed)
    assert isinstance(error.exceptions[0], MissingCredentials)


def test_a_provider_that_does_not_exist_is_told_before_anything_is_sent() -> None:
    place = Place(said())

    place.failed(UnknownProvider, fairlead.route("alpha/m", "nowhere/m"))

    assert place.asked == []


def test_a_named_route_serves_wherever_a_model_does() -> None:
    routes = {"fast": fairlead.route("alpha/m", "beta/m")}
    place = Place(refused(500), said("beta's"), routes=routes, aliases={"quick": "fast"})

    assert place.chat("quick").receipt.target == "beta/m"
    request, resolved = place.core.prepare("fast", "Hi", {}, stream=False)
    assert resolved.target.label == "alpha/m"
    assert request.url.startswith("https://alpha.test")


# -- what each target is asked -------------------------------------------------------------------


def test_the_request_is_put_into_each_targets_own_words() -> None:
    providers = {"beta": provider("beta", dialect="anthropic_messages")}
    content = {"type": "text", "text": "in claude's words"}
    body = {"id": "c", "model": "m", "content": [content], "stop_reason": "end_turn"}
    answer = Answer((json.dumps(body | {"role": "assistant", "type": "message"}).encode(),))
    place = Place(refused(500), answer, providers=providers)

    found = place.chat(system="Be brief", max_tokens=9)

    first, second = (json.loads(request.body) for request in place.transport.requests)
    assert found.text == "in claude's words"
    assert first["messages"][0]["role"] == "system"
    assert (second["system"], second["max_tokens"]) == ("Be brief", 9)
    assert place.transport.requests[1].url.endswith("/messages")


def test_a_target_that_cannot_take_the_request_is_passed_over() -> None:
    providers = {"alpha": provider("alpha", quirks={"unsupported": ("seed",)})}
    place = Place(said("beta's"), providers=providers)

    assert place.chat(seed=1).receipt.target == "beta/m"
    assert place.asked == ["beta"]


def test_a_request_that_no_target_takes_says_so_of_each() -> None:
    unable = {"quirks": {"unsupported": ("seed",)}}
    providers = {name: provider(name, **unable) for name in ("alpha", "beta")}
    place = Place(providers=providers)

    error = place.failed(AllTargetsFailed, seed=1)

    assert all(isinstance(one, UnsupportedFeature) for one in error.exceptions)
    assert "alpha/m does not support seed" in str(error)
    assert place.asked == []


def test_images_go_to_a_model_that_reads_them() -> None:
    pictures = Message("user", (Text("What is it?"), Image("https://x.test/a.png")))
    mixed = fairlead.route("openai/gpt-3.5-turbo", "openai/gpt-4o")
    keys = {"openai": ProviderSettings(key=Secret("sk-12345678"))}
    place = Place(said("a cat"), providers=keys)

    answer = place.chat(mixed, [pictures])

    assert answer.receipt.target == "openai/gpt-4o"
    assert json.loads(place.transport.requests[0].body)["model"] == "gpt-4o"


def test_an_answer_longer_than_one_model_writes_goes_to_one_that_does() -> None:
    keys = {"openai": ProviderSettings(key=Secret("sk-12345678"))}
    place = Place(said("long"), providers=keys)

    route = fairlead.route("openai/gpt-4o", "alpha/m")
    assert place.chat(route, max_tokens=100_000).receipt.target == "alpha/m"


def test_a_prompt_that_is_too_long_goes_to_a_larger_window_only() -> None:
    keys = {"openai": ProviderSettings(key=Secret("sk-12345678"))}
    too_long = refused(400, "context_length_exceeded")
    smaller = fairlead.route("openai/gpt-4o", "openai/gpt-3.5-turbo", "openai/gpt-4.1")
    place = Place(too_long, said("read it all"), providers=keys)

    assert place.chat(smaller).receipt.target == "openai/gpt-4.1"

    none_larger = fairlead.route("openai/gpt-4.1", "openai/gpt-4o")
    assert isinstance(
        Place(too_long, providers=keys).failed(ContextLengthError, none_larger), Exception
    )


def test_a_mistake_in_the_request_is_told_at_once() -> None:
    place = Place()

    place.failed(InvalidRequest, temperature="warm")
    place.failed(InvalidRequest, BOTH, deadline=-1)
    assert place.asked == []


# -- time ----------------------------------------------------------------------------------------


def test_a_silent_target_leaves_time_for_the_next() -> None:
    place = Place(Answer(delay=100), said("in time"))
    began = place.runtime.now()

    assert place.chat(deadline=8).text == "in time"
    assert place.runtime.now() - began == pytest.approx(4.0)


def test_a_target_that_is_known_to_be_quick_is_left_less_time() -> None:
    place = Place(said(), Answer(delay=100), said("in time"))
    place.chat(fairlead.route("beta/m", "alpha/m"))
    began = place.runtime.now()

    assert place.chat(deadline=8).text == "in time"
    assert place.runtime.now() - began == pytest.approx(6.0)


@pytest.mark.invariant("I20")
def test_the_deadline_ends_the_call_with_what_was_said_before() -> None:
    place = Place(refused(401), Answer(delay=100))

    error = place.failed(DeadlineExceeded, deadline=8)

    assert any("alpha/m" in note for note in error.__notes__)
    assert len(error.receipt.attempts) == 2


def test_an_ambient_deadline_holds_for_calls_without_one() -> None:
    place = Place(Answer(delay=100))
    began = place.runtime.now()

    with fairlead.deadline(5):
        place.failed(DeadlineExceeded, "alpha/m")
    # A block's time runs on the machine's own clock, which may have gone on before the call began.
    assert place.runtime.now() - began <= 5.0


def test_a_block_whose_time_is_up_sends_nothing() -> None:
    place = Place(said())

    with fairlead.deadline(1e-9):
        error = place.failed(DeadlineExceeded)
    assert "deadline of its block" in str(error)
    assert place.asked == []


def test_a_target_whose_breaker_is_open_costs_no_attempt() -> None:
    trouble = [ConnectError("refused"), said()] * 5
    place = Place(*trouble, *[said()] * 10)
    for _ in range(5):
        place.chat()

    later = [place.chat() for _ in range(10)]

    assert place.asked.count("alpha") == 5
    assert all(len(answer.receipt.attempts) <= 2 for answer in later)
    assert all(answer.receipt.target == "beta/m" for answer in later)


def test_a_spent_quota_puts_the_target_last_for_an_hour() -> None:
    quota = refused(429, "insufficient_quota")
    place = Place(quota, *[said()] * 3)
    place.chat()
    place.chat()
    place.runtime.advance(3601)
    place.chat()

    assert place.asked == ["alpha", "beta", "beta", "alpha"]


def test_a_target_that_rests_is_asked_where_the_others_fail() -> None:
    place = Place(refused(429), said(), refused(401), said("alpha's"))
    place.chat()

    assert place.chat().text == "alpha's"
    assert place.asked == ["alpha", "beta", "beta", "alpha"]


def test_another_key_ends_the_rest() -> None:
    place = Place(refused(401), said(), said())
    place.chat()
    place.core.rotate_key("alpha", Secret("sk-87654321"))
    place.chat()

    assert place.asked == ["alpha", "beta", "alpha"]


def test_the_fastest_is_asked_first_once_all_were_measured() -> None:
    slow = Answer(said().body, delay=3.0)
    place = Place(slow, said(), said(), said())
    route = fairlead.route("alpha/m", "beta/m", order="fastest")
    for _ in range(4):
        place.chat(route)

    assert place.asked == ["alpha", "beta", "beta", "beta"]


def test_the_cheapest_is_asked_first() -> None:
    keys = {"openai": ProviderSettings(key=Secret("sk-12345678"))}
    place = Place(said(), providers=keys)
    route = fairlead.route("openai/gpt-4o", "openai/gpt-4o-mini", order="cheapest")

    assert place.chat(route).receipt.target == "openai/gpt-4o-mini"


# -- streams -------------------------------------------------------------------------------------


def test_a_stream_moves_on_before_its_first_event_like_any_call() -> None:
    cut = Answer((b": hello\n\n",), headers=(("content-type", "text/event-stream"),))
    place = Place(refused(529), cut, streamed("one", "two"))
    route = fairlead.route("alpha/m", "beta/m", "gamma/m")

    reply = place.stream(route)

    assert texts(read(reply)) == ["one", "two"]
    assert place.asked == ["alpha", "beta", "gamma"]
    assert reply.result().receipt.target == "gamma/m"


@pytest.mark.invariant("I3")
def test_a_stream_that_breaks_later_is_an_error_and_no_other_attempt() -> None:
    place = Place(sse(piece("one")), streamed("two"))

    with pytest.raises(StreamInterrupted) as caught:
        read(place.stream())

    assert caught.value.partial.text == "one"
    assert place.asked == ["alpha"]


RESTART = fairlead.route("alpha/m", "beta/m", on_break="restart")


def test_a_stream_may_begin_anew_where_it_breaks() -> None:
    place = Place(sse(piece("on"), piece("ce")), streamed("two", "three"))

    reply = place.stream(RESTART)
    events = read(reply)

    at = next(n for n, event in enumerate(events) if isinstance(event, StreamRestarted))
    assert events[at].target == "beta/m"
    assert texts(events[:at]) == ["on", "ce"]
    assert texts(events[at:]) == ["two", "three"]
    answer = reply.result()
    assert answer.text == "twothree"
    assert [a.target for a in answer.receipt.attempts] == ["alpha/m", "beta/m"]
    assert place.transport.open == 0


def test_a_restart_can_break_and_begin_anew_too() -> None:
    place = Place(sse(piece("1")), refused(500), sse(piece("2")), streamed("3"))
    route = fairlead.route("alpha/m", "beta/m", "gamma/m", on_break="restart")

    events = read(place.stream(route))

    assert texts(events) == ["1", "2", "3"]
    assert sum(isinstance(event, StreamRestarted) for event in events) == 2
    assert place.asked == ["alpha", "beta", "gamma", "gamma"]


def test_restarts_are_few() -> None:
    place = Place(*[sse(piece("x"))] * 10)

    with pytest.raises(StreamInterrupted) as caught:
        read(place.stream(RESTART))

    assert len(place.asked) == 4
    assert len(caught.value.receipt.attempts) == 4
    assert place.transport.open == 0


def test_a_restart_that_nobody_answers_is_the_interruption_that_it_was() -> None:
    place = Place(sse(piece("one")), *[refused(500)] * 5)

    with pytest.raises(StreamInterrupted) as caught:
        read(place.stream(RESTART))

    assert caught.value.partial.text == "one"
    assert any("begin anew" in note for note in caught.value.__notes__)


def test_a_single_target_may_be_asked_anew() -> None:
    place = Place(sse(piece("one")), streamed("two"))

    events = read(place.stream(fairlead.route("alpha/m", on_break="restart")))

    assert texts(events) == ["one", "two"]
    assert place.asked == ["alpha", "alpha"]


def test_a_closed_stream_begins_nothing_anew() -> None:
    place = Place(sse(piece("one"), piece("two")), streamed("three"))
    reply = place.stream(RESTART)

    drive(reply.aclose())

    assert read(reply) == []
    assert place.asked == ["alpha"]
    assert place.transport.open == 0


def test_who_watches_a_stream_hears_one_end() -> None:
    heard: list[Any] = []
    place = Place(sse(piece("one")), streamed("two"))
    reply = place.stream(RESTART)
    reply.watch(lambda ended, error: heard.append((ended.receipt.target, error, ended.complete)))
    read(reply)
    reply.watch(lambda ended, error: heard.append("late"))

    assert heard == [("beta/m", None, True), "late"]


# -- copies --------------------------------------------------------------------------------------


def test_a_blocking_client_says_that_it_made_no_copy() -> None:
    place = Place(said())

    answer = place.chat(fairlead.route("alpha/m", "beta/m", hedge=2.0))

    assert any("AsyncClient" in warning for warning in answer.warnings)
    assert place.asked == ["alpha"]


def test_an_answer_without_a_hedge_has_no_such_warning() -> None:
    assert Place(said()).chat().warnings == ()


def test_a_rate_limit_alone_is_raised_as_it_is() -> None:
    place = Place(refused(429), retry=RetrySettings(max_retries=0))

    assert isinstance(place.failed(RateLimitError, fairlead.route("alpha/m")), RateLimitError)
    assert isinstance(
        Place(refused(402)).failed(QuotaExceededError, fairlead.route("alpha/m")), Exception
    )
