"""Operations in words of the providers' own, in both colours, against a scripted server."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from fairlead import Settings
from fairlead.auth.secret import Secret
from fairlead.errors import ApiError, QuotaExceededError
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.testing.server import ScriptedServer, Step, respond

JSON = (("Content-Type", "application/json; charset=utf-8"),)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40)


def settings(url: str, provider: str, path: str = "/v1", **variables: str) -> Settings:
    key = Secret("sk-test-0123456789")
    own = ProviderSettings(base_url=url + path, key=key, variables=variables)
    return Settings(providers={provider: own}, retry=RetrySettings(max_retries=0))


def cloudflare(url: str) -> Settings:
    path = "/client/v4/accounts/lab/ai/v1"
    return settings(url, "cloudflare", path, account_id="lab")


def answered(value: Any) -> list[Step]:
    return respond(200, JSON, json.dumps(value).encode())


def test_a_picture_that_is_the_whole_answer_is_kept_as_it_came(opened) -> None:
    kind = (("Content-Type", "image/png"),)
    with ScriptedServer(respond(200, kind, PNG)) as server:
        model = "cloudflare/@cf/stabilityai/stable-diffusion-xl-base-1.0"
        answer = opened(cloudflare(server.url)).do("image", model, "a cat", size="512x512")
        (sent,) = server.requests
    path = "/client/v4/accounts/lab/ai/run/@cf/stabilityai/stable-diffusion-xl-base-1.0"
    assert (sent.path, sent.header("accept")) == (path, "application/json, image/*")
    assert json.loads(sent.body) == {"prompt": "a cat", "width": 512, "height": 512}
    (picture,) = answer.images
    assert (picture.data, picture.media_type) == (PNG, "image/png")
    assert answer.raw.body == PNG


def test_a_model_that_wants_a_form_gets_one(opened) -> None:
    text = base64.b64encode(PNG).decode()
    with ScriptedServer(answered({"result": {"image": text}, "success": True})) as server:
        model = "cloudflare/@cf/black-forest-labs/flux-2-dev"
        answer = opened(cloudflare(server.url)).do("image", model, "a cat")
        (sent,) = server.requests
    assert (sent.header("content-type") or "").startswith("multipart/form-data; boundary=")
    assert b'name="prompt"\r\n\r\na cat\r\n' in sent.body
    assert answer.images[0].data == PNG


@pytest.mark.parametrize("model", ["whisper", "whisper-large-v3-turbo"])
def test_a_recording_goes_as_the_model_takes_it(opened, tmp_path: Path, model: str) -> None:
    sound = tmp_path / "a.wav"
    sound.write_bytes(WAV)
    result = {"text": "Hi", "words": [{"word": "Hi", "start": 0.1, "end": 0.4}]}
    with ScriptedServer(answered({"result": result, "success": True})) as server:
        client = opened(cloudflare(server.url))
        told = client.do("transcribe", f"cloudflare/@cf/openai/{model}", sound)
        (sent,) = server.requests
    if model == "whisper":
        assert (sent.header("content-type"), sent.body) == ("application/octet-stream", WAV)
    else:
        assert json.loads(sent.body) == {"audio": base64.b64encode(WAV).decode()}
        assert sent.header("content-type") == "application/json"
    assert (told.text, told.words[0].start) == ("Hi", 0.1)


def test_sound_in_digits_is_handed_on_as_sound(opened, tmp_path: Path) -> None:
    body = {"data": {"audio": WAV.hex()}, "extra_info": {"audio_format": "wav"}}
    with ScriptedServer(answered({**body, "base_resp": {"status_code": 0}})) as server:
        client = opened(settings(server.url, "minimax"))
        target = tmp_path / "o.wav"
        told = client.save_speech(target, "minimax/speech-2.8-hd", "Hello", voice="Lady")
        (sent,) = server.requests
    assert (target.read_bytes(), told.media_type) == (WAV, "audio/wav")
    assert sent.path == "/v1/t2a_v2"


def test_an_error_inside_a_success_is_raised(opened) -> None:
    refused = {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
    with ScriptedServer(answered(refused), answered(refused)) as server:
        client = opened(settings(server.url, "minimax"))
        with pytest.raises(QuotaExceededError, match="insufficient balance"):
            client.do("image", "minimax/m", "a cat")
        with pytest.raises(QuotaExceededError, match="insufficient balance"):
            client.spoken("minimax/m", "a cat")


def test_samples_are_handed_on_with_their_rate(opened, tmp_path: Path) -> None:
    kind = "audio/L16;codec=pcm;rate=24000"
    data = base64.b64encode(bytes(9)).decode()
    parts = [{"inlineData": {"mimeType": kind, "data": data}}]
    with ScriptedServer(answered({"candidates": [{"content": {"parts": parts}}]})) as server:
        client = opened(settings(server.url, "gemini", "/v1beta"))
        target = tmp_path / "o.pcm"
        told = client.save_speech(target, "gemini/gemini-3.8-flash-tts", "Hello")
        (sent,) = server.requests
    assert (target.read_bytes(), told.media_type) == (bytes(9), kind)
    assert sent.path == "/v1beta/models/gemini-3.8-flash-tts:generateContent"


def test_json_in_place_of_sound_is_an_error(opened) -> None:
    with ScriptedServer(answered({"code": "x", "error": "no such voice"})) as server:
        client = opened(settings(server.url, "xai"))
        with pytest.raises(ApiError, match="no such voice"):
            client.spoken("xai/grok-tts", "Hello")
