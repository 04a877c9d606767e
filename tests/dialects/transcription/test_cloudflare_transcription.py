"""Cloudflare's transcription: the file alone, or as base64 among other fields."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from tests.dialects.operating import decoded, encoded, streamed

from fairlead.dialects.transcription.cloudflare import DIALECT
from fairlead.dialects.transcription.cloudflare_base64 import DIALECT as BASE64
from fairlead.errors import ApiError, DecodeError, InvalidRequest, UnsupportedFeature
from fairlead.framing.multipart import BytesBody
from fairlead.types.operations import TranscriptionRequest

SOUND = BytesBody(b"RIFF....")


def asked(**options: Any) -> TranscriptionRequest:
    return TranscriptionRequest(
        model="m", audio=SOUND, name="a.wav", media_type="audio/wav", **options
    )


def test_the_file_is_the_body() -> None:
    sent = encoded(DIALECT, asked(timestamps="word"))
    assert sent.body is SOUND
    assert sent.headers == (("content-type", "application/octet-stream"),)


@pytest.mark.parametrize(
    "option",
    [
        {"language": "en"},
        {"prompt": "names"},
        {"temperature": 0.0},
        {"timestamps": "segment"},
        {"extra_body": {"task": "translate"}},
    ],
)
def test_what_cannot_stand_beside_a_file_is_refused_or_listed(option: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, asked(**option))
    assert len(encoded(DIALECT, asked(**option), unsupported="drop").dropped) == 1


def test_the_large_models_take_fields_and_base64() -> None:
    sent = encoded(
        BASE64,
        asked(language="en", prompt="names", timestamps="segment", extra_body={"beam_size": 2}),
    )
    assert json.loads(streamed(sent)) == {
        "language": "en",
        "initial_prompt": "names",
        "beam_size": 2,
        "audio": b64encode(SOUND.data).decode(),
    }
    with pytest.raises(UnsupportedFeature):
        encoded(BASE64, asked(temperature=0.2))
    with pytest.raises(InvalidRequest, match="'audio'"):
        encoded(BASE64, asked(extra_body={"audio": "x"}))


def test_words_are_read_wherever_they_stand() -> None:
    word = {"word": "Hi", "start": 0.1, "end": 0.4}
    plain = {"text": "Hi", "word_count": 1, "words": [word], "vtt": "WEBVTT"}
    read = decoded(DIALECT, {"result": plain, "success": True}, asked())
    assert (read.text, read.segments) == ("Hi", ())
    assert [(w.text, w.start, w.end) for w in read.words] == [("Hi", 0.1, 0.4)]
    segment = {"text": "Hi", "start": 0, "end": 0.5, "words": [word]}
    info = {"language": "en", "language_probability": 1, "duration": 3.5}
    large = {"text": "Hi", "segments": [segment], "transcription_info": info}
    told = decoded(BASE64, {"result": large, "success": True}, asked())
    assert (told.language, told.duration, told.words) == ("en", 3.5, read.words)
    assert [(s.text, s.start, s.end) for s in told.segments] == [("Hi", 0.0, 0.5)]


def test_damage_is_typed() -> None:
    failed = {"result": {}, "success": False, "errors": [{"code": 5006, "message": "bad input"}]}
    with pytest.raises(ApiError, match="bad input"):
        decoded(DIALECT, failed, asked())
    damaged: tuple[object, ...] = (
        {},
        {"result": {}},
        {"result": {"text": "a", "words": [{}]}},
        b"no",
    )
    for came in damaged:
        with pytest.raises(DecodeError):
            decoded(DIALECT, came, asked())
