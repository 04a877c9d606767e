"""The operations beside chat, in both colours, against a scripted server."""

from __future__ import annotations

import base64
import json
import os
from array import array
from pathlib import Path
from typing import Any

import pytest

from fairlead import Settings
from fairlead.auth.secret import Secret
from fairlead.errors import (
    DeadlineExceeded,
    InvalidRequest,
    RateLimitError,
    StreamInterrupted,
    UnsupportedFeature,
)
from fairlead.settings import ProviderSettings, RetrySettings
from fairlead.testing.server import Close, Pause, ScriptedServer, Step, respond
from fairlead.types.operations import RankedDocument

JSON = (("Content-Type", "application/json"),)
MP3 = (("Content-Type", "audio/mpeg"),)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(40)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def settings(url: str, provider: str = "openai", **changes: Any) -> Settings:
    changes.setdefault("retry", RetrySettings(max_retries=0))
    own = ProviderSettings(base_url=f"{url}/v1", key=Secret("sk-test-0123456789"))
    return Settings(providers={provider: own}, **changes)


def answered(value: Any) -> list[Step]:
    return respond(200, JSON, json.dumps(value).encode())


def vectors(*numbers: float) -> list[Step]:
    """An answer with a vector of two numbers for each input, out of order."""
    data = [
        {"index": i, "embedding": base64.b64encode(array("f", [n, -n]).tobytes()).decode()}
        for i, n in enumerate(numbers)
    ]
    usage = {"prompt_tokens": len(numbers), "total_tokens": len(numbers)}
    return answered({"data": data[::-1], "model": "e-1", "usage": usage})


def test_vectors_come_in_the_order_of_the_inputs(opened) -> None:
    with ScriptedServer(vectors(1.0, 2.0, 3.0)) as server:
        client = opened(settings(server.url))
        answer = client.do("embed", "openai/e-1", ["a", "b", "c"], dimensions=2)

        sent = json.loads(server.requests[0].body)
    assert [list(vector) for vector in answer.embeddings] == [[1, -1], [2, -2], [3, -3]]
    assert (answer.dimensions, answer.usage.input) == (2, 3)
    assert (answer.receipt.operation, answer.receipt.target) == ("embeddings", "openai/e-1")
    assert (sent["input"], sent["dimensions"]) == (["a", "b", "c"], 2)
    assert server.requests[0].path == "/v1/embeddings"


def test_more_inputs_than_one_request_takes_go_in_several(opened) -> None:
    count = 2048
    first, second = vectors(*[1.0] * count), vectors(2.0, 3.0)
    with ScriptedServer(first, second) as server:
        client = opened(settings(server.url))
        answer = client.do("embed", "openai/e-1", ["x"] * (count + 2))

        sizes = [len(json.loads(got.body)["input"]) for got in server.requests]
    assert sizes == [count, 2]
    assert [vector[0] for vector in answer.embeddings[-3:]] == [1, 2, 3]
    assert answer.usage.input == count + 2
    assert len(answer.receipt.attempts) == 2
    assert answer.raw.body is None


def test_what_went_well_before_a_failure_is_in_its_receipt(opened) -> None:
    refused = respond(429, JSON, b'{"error":{"message":"slow down"}}')
    with ScriptedServer(vectors(*[1.0] * 2048), refused) as server:
        client = opened(settings(server.url))
        with pytest.raises(RateLimitError) as caught:
            client.do("embed", "openai/e-1", ["x"] * 2049)
    assert [attempt.status for attempt in caught.value.receipt.attempts] == [200, 429]


def test_a_deadline_spans_all_requests_of_one_call(opened) -> None:
    with ScriptedServer([Pause(0.4), *vectors(*[1.0] * 2048)]) as server:
        client = opened(settings(server.url))
        with pytest.raises(DeadlineExceeded):
            client.do("embed", "openai/e-1", ["x"] * 8192, deadline=0.9)
        assert len(server.requests) < 4


def test_the_vectors_come_as_a_numpy_array_on_request(opened) -> None:
    numpy = pytest.importorskip("numpy")
    with ScriptedServer(vectors(1.0, 2.0)) as server:
        found = opened(settings(server.url)).do("embed", "openai/e-1", ["a", "b"]).numpy()
    assert (found.shape, found.dtype) == ((2, 2), numpy.float32)


def test_documents_come_best_first(opened) -> None:
    results = [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}]
    with ScriptedServer(answered({"results": results})) as server:
        client = opened(settings(server.url, "jina"))
        answer = client.do("rerank", "jina/r-1", "q", ["a", "b"], top_n=2)
    assert answer.results == (RankedDocument(1, 0.9, "b"), RankedDocument(0, 0.1, "a"))


