"""Gemini's speech: samples in JSON, in the voice that was asked for."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from tests.dialects.operating import body, decoded, encoded

from fairlead.dialects.speech.gemini import DIALECT
from fairlead.errors import ContentFilterError, DecodeError, NotFoundError, UnsupportedFeature
from fairlead.types.operations import SpeechRequest

KIND = "audio/L16;codec=pcm;rate=24000"
ASKED = SpeechRequest(model="m", text="Hello", voice="Kore", format="pcm")


def answer(*pieces: bytes, kind: str | None = KIND) -> dict[str, Any]:
    parts = [{"inlineData": {"mimeType": kind, "data": b64encode(p).decode()}} for p in pieces]
    return {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}


def test_sound_alone_is_asked_for_in_a_voice() -> None:
    voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
    assert body(DIALECT, ASKED) == {
        "contents": [{"role": "user", "parts": [{"text": "Hello"}]}],
        "generationConfig": {"responseModalities": ["AUDIO"], "speechConfig": voice},
    }
    plain = body(DIALECT, SpeechRequest(model="m", text="Hello"))
    assert plain["generationConfig"] == {"responseModalities": ["AUDIO"]}


@pytest.mark.parametrize("option", [{"speed": 1.5}, {"instructions": "calm"}, {"format": "mp3"}])
def test_what_it_does_not_take_is_refused_or_listed(option: dict[str, Any]) -> None:
    asked = SpeechRequest(model="m", text="a", **option)
    with pytest.raises(UnsupportedFeature):
        encoded(DIALECT, asked)
    assert len(encoded(DIALECT, asked, unsupported="drop").dropped) == 1


def test_all_pieces_are_the_audio() -> None:
    came = answer(b"\x00\x01", b"\x02\x03")
    usage = {"promptTokenCount": 8, "candidatesTokenCount": 48}
    details = [{"modality": "AUDIO", "tokenCount": 48}]
    came["usageMetadata"] = {**usage, "candidatesTokensDetails": details}
    read = decoded(DIALECT, came, ASKED)
    assert (read.audio, read.media_type) == (b"\x00\x01\x02\x03", KIND)
    assert (read.usage.input_tokens, read.usage.audio_output) == (8, 48)
    assert decoded(DIALECT, answer(b"ab", kind=None), ASKED).media_type == KIND


def test_what_is_withheld_or_missing_is_told() -> None:
    with pytest.raises(ContentFilterError):
        decoded(DIALECT, {"promptFeedback": {"blockReason": "SAFETY"}}, ASKED)
    with pytest.raises(DecodeError, match=r"no audio \(OTHER\)"):
        decoded(DIALECT, {"candidates": [{"finishReason": "OTHER"}]}, ASKED)
    error = {"error": {"code": 404, "status": "NOT_FOUND", "message": "no such model"}}
    with pytest.raises(NotFoundError):
        decoded(DIALECT, error, ASKED)
