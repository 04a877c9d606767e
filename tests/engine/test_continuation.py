"""A stream that goes on where it was cut: the same text as uncut, wherever that was."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings as checks, strategies as st
from tests.client.test_fallback import STOP, Place, piece, provider, read, refused, streamed, texts
from tests.engine.test_walk_cancelled import PausingRuntime, PausingTransport, until

import fairlead
from fairlead.core import Core
from fairlead.engine.runtime import drive
from fairlead.errors import ProtocolError, StreamInterrupted
from fairlead.testing.memory import Answer, MemoryResponse, MemoryTransport, sse
from fairlead.types.events import PartEnd, StreamContinued, UsageEvent
from fairlead.types.messages import Text

ROUTE = fairlead.route("alpha/m", "beta/m", on_break="continue")
CUT = ProtocolError("reset", sent=True)
SSE = (("content-type", "text/event-stream"),)


def chat_stream(*pieces: str) -> bytes:
    usage = {"prompt_tokens": 9, "completion_tokens": len(pieces), "total_tokens": 9 + len(pieces)}
    last = json.dumps({"id": "c", "model": "m", "choices": [], "usage": usage})
    data = [*map(piece, pieces), STOP, last, "[DONE]"]
    return b"".join(f"data: {item}\n\n".encode() for item in data)


def claude_stream(*pieces: str) -> bytes:
    start = {"id": "m", "model": "claude", "usage": {"input_tokens": 9, "output_tokens": 1}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": start | {"content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    ]
    for text in pieces:
        delta = {"type": "text_delta", "text": text}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    usage = {"output_tokens": len(pieces)}
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    ]
    return b"".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in events)


class Scribe(MemoryTransport):
    """A model that says `text`, from where the request leaves it, and is cut after some bytes.

    `cuts` says after how many, for one request after the other. Like the real ones it refuses
    blanks at the end of what it is to go on with.
    """

    def __init__(
        self, runtime: Any, text: str, cuts: list[int], wire: Callable[..., bytes], *, echo: bool
    ) -> None:
        super().__init__(runtime, [])
        self.text, self.cuts, self.wire, self.echo = text, cuts, wire, echo
        self.begun: list[str] = []

    async def send(self, request: Any, *, deadline: float, timeouts: Any) -> MemoryResponse:
        last = json.loads(request.body)["messages"][-1]
        written = last["content"] if last["role"] == "assistant" else ""
        assert written == written.rstrip()
        assert self.text.startswith(written)
        self.begun.append(written)
        rest = self.text if self.echo else self.text[len(written) :]
        body = self.wire(*[rest[at : at + 3] for at in range(0, len(rest), 3)])
        parts: list[Any] = [body[: self.cuts[0]], CUT] if self.cuts else [body]
        del self.cuts[:1]
        self._answers = [Answer(tuple(p for p in parts if p), headers=SSE)]
        return await super().send(request, deadline=deadline, timeouts=timeouts)


def scribe(
    text: str, *cuts: int, dialect: str = "openai_chat", prefill: str = "plain"
) -> tuple[Place, Scribe]:
    own = {"dialect": dialect, "quirks": {"prefill": prefill}}
    place = Place(providers={name: provider(name, **own) for name in ("alpha", "beta")})
    wire = claude_stream if dialect == "anthropic_messages" else chat_stream
    transport = Scribe(place.runtime, text, list(cuts), wire, echo=prefill == "prefix")
    place.core._transport = place.transport = transport
    place.core._handler = place.core._stack()
    return place, transport


def told(place: Place, route: Any = ROUTE, **options: Any) -> tuple[list[Any], Any]:
    reply = place.stream(route, **options)
    events = read(reply)
    return events, reply.result()


def check(text: str, events: list[Any], answer: Any) -> None:
    assert "".join(texts(events)) == text == answer.text
    assert [p for p in answer.message.parts if isinstance(p, Text)] == list(answer.message.parts)
    ends = {e.index: e.part for e in events if isinstance(e, PartEnd)}
    assert [ends[index] for index in sorted(ends)] == list(answer.message.parts)
    assert [type(e).__name__ for e in events].count("Finish") == 1


TEXT = "One  two,\n\n é 😀 end. \n"
WAYS = [
    ("openai_chat", "plain", "m"),
    ("openai_chat", "prefix", "m"),
    ("openai_chat", "continue_final_message", "m"),
    ("anthropic_messages", "claude", "claude-sonnet-4-5"),
]


@pytest.mark.parametrize(("dialect", "prefill", "model"), WAYS)
def test_a_cut_after_any_byte_gives_the_text_of_an_uncut_stream(dialect, prefill, model) -> None:
    route = fairlead.route(f"alpha/{model}", f"beta/{model}", on_break="continue")
    wire = claude_stream if dialect == "anthropic_messages" else chat_stream
    whole = wire(*[TEXT[at : at + 3] for at in range(0, len(TEXT), 3)])
    continued = 0
    for cut in range(0, len(whole), 1 if prefill in ("plain", "claude") else 11):
        place, transport = scribe(TEXT, cut, dialect=dialect, prefill=prefill)
        events, answer = told(place, route)
        check(TEXT, events, answer)
        continued += any(transport.begun)
        assert place.transport.open == 0
    assert continued > 10


@checks(max_examples=150, deadline=None)
@given(
    text=st.text("ab \n\té😀", min_size=1, max_size=40).filter(str.strip),
    cuts=st.lists(st.integers(0, 4000), max_size=2),
    way=st.sampled_from(WAYS),
)
def test_any_text_survives_several_cuts(text, cuts, way) -> None:
    dialect, prefill, model = way
    route = fairlead.route(f"alpha/{model}", f"beta/{model}", on_break="continue")
    place, _ = scribe(text, *cuts, dialect=dialect, prefill=prefill)
    check(text, *told(place, route))


def test_the_events_say_that_it_went_on_and_where() -> None:
    cut = len(chat_stream("One", "  t")) - len(chat_stream()) + 10
    place, transport = scribe(TEXT, cut)
    events, answer = told(place)

    (event,) = [e for e in events if isinstance(e, StreamContinued)]
    assert event.target == "beta/m"
    assert "reset" in event.reason
    assert transport.begun == ["", "One  t"]
    assert answer.receipt.target == "beta/m"
    assert [a.target for a in answer.receipt.attempts] == ["alpha/m", "beta/m"]
    assert "went on at beta/m" in answer.warnings[-1]


def test_the_usage_is_that_of_both_and_marked_where_it_was_not_told() -> None:
    cut = len(chat_stream("One", "  t")) - len(chat_stream()) + 10
    place, _ = scribe(TEXT, cut)
    events, answer = told(place)

    rest = -(-(len(TEXT) - 6) // 3)
    assert answer.usage.output == 2 + rest
    assert answer.usage.input == 9 + 7
    assert answer.usage.estimated
    assert [e.usage for e in events if isinstance(e, UsageEvent)] == [answer.usage]


def test_a_stream_that_is_not_cut_tells_its_own_usage_and_nothing_else() -> None:
    place, _ = scribe(TEXT)
    events, answer = told(place)
    check(TEXT, events, answer)
    assert not answer.usage.estimated
    assert answer.warnings == ()


def test_the_bound_of_the_answer_is_lowered_by_what_was_written() -> None:
    place, transport = scribe(TEXT, 700)
    told(place, max_tokens=100)
    bounds = [json.loads(request.body)["max_tokens"] for request in transport.requests]
    assert bounds[0] == 100
    assert 90 < bounds[1] < 100


def test_the_same_target_goes_on_where_it_is_the_only_one() -> None:
    place, transport = scribe(TEXT, 500)
    events, answer = told(place, fairlead.route("alpha/m", on_break="continue"))
    check(TEXT, events, answer)
    assert transport.begun[1]


HINDERED = {
    "no target takes it": ({}, "", "does not take the beginning"),
    "reasoning was asked for": ({"reasoning_effort": "low"}, "plain", "with reasoning"),
    "JSON was asked for": ({"output": "json"}, "plain", "JSON"),
    "probabilities were asked for": ({"logprobs": True}, "plain", "probabilities"),
}


@pytest.mark.parametrize("why", HINDERED)
def test_where_it_cannot_go_on_the_cut_is_an_error_that_says_why(why) -> None:
    options, prefill, said = HINDERED[why]
    place, transport = scribe(TEXT, 500, prefill=prefill)
    reply = place.stream(ROUTE, **options)
    with pytest.raises(StreamInterrupted) as caught:
        read(reply)
    assert said in caught.value.__notes__[0]
    assert caught.value.partial.text
    assert len(transport.requests) == 1


def call_piece(name: str) -> str:
    call = {"index": 0, "id": "c1", "function": {"name": name, "arguments": "{"}}
    return json.dumps({"id": "c", "model": "m", "choices": [{"delta": {"tool_calls": [call]}}]})


def thought_piece(text: str) -> str:
    delta = {"reasoning_content": text}
    return json.dumps({"id": "c", "model": "m", "choices": [{"delta": delta}]})


@pytest.mark.parametrize("other", [call_piece("look"), thought_piece("hm")])
def test_after_more_than_text_the_cut_is_an_error(other) -> None:
    data = "".join(f"data: {item}\n\n" for item in (other, piece("so")))
    made, _ = scribe(TEXT)
    made.core._transport = MemoryTransport(
        made.runtime, [Answer((data.encode(), CUT), headers=SSE), refused(500)]
    )
    made.core._handler = made.core._stack()
    reply = made.stream(ROUTE)
    with pytest.raises(StreamInterrupted) as caught:
        read(reply)
    assert "more than text had come" in caught.value.__notes__[0]


def test_a_target_that_refuses_the_beginning_leaves_the_cut_as_the_error() -> None:
    made, _ = scribe(TEXT)
    data = f"data: {piece('so far')}\n\n".encode()
    answers = [Answer((data, CUT), headers=SSE), refused(400)]
    made.core._transport = MemoryTransport(made.runtime, answers)
    made.core._handler = made.core._stack()
    with pytest.raises(StreamInterrupted) as caught:
        read(made.stream(ROUTE))
    assert caught.value.partial.text == "so far"
    assert "it could not go on" in caught.value.__notes__[0]


def test_a_second_cut_that_nobody_mends_keeps_all_that_was_written() -> None:
    place, _ = scribe(TEXT, 400, 130)
    single = fairlead.route("alpha/m", on_break="continue")
    place.core._budgets.of("alpha/m").try_withdraw(place.runtime.now(), 7)
    reply = place.stream(single)
    events: list[Any] = []

    async def run() -> None:
        async for batch in reply:
            events.extend(batch)

    with pytest.raises(StreamInterrupted) as caught:
        drive(run())
    written = "".join(texts(events))
    assert written
    assert TEXT.startswith(written)
    assert caught.value.partial.text == written


def test_more_than_three_cuts_are_too_many_and_the_error_says_so() -> None:
    words = "word " * 40
    place, _ = scribe(words, *[400] * 9)
    reply = place.stream(fairlead.route("alpha/m", on_break="continue"))
    with pytest.raises(StreamInterrupted) as caught:
        read(reply)
    assert caught.value.__notes__ == ["it could not go on: it was cut 4 times"]
    assert words.startswith(caught.value.partial.text)


def test_nothing_is_left_wherever_a_continued_stream_is_cancelled() -> None:
    own = {"quirks": {"prefill": "plain"}}
    settings = Place(providers={n: provider(n, **own) for n in ("alpha", "beta")}).core.settings

    async def use(core: Core) -> None:
        reply = await core.stream(ROUTE, "Hi", {})
        try:
            async for _ in reply:
                pass
        finally:
            await reply.leave()

    cancelled = 0
    for steps in range(1, 100):
        runtime = PausingRuntime()
        answers = [sse(piece("one")), refused(500), streamed(" two")]
        transport = PausingTransport(runtime, answers)
        core = Core(settings, transport=transport, runtime=runtime)
        again = until(use(core), steps)
        assert transport.open == 0
        assert [core._records.of(f"{name}/m").load for name in ("alpha", "beta")] == [0, 0]
        if not again:
            break
        cancelled += 1
    assert cancelled >= 5


def test_the_cost_is_that_of_both_parts() -> None:
    from fairlead.auth.secret import Secret
    from fairlead.settings import ProviderSettings

    own = ProviderSettings(key=Secret("sk-12345678"), quirks={"prefill": "plain"})
    place = Place(providers={"openai": own})
    place.core._transport = Scribe(place.runtime, TEXT, [400], chat_stream, echo=False)
    place.core._handler = place.core._stack()
    _, answer = told(place, fairlead.route("openai/gpt-4o-mini", on_break="continue"))

    assert answer.usage.estimated
    assert answer.usage.input > 9
    assert answer.cost.usd > 0
    assert answer.cost.usd == fairlead.cost.reprice(answer).usd