def test_audio_is_sent_as_a_form_from_disk(opened, tmp_path: Path) -> None:
    path = tmp_path / "hello.wav"
    path.write_bytes(WAV)
    said = {"text": "Hello", "duration": 1.5, "segments": [{"text": "Hello", "start": 0, "end": 1}]}
    with ScriptedServer(answered(said)) as server:
        client = opened(settings(server.url))
        answer = client.do(
            "transcribe", "openai/whisper-1", path, language="en", timestamps="segment"
        )
        got = server.requests[0]
    assert (answer.text, answer.duration, answer.segments[0].end) == ("Hello", 1.5, 1)
    assert (got.header("content-type") or "").startswith("multipart/form-data; boundary=")
    assert WAV in got.body
    assert b'filename="hello.wav"' in got.body
    assert b"verbose_json" in got.body


@pytest.mark.parametrize(
    ("audio", "reason"),
    [("no-such.wav", "cannot be read"), (b"%PDF-1.7", "no audio"), (3, "path, bytes")],
)
def test_what_is_no_audio_is_refused_before_anything_is_sent(opened, audio, reason) -> None:
    with ScriptedServer() as server:
        with pytest.raises(InvalidRequest, match=reason):
            opened(settings(server.url)).do("transcribe", "openai/whisper-1", audio)
        assert server.connections == 0


def test_a_text_file_called_audio_is_refused(opened, tmp_path: Path) -> None:
    path = tmp_path / "notes.mp3"
    path.write_text("Dear diary, today I learned about ID3 tags.")
    with pytest.raises(InvalidRequest, match="holds text"):
        opened(settings("http://127.0.0.1:9")).do("transcribe", "openai/whisper-1", path)


def test_speech_is_handed_on_as_it_comes(opened) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 6\r\n\r\n"
    with ScriptedServer([head + b"ID3", Pause(0.1), b"abc"]) as server:
        pieces, speech = opened(settings(server.url)).spoken("openai/tts-1", "Hi", voice="alloy")

        assert json.loads(server.requests[0].body) == {
            "model": "tts-1",
            "input": "Hi",
            "voice": "alloy",
        }
    assert b"".join(pieces) == b"ID3abc"
    assert len(pieces) == 2
    assert (speech.media_type, speech.receipt.operation) == ("audio/mpeg", "speech")


def test_speech_is_saved_when_it_is_whole(opened, tmp_path: Path) -> None:
    with ScriptedServer(respond(200, MP3, b"ID3abc")) as server:
        client = opened(settings(server.url))
        client.save_speech(tmp_path / "o.mp3", "openai/tts-1", "Hi")
        assert client.read_speech("openai/tts-1", "Hi") == b"ID3abc"
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("o.mp3", b"ID3abc")]


def test_speech_that_breaks_off_leaves_no_file_and_keeps_the_old_one(
    opened, tmp_path: Path
) -> None:
    (tmp_path / "o.mp3").write_bytes(b"old")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 60\r\n\r\n"
    with ScriptedServer([head + b"ID3", Close()]) as server:
        with pytest.raises(StreamInterrupted):
            opened(settings(server.url)).save_speech(tmp_path / "o.mp3", "openai/tts-1", "Hi")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("o.mp3", b"old")]


def test_a_folder_that_is_not_there_is_one_sentence(opened, tmp_path: Path) -> None:
    with ScriptedServer(respond(200, MP3, b"ID3abc")) as server:
        with pytest.raises(InvalidRequest, match="cannot be written"):
            opened(settings(server.url)).save_speech(tmp_path / "no" / "o.mp3", "openai/tts-1", "x")
        assert server.requests == []


def test_pictures_come_as_bytes_with_their_kind(opened) -> None:
    item = {"b64_json": base64.b64encode(PNG).decode(), "revised_prompt": "a cat"}
    usage = {"input_tokens": 5, "output_tokens": 7}
    with ScriptedServer(answered({"data": [item], "usage": usage})) as server:
        answer = opened(settings(server.url)).do("image", "openai/gpt-image-1", "a cat", n=1)
    (picture,) = answer.images
    assert (picture.data, picture.media_type) == (PNG, "image/png")
    assert (answer.usage.input, answer.usage.output) == (5, 7)


