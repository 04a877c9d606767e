"""MiniMax's speech: settings of the voice, and audio in hexadecimal digits."""

from __future__ import annotations

from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded

from fairlead.dialects.speech.minimax import DIALECT
from fairlead.errors import AuthenticationError, DecodeError, UnsupportedFeature
from fairlead.types.operations import SpeechRequest

ASKED = SpeechRequest(model="m", text="Hello", voice="English_Lady", speed=1.2, format="wav")


def test_voice_and_format_stand_in_their_settings() -> None:
    assert body(DIALECT, ASKED) == {
        "model": "model-1",
        "text": "Hello",
        "voice_setting": {"voice_id": "English_Lady", "speed": 1.2},
        "audio_setting": {"format": "wav"},
    }
    assert body(DIALECT, SpeechRequest(model="m", text="a")) == {"model": "model-1", "text": "a"}


@pytest.mark.parametrize("option", [{"instructions": "calm"}, {"format": "aac"}])
def test_what_it_does_not_take_is_refused_or_listed(option: dict[str, Any]) -> None:
    asked = SpeechRequest(model="m", text="a", **option)
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, asked)
    assert len(encoded(DIALECT, asked, unsupported="drop").dropped) == 1


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        ({"audio_format": "mp3"}, "audio/mpeg"),
        ({"audio_format": "odd"}, "audio/odd"),
        (None, "audio/wav"),
    ],
)
def test_the_digits_are_the_audio(extra: object, kind: str) -> None:
    came = {"data": {"audio": "52494646", "status": 2}, "extra_info": extra}
    read = decoded(DIALECT, {**came, "base_resp": {"status_code": 0}}, ASKED)
    assert (read.audio, read.media_type) == (b"RIFF", kind)


def test_an_error_inside_a_success_is_an_error() -> None:
    came = {"data": None, "base_resp": {"status_code": 1004, "status_msg": "login fail"}}
    with pytest.raises(AuthenticationError, match="login fail"):
        decoded(DIALECT, came, ASKED)


@pytest.mark.parametrize("audio", [None, "", "abc", "zz", "https://x/a.mp3"])
def test_damage_is_a_decode_error(audio: object) -> None:
    with pytest.raises(DecodeError):
        decoded(DIALECT, {"data": {"audio": audio}, "base_resp": {"status_code": 0}}, ASKED)
