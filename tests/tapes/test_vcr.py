"""Cassettes of vcrpy become tapes: YAML and JSON, text and bytes, without the keys in them."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from pathlib import Path

import pytest
from tests.client.conftest import settings_for
from tests.tapes.conftest import QUESTION

import fairlead
from fairlead.errors import ConfigError
from fairlead.tapes import import_cassette
from fairlead.tapes.folder import TapeFolder

ANSWER = {
    "id": "c1",
    "model": "m-1",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "42"}, "finish_reason": "stop"}
    ],
}
TEXT = "Grüße".encode()
KEY = "sk-canary-0123456789abcdef"
YAML = f"""\
interactions:
- request:
    body: '{{"model":"m-1","messages":[{{"role":"user","content":"{QUESTION}"}}]}}'
    headers:
      authorization: [Bearer {KEY}]
      content-type: [application/json]
    method: POST
    uri: http://127.0.0.1:1/v1/chat/completions
  response:
    body:
      string: '{json.dumps(ANSWER)}'
    headers:
      Content-Type: [application/json]
      X-Echo: ['{KEY}']
    status: {{code: 200, message: OK}}
version: 1
"""


def cassette(folder: Path, text: str, name: str = "c.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def packed(data: bytes) -> dict[str, str]:
    return {"base64_string": base64.b64encode(data).decode()}


def with_body(body: object, *encoding: str, headers: object = None) -> str:
    held = {"content-type": ["text/plain"]} | (
        {"Content-Encoding": list(encoding)} if encoding else {}
    )
    interaction = {
        "request": {"method": "GET", "uri": "https://a.example/x", "headers": {}, "body": None},
        "response": {"status": {"code": 200}, "headers": headers or held, "body": body},
    }
    return json.dumps({"version": 1, "interactions": [interaction]})


def test_a_cassette_in_yaml_answers_a_client(opened, tmp_path, tape) -> None:
    pytest.importorskip("yaml", reason="PyYAML reads cassettes, and is not installed")
    assert import_cassette(cassette(tmp_path, YAML), tape) == 1

    client = opened(settings_for("http://127.0.0.1:9"), transport=fairlead.replay(tape))

    assert client.chat("fake/m-1", QUESTION).text == "42"


def test_keys_of_a_cassette_stay_behind(tmp_path, tape) -> None:
    pytest.importorskip("yaml", reason="PyYAML reads cassettes, and is not installed")
    import_cassette(cassette(tmp_path, YAML), tape)

    assert all(KEY not in path.read_text() for path in tape.iterdir())


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ({"string": "Grüße"}, ()),
        ("Grüße", ()),
        (packed(TEXT), ()),
        (packed(gzip.compress(TEXT)), ("gzip",)),
        (packed(zlib.compress(TEXT)), ("deflate",)),
        (packed(zlib.compress(TEXT)[2:-4]), ("deflate",)),
    ],
)
def test_bodies_in_every_form_are_read_and_unpacked(tmp_path, tape, body, encoding) -> None:
    import_cassette(cassette(tmp_path, with_body(body, *encoding), "c.json"), tape)

    (found,) = TapeFolder(tape).read()
    assert found.answer.body == TEXT
    assert found.answer.headers == (("content-type", "text/plain"),)


def test_no_body_is_no_body(tmp_path, tape) -> None:
    import_cassette(cassette(tmp_path, with_body({"string": None}), "c.json"), tape)

    (found,) = TapeFolder(tape).read()
    assert (found.answer.chunks, found.request.body) == ((), None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "no list of interactions"),
        ("{}", "no list of interactions"),
        ('{"interactions": {}}', "no list of interactions"),
        ("a: [", "neither YAML nor JSON"),
        ('{"interactions": [1]}', "an interaction has no request"),
        ('{"interactions": [{"request": {}}]}', "an interaction has no response"),
        (with_body(5), "neither text nor bytes"),
        (with_body({"string": "x"}, "br"), "packed as 'br'"),
        (with_body({"string": "x"}, "gzip"), "cannot be taken over"),
        (with_body({"string": "x"}, headers=[1]), "headers are no mapping"),
        (with_body("x").replace("200", '"x"'), "a response has no status"),
        (with_body("x").replace("https://a.example/x", ""), "a request has no uri"),
    ],
)
def test_what_cannot_be_taken_over_is_refused_whole(tmp_path, tape, text, reason) -> None:
    pytest.importorskip("yaml", reason="PyYAML reads cassettes, and is not installed")
    with pytest.raises(ConfigError, match=reason):
        import_cassette(cassette(tmp_path, text), tape)

    assert not tape.exists()


def test_a_cassette_that_cannot_be_read_is_told(tmp_path, tape) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        import_cassette(tmp_path / "none.yaml", tape)
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="it is not UTF-8"):
        import_cassette(tmp_path / "binary", tape)


def test_without_pyyaml_a_cassette_in_yaml_says_what_to_install(
    monkeypatch, tmp_path, tape
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(ConfigError, match="pip install pyyaml"):
        import_cassette(cassette(tmp_path, YAML), tape)
    assert import_cassette(cassette(tmp_path, with_body("x")), tape) == 1


def test_a_body_that_unpacks_to_more_than_any_answer_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes((64 << 20) + 1))
    path = cassette(tmp_path, with_body(packed(bomb), "gzip"))
    with pytest.raises(ConfigError, match="longer than 67,108,864 bytes"):
        import_cassette(path, tmp_path / "tape")