def test_a_completion_is_the_same_whole_and_streamed(opened) -> None:
    whole = {
        "id": "c",
        "model": "m-1",
        "choices": [{"index": 0, "text": " there", "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    chunk = f"data: {json.dumps(whole)}\n\ndata: [DONE]\n\n".encode()
    streamed = respond(200, (("Content-Type", "text/event-stream"),), chunk)
    with ScriptedServer(answered(whole), streamed) as server:
        client = opened(settings(server.url))
        one = client.do("complete", "openai/m-1", "Hello", "friend", max_tokens=3)
        events, two = client.completion("openai/m-1", "Hello", "friend", max_tokens=3)

        first = json.loads(server.requests[0].body)
    assert (one.text, one.usage.output) == (two.text, two.usage.output) == (" there", 1)
    assert first == {"model": "m-1", "prompt": "Hello", "suffix": "friend", "max_tokens": 3}
    assert type(events[-1]).__name__ == "Finish"


def test_tokens_are_counted_by_the_provider(opened) -> None:
    with ScriptedServer(answered({"input_tokens": 12})) as server:
        own = ProviderSettings(base_url=server.url, key=Secret("sk-test-0123456789"))
        client = opened(Settings(providers={"anthropic": own}))
        answer = client.do("count_tokens", "anthropic/claude-sonnet-4-5", "Hello")
        assert server.requests[0].path == "/v1/messages/count_tokens"
    assert answer.tokens == 12


def test_an_operation_that_a_provider_lacks_is_refused(opened) -> None:
    with pytest.raises(UnsupportedFeature, match="rerank"):
        opened(settings("http://127.0.0.1:9")).do("rerank", "openai/m", "q", ["d"])


@pytest.mark.parametrize(
    ("operation", "arguments", "options"),
    [
        ("embed", ([],), {}),
        ("embed", (["a", ""],), {}),
        ("embed", (["a", 3],), {}),
        ("embed", ("a",), {"dimensions": 0}),
        ("embed", ("a",), {"input_type": "poem"}),
        ("embed", ("a",), {"temprature": 1}),
        ("rerank", ("", ["a"]), {}),
        ("rerank", ("q", ["a"]), {"top_n": 0}),
        ("image", ("",), {}),
        ("image", ("a",), {"n": True}),
        ("complete", ("",), {}),
        ("complete", ("a",), {"max_tokens": "3"}),
        ("speak", ("",), {}),
        ("speak", ("a",), {"format": "ogg"}),
        ("embed", ("a",), {"extra_body": {"x": object()}}),
        ("embed", ("a",), {"deadline": 0}),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_sent(
    opened, operation, arguments, options
) -> None:
    with ScriptedServer() as server:
        client = opened(settings(server.url, "jina" if operation == "rerank" else "openai"))
        model = "jina/m" if operation == "rerank" else "openai/m"
        with pytest.raises(InvalidRequest):
            if operation == "speak":
                client.read_speech(model, *arguments, **options)
            else:
                client.do(operation, model, *arguments, **options)
        assert server.connections == 0


@pytest.mark.parametrize("name", ["", "a\0b", "~nobody-of-that-name/o.mp3"])
def test_speech_that_could_not_be_kept_is_not_asked_for(
    opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with ScriptedServer(respond(200, MP3, b"ID3abc")) as server:
        client = opened(settings(server.url))
        for path in (name, tmp_path):
            with pytest.raises(InvalidRequest, match="cannot be written"):
                client.save_speech(path, "openai/tts-1", "Hi")
        assert server.requests == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs modes and links")
def test_saved_speech_keeps_the_mode_of_a_file_and_the_link_to_it(opened, tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.mp3", tmp_path / "link.mp3"
    kept.write_bytes(b"old")
    kept.chmod(0o600)
    link.symlink_to(kept)
    with ScriptedServer(respond(200, MP3, b"ID3abc")) as server:
        opened(settings(server.url)).save_speech(link, "openai/tts-1", "Hi")
    assert link.is_symlink()
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (b"ID3abc", 0o600)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kept.mp3", "link.mp3"]


@pytest.mark.skipif(os.name == "nt", reason="needs pipes with names")
def test_speech_into_a_pipe_leaves_the_pipe(opened, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with ScriptedServer(respond(200, MP3, b"ID3abc")) as server:
            opened(settings(server.url)).save_speech(pipe, "openai/tts-1", "Hi")
        assert os.read(reader, 100) == b"ID3abc"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_sound_file_whose_path_is_none_is_one_sentence(opened) -> None:
    client = opened(settings("http://127.0.0.1:1"))
    for path in ("a\0.wav", "~nobody-of-that-name/a.wav"):
        with pytest.raises(InvalidRequest, match="cannot be read"):
            client.do("transcribe", "openai/whisper-1", path)
