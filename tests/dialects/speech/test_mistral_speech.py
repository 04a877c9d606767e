"""Mistral's speech: its own field for the voice, and audio in JSON."""

from __future__ import annotations

import base64
import json

import pytest

from fairlead.dialects.speech.mistral import DIALECT
from fairlead.errors import ApiError, DecodeError, UnsupportedFeature
from fairlead.types.operations import SpeechRequest
from fairlead.types.targets import Target

TARGET = Target("mistral", "voxtral-tts", "speech", "mistral", "https://p.example/v1/audio/speech")
ASKED = SpeechRequest(model="voxtral-tts", text="Hello", voice="gb_jane", format="wav")


def test_a_voice_is_an_id() -> None:
    encoded = DIALECT.encode(ASKED, TARGET, unsupported="error")
    assert isinstance(encoded.body, bytes)
    assert json.loads(encoded.body) == {
        "model": "voxtral-tts",
        "input": "Hello",
        "voice_id": "gb_jane",
        "response_format": "wav",
    }


@pytest.mark.parametrize("option", [{"speed": 1.5}, {"instructions": "calm"}, {"format": "aac"}])
def test_what_it_does_not_take_is_refused_or_listed(option: dict[str, object]) -> None:
    request = SpeechRequest(model="m", text="a", **option)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedFeature):
        DIALECT.encode(request, TARGET, unsupported="error")
    encoded = DIALECT.encode(request, TARGET, unsupported="warn")
    assert isinstance(encoded.body, bytes)
    assert json.loads(encoded.body) == {"model": "voxtral-tts", "input": "a"}
    assert len(encoded.warnings) == len(encoded.dropped) == 1


def test_the_audio_comes_out_of_its_json() -> None:
    body = json.dumps({"audio_data": base64.b64encode(b"RIFF").decode()}).encode()
    speech = DIALECT.decode(body, ASKED, TARGET)
    assert (speech.audio, speech.media_type) == (b"RIFF", "audio/wav")


@pytest.mark.parametrize("body", [b"{}", b'{"audio_data": "%%"}', b"[]", b"no json", b""])
def test_damaged_answers_are_typed_errors(body: bytes) -> None:
    with pytest.raises(DecodeError):
        DIALECT.decode(body, ASKED, TARGET)


def test_an_error_in_a_success_is_an_error() -> None:
    with pytest.raises(ApiError, match="no such voice"):
        DIALECT.decode(b'{"message": "no such voice"}', ASKED, TARGET)
