"""Completions of bare prompts: bodies by quirk, and answers with `text` for a message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types import completion_create_params as params
from pydantic import TypeAdapter
from tests.dialects.completion.completing import Completed, asking, body, encoded, frame

from fairlead.dialects.completion.openai_completions import DIALECT
from fairlead.errors import (
    BadRequestError,
    ContextLengthError,
    RateLimitError,
    StreamInterrupted,
    UnsupportedFeature,
)
from fairlead.types.events import Finish, TextDelta
from fairlead.types.http import Headers
from fairlead.types.responses import TokenLogprob
from fairlead.types.targets import Quirks, Target

ALL = asking(
    suffix="return a",
    max_tokens=9,
    temperature=0.5,
    top_p=0.9,
    stop=("a", "b"),
    seed=1,
    user="u",
)
DONE = b"data: [DONE]\n\n"


def piece(text: str, finish: str | None = None, index: int = 0, **more: object) -> bytes:
    choice = {"text": text, "index": index, "logprobs": None, "finish_reason": finish}
    return frame({"id": "c1", "model": "m1", "choices": [choice], **more})


def test_a_body_is_what_it_was_and_nothing_else() -> None:
    assert encoded(DIALECT, asking()).body == b'{"model":"model-1","prompt":"def f("}'
    assert encoded(DIALECT, ALL, stream=True).body == (
        b'{"model":"model-1","prompt":"def f(","suffix":"return a","max_tokens":9,'
        b'"temperature":0.5,"top_p":0.9,"stop":["a","b"],"seed":1,"user":"u","stream":true,'
        b'"stream_options":{"include_usage":true}}'
    )


@pytest.mark.parametrize("stream", [False, True])
def test_the_official_types_accept_it(stream: bool) -> None:
    kind: Any = (
        params.CompletionCreateParamsStreaming
        if stream
        else params.CompletionCreateParamsNonStreaming
    )
    adapter: Any = TypeAdapter(kind)
    sent = body(DIALECT, ALL, stream=stream)
    adapter.validate_python(sent)
    assert set(sent) <= set(kind.__required_keys__ | kind.__optional_keys__)


def test_the_names_for_chat_do_not_apply_and_those_for_all_do() -> None:
    quirks = Quirks(max_tokens="max_completion_tokens", seed="random_seed", ask_for_usage=False)
    sent = body(DIALECT, asking(max_tokens=5, seed=7), quirks, stream=True)
    assert (sent["max_tokens"], sent["random_seed"]) == (5, 7)
    assert "stream_options" not in sent


@pytest.mark.parametrize("name", ["suffix", "seed", "user", "stop", "top_p"])
def test_what_a_provider_lacks_is_refused_or_left_out_as_the_caller_says(name: str) -> None:
    quirks = Quirks(unsupported=(name,))
    with pytest.raises(UnsupportedFeature) as caught:
        encoded(DIALECT, ALL, quirks)
    assert caught.value.feature == name
    dropped = encoded(DIALECT, ALL, quirks, unsupported="drop")
    assert dropped.dropped == (name,)
    assert set(body(DIALECT, ALL)) - set(json.loads(dropped.body)) == {name}  # type: ignore[arg-type]


def test_a_model_that_the_address_names_is_not_said_twice() -> None:
    assert body(DIALECT, asking(), Quirks(model_in_body=False)) == {"prompt": "def f("}


def test_where_there_are_only_streams_every_request_asks_for_one() -> None:
    quirks = Quirks(stream_only=True)
    whole, stream = (encoded(DIALECT, asking(), quirks, stream=s) for s in (False, True))
    assert whole.body == stream.body
    assert whole.headers == (("accept", "text/event-stream"),)


def test_text_and_its_events_tell_one_story() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    last = frame({"id": "c1", "choices": [], "usage": usage})
    completed = Completed(DIALECT).stream(piece("a"), piece("b", "length"), last, DONE)
    assert completed.response.text == "ab"
    assert [e.text for e in completed.events if isinstance(e, TextDelta)] == ["a", "b"]
    assert completed.events[-1] == Finish("length", "length")
    assert completed.response.usage is not None
    assert completed.response.usage.total_tokens == 5


def test_a_stream_that_is_read_as_a_whole_gives_the_same_answer() -> None:
    sent = piece("a") + piece("b", "stop") + DONE
    assert Completed(DIALECT).whole(sent).response == Completed(DIALECT).stream(sent).response


@pytest.mark.parametrize("end", [b"", b": ping\n\n", b'data: {"id":"c'])
def test_a_cut_stream_is_interrupted_with_what_came(end: bytes) -> None:
    failure = Completed(DIALECT).stream(piece("a"), end).failure
    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert failure.partial.text == "a"


def test_further_choices_that_were_asked_for_are_alternatives() -> None:
    completed = Completed(DIALECT, request=asking(extra_body={"n": 2}))
    completed.stream(piece("a", "stop"), piece("b", "stop", index=1))
    assert completed.response.text == "a"
    assert [other.message.text for other in completed.response.alternatives] == ["b"]
    half = Completed(DIALECT, request=asking(extra_body={"n": 2})).stream(piece("a", "stop"))
    assert isinstance(half.failure, StreamInterrupted)


def test_log_probabilities_in_columns_are_read() -> None:
    logprobs = {
        "tokens": ["a", "b", "c"],
        "token_logprobs": [-0.5, None, -1],
        "top_logprobs": [{"a": -0.5, "x": -2.0}, None],
        "text_offset": [0, 1, 2],
    }
    choice = {"text": "abc", "index": 0, "logprobs": logprobs, "finish_reason": "stop"}
    response = Completed(DIALECT).whole(json.dumps({"choices": [choice]}).encode()).response
    assert response.logprobs == (
        TokenLogprob("a", -0.5, top=(TokenLogprob("a", -0.5), TokenLogprob("x", -2.0))),
        TokenLogprob("c", -1.0),
    )


def test_an_error_in_the_middle_is_the_error_it_is() -> None:
    failure = Completed(DIALECT).stream(piece("a"), frame({"error": {"message": "x", "code": 429}}))
    assert isinstance(failure.failure, RateLimitError)


def test_a_status_gives_the_error_that_fits() -> None:
    target = Target("p", "m", "completion", DIALECT.name, "https://p/")
    for message, kind in [("odd", BadRequestError), ("too many tokens", ContextLengthError)]:
        sent = json.dumps({"error": {"message": message}}).encode()
        assert type(DIALECT.decode_error(400, Headers(()), sent, target)) is kind
