"""llama.cpp's fill in the middle: its words, and its stream that ends with `stop`."""

from __future__ import annotations

import json

import pytest
from tests.dialects.completion.completing import Completed, asking, body, encoded, frame

from fairlead.dialects.completion.llamacpp_infill import DIALECT
from fairlead.errors import (
    ApiError,
    ContextLengthError,
    DecodeError,
    ResponseTooLarge,
    ServerError,
    StreamInterrupted,
    UnsupportedFeature,
)
from fairlead.ports import Limits
from fairlead.types.events import Finish, TextDelta
from fairlead.types.http import Headers
from fairlead.types.targets import Target
from fairlead.types.usage import Usage

END = {
    "content": "",
    "stop": True,
    "model": "m",
    "stop_type": "limit",
    "tokens_predicted": 2,
    "tokens_evaluated": 9,
    "timings": {"cache_n": 4},
}


def piece(text: str) -> bytes:
    return frame({"index": 0, "content": text, "stop": False})


def test_prompt_and_suffix_stand_around_the_gap() -> None:
    asked = asking(suffix=")", max_tokens=5, temperature=0.0, top_p=0.5, stop=("x",), seed=1)
    assert body(DIALECT, asked, stream=True) == {
        "model": "model-1",
        "input_prefix": "def f(",
        "input_suffix": ")",
        "n_predict": 5,
        "temperature": 0.0,
        "top_p": 0.5,
        "stop": ["x"],
        "seed": 1,
        "stream": True,
    }
    assert body(DIALECT, asking())["input_suffix"] == ""


def test_more_of_the_servers_own_options_may_be_given() -> None:
    extra = {"input_extra": [{"filename": "a.py", "text": "a = 1"}]}
    assert body(DIALECT, asking(extra_body=extra))["input_extra"] == extra["input_extra"]


def test_a_user_is_refused_as_there_is_no_place_for_one() -> None:
    with pytest.raises(UnsupportedFeature, match="user"):
        encoded(DIALECT, asking(user="u"))


def test_a_stream_and_a_body_tell_one_story() -> None:
    completed = Completed(DIALECT).stream(piece("a"), piece("b"), frame(END))
    assert completed.response.text == "ab"
    assert [e.text for e in completed.events if isinstance(e, TextDelta)] == ["a", "b"]
    assert completed.events[-1] == Finish("length", "limit")
    assert completed.response.usage == Usage(input=5, cache_read=4, output=2)
    whole = Completed(DIALECT).whole(json.dumps({**END, "content": "ab"}).encode())
    assert whole.response == completed.response


@pytest.mark.parametrize(
    ("told", "reason"), [("eos", "stop"), ("word", "stop"), ("limit", "length"), ("new", "stop")]
)
def test_why_it_stopped_is_said_in_our_words(told: str, reason: str) -> None:
    response = Completed(DIALECT).stream(frame({**END, "stop_type": told})).response
    assert (response.finish_reason, response.raw_finish_reason) == (reason, told)


def test_a_stop_without_a_reason_is_told_of() -> None:
    response = Completed(DIALECT).stream(frame({"content": "a", "stop": True})).response
    assert response.warnings == ("the provider gave no finish reason",)
    assert response.usage is None


def test_further_completions_are_left_out_and_told_of() -> None:
    other = frame({"index": 1, "content": "z", "stop": True})
    response = Completed(DIALECT).stream(piece("a"), other, other, frame(END)).response
    assert response.text == "a"
    assert response.warnings == ("further completions were left out",)


@pytest.mark.parametrize("end", [b"", b'data: {"content":"b","st', b": ping\n\n"])
def test_a_cut_stream_is_interrupted_with_what_came(end: bytes) -> None:
    counted = frame({"content": "a", "stop": False, "tokens_predicted": 1, "tokens_evaluated": 3})
    failure = Completed(DIALECT).stream(counted, end).failure
    assert isinstance(failure, StreamInterrupted)
    assert failure.partial is not None
    assert failure.partial.text == "a"
    assert failure.usage == Usage(input=3, output=1)


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert Completed(DIALECT).stream(piece("a"), frame(END).rstrip()).response.text == "a"


def test_what_follows_the_end_is_ignored() -> None:
    completed = Completed(DIALECT).stream(frame(END) + piece("late") + b"data: no JSON\n\n")
    assert completed.response.text == ""
    assert completed.events[-1] == Finish("length", "limit")


def test_a_body_for_a_stream_is_read_as_one() -> None:
    sent = json.dumps({**END, "content": "ab"}).encode()
    assert Completed(DIALECT).stream(b"\n", sent[:4], sent[4:]).response.text == "ab"


@pytest.mark.parametrize(
    "sent",
    [
        frame({"error": {"code": 500, "message": "broke", "type": "server_error"}}),
        b'event: error\ndata: {"code": 500, "message": "broke"}\n\n',
    ],
)
def test_an_error_in_the_middle_is_the_error_it_is(sent: bytes) -> None:
    completed = Completed(DIALECT).stream(piece("a"), sent)
    assert isinstance(completed.failure, ServerError)
    assert "broke" in str(completed.failure)


@pytest.mark.parametrize("sent", [b"{}", b"[]", b"", b'{"content":1}', b"{"])
def test_a_body_that_is_no_answer_is_a_decode_error(sent: bytes) -> None:
    assert type(Completed(DIALECT).whole(sent).failure) is DecodeError


def test_an_error_body_is_the_error_it_is() -> None:
    sent = json.dumps({"error": {"code": 500, "message": "broke"}}).encode()
    assert isinstance(Completed(DIALECT).whole(sent).failure, ApiError)


def test_too_much_is_too_large() -> None:
    limits = Limits(total=100)
    assert isinstance(Completed(DIALECT, limits).stream(piece("a" * 99)).failure, ResponseTooLarge)


@pytest.mark.parametrize(
    ("status", "told", "kind"),
    [
        (400, "exceed_context_size_error", ContextLengthError),
        (501, "not_supported_error", ServerError),
    ],
)
def test_a_status_gives_the_error_that_fits(status: int, told: str, kind: type[ApiError]) -> None:
    target = Target("p", "m", "completion", DIALECT.name, "https://p/")
    sent = json.dumps({"error": {"code": status, "message": "no", "type": told}}).encode()
    error = DIALECT.decode_error(status, Headers(()), sent, target)
    assert type(error) is kind
    assert not error.retryable
