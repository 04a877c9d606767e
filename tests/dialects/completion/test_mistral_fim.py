"""Mistral's fill in the middle: asked like a completion, answered like a chat."""

from __future__ import annotations

import json

import pytest
from tests.dialects.completion.completing import Completed, asking, body, encoded, frame

from fairlead.dialects.completion.mistral_fim import DIALECT
from fairlead.errors import StreamInterrupted, UnsupportedFeature
from fairlead.types.targets import Quirks

MISTRAL = Quirks(seed="random_seed", ask_for_usage=False)


def test_a_body_is_what_it_was_and_nothing_else() -> None:
    asked = asking(suffix="b", max_tokens=3, stop=("x",), seed=1)
    assert body(DIALECT, asked, MISTRAL, stream=True) == {
        "model": "model-1",
        "prompt": "def f(",
        "suffix": "b",
        "max_tokens": 3,
        "stop": ["x"],
        "random_seed": 1,
        "stream": True,
    }


def test_a_user_is_refused_as_there_is_no_place_for_one() -> None:
    with pytest.raises(UnsupportedFeature, match="user"):
        encoded(DIALECT, asking(user="u"), MISTRAL)


def test_messages_and_deltas_are_text() -> None:
    message = {"index": 0, "message": {"content": "ab"}, "finish_reason": "stop"}
    whole = Completed(DIALECT).whole(json.dumps({"choices": [message]}).encode()).response
    delta = {"index": 0, "delta": {"content": "ab"}, "finish_reason": None}
    last = {"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}
    streamed = Completed(DIALECT).stream(frame({"choices": [delta]}), frame({"choices": [last]}))
    assert whole.text == streamed.response.text == "ab"
    cut = Completed(DIALECT).stream(frame({"choices": [delta]}))
    assert isinstance(cut.failure, StreamInterrupted)
