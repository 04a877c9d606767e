"""Ollama's completion of a prompt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.dialects.completion.completing import aim, asking, encoded

from fairlead.dialects.completion.ollama_generate import DIALECT
from fairlead.errors import NotFoundError, StreamInterrupted, UnsupportedFeature
from fairlead.ports import Limits
from fairlead.types.events import Finish, TextDelta
from fairlead.types.http import Headers
from fairlead.types.targets import Quirks

PIECES = [{"model": "m", "response": text, "done": False} for text in ("x", ")", ":")]
LAST = {"model": "m", "response": "", "done": True, "done_reason": "length", "eval_count": 3}


def body(**options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encoded(DIALECT, asking(**options)).body)
    return found


def test_a_bare_prompt_goes_to_the_model_as_it_is() -> None:
    assert body(max_tokens=5, temperature=0.5, top_p=0.9, stop=("\n",), seed=1) == {
        "model": "model-1",
        "prompt": "def f(",
        "raw": True,
        "options": {
            "num_predict": 5,
            "temperature": 0.5,
            "top_p": 0.9,
            "stop": ["\n"],
            "seed": 1,
        },
        "stream": False,
    }


def test_a_suffix_needs_the_models_template() -> None:
    assert body(suffix="return x") == {
        "model": "model-1",
        "prompt": "def f(",
        "suffix": "return x",
        "stream": False,
    }
    with pytest.raises(UnsupportedFeature, match="suffix"):
        encoded(DIALECT, asking(suffix="x"), Quirks(unsupported=("suffix",)))
    with pytest.raises(UnsupportedFeature, match="user"):
        encoded(DIALECT, asking(user="ann"))


def test_pieces_are_text_and_a_cut_is_an_error() -> None:
    decoding = DIALECT.decoder(asking(), aim(), Limits())
    data = b"".join(json.dumps(piece).encode() + b"\n" for piece in (*PIECES, LAST))

    events = decoding.feed(data)

    assert [event.text for event in events if isinstance(event, TextDelta)] == ["x", ")", ":"]
    assert events[-1] == Finish("length", "length")
    cut = DIALECT.decoder(asking(), aim(), Limits())
    cut.feed(data[:-20])
    cut.close()
    assert isinstance(cut.failure, StreamInterrupted)


def test_a_refusal_is_the_error_that_fits() -> None:
    refusal = b'{"error":"model not found"}'
    assert isinstance(DIALECT.decode_error(404, Headers(()), refusal, aim()), NotFoundError)
