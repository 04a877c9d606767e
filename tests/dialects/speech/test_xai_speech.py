"""xAI's speech: the language must be told, and the model is not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded

from fairlead.dialects.speech.xai import DIALECT
from fairlead.errors import ApiError, DecodeError, UnsupportedFeature
from fairlead.types.operations import SpeechRequest


def test_a_plain_request_leaves_the_language_to_the_provider() -> None:
    assert body(DIALECT, SpeechRequest(model="m", text="Hi")) == {"text": "Hi", "language": "auto"}


def test_voice_format_and_language_are_sent() -> None:
    extra = {"language": "pt-BR"}
    asked = SpeechRequest(model="m", text="Oi", voice="eve", format="wav", extra_body=extra)
    assert body(DIALECT, asked) == {
        "text": "Oi",
        "voice_id": "eve",
        "output_format": {"codec": "wav"},
        "language": "pt-BR",
    }


@pytest.mark.parametrize("option", [{"speed": 2.0}, {"instructions": "calm"}, {"format": "opus"}])
def test_what_it_does_not_take_is_refused_or_listed(option: dict[str, Any]) -> None:
    asked = SpeechRequest(model="m", text="a", **option)
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, asked)
    assert len(encoded(DIALECT, asked, unsupported="drop").dropped) == 1


def test_json_is_no_audio() -> None:
    asked = SpeechRequest(model="m", text="a")
    with pytest.raises(ApiError, match="no such voice"):
        decoded(DIALECT, {"code": "invalid-argument", "error": "no such voice"}, asked)
    with pytest.raises(DecodeError):
        decoded(DIALECT, {}, asked)
