"""What is secret leaves requests and answers; all else stays byte for byte."""

from __future__ import annotations

import pytest

from fairlead.tapes.exchange import Answer, Chunk, Ending, Exchange, TapedRequest
from fairlead.tapes.notation import written
from fairlead.tapes.scrubbing import Scrubber
from fairlead.tapes.secrets import Secrets

KEY = "canary-7f3a9b-secret-key"
URL = "https://api.example.com/v1/chat"
FORM = (("content-type", "application/x-www-form-urlencoded"),)


def scrubbed(
    request: TapedRequest | None = None, *pieces: bytes, headers: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    chunks = tuple(Chunk(float(at), piece) for at, piece in enumerate(pieces))
    asked = request or TapedRequest("POST", URL)
    exchange = Exchange(asked, Answer(200, 0.0, "1.1", headers, chunks), Ending("complete"))
    return Scrubber(Secrets()).scrubbed(exchange)


@pytest.mark.parametrize(
    "name",
    [
        "authorization", "Authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie",
        "x-amz-security-token", "cf-aig-authorization", "x-gatekeeper", "openai-organization",
    ],
)  # fmt: skip
def test_no_value_of_a_header_that_may_hold_a_key_is_written_nor_its_echo(name: str) -> None:
    request = TapedRequest("POST", URL, ((name, KEY), ("accept", "*/*")), b'{"a":1}')

    found = scrubbed(request, f'{{"error":"wrong key {KEY}"}}'.encode(), headers=(("x-was", KEY),))

    assert KEY not in written(found)
    assert found.request.headers == ((name, "***"), ("accept", "*/*"))
    assert found.answer is not None
    assert found.answer.body == f'{{"error":"wrong key {"*" * len(KEY)}"}}'.encode()


def test_a_key_that_is_split_among_chunks_is_hidden_and_the_chunks_stay() -> None:
    request = TapedRequest("POST", URL, (("authorization", f"Bearer {KEY}"),))
    pieces = [f"it was {KEY}."[:at] for at in (12, 20)]
    rest = f"it was {KEY}."
    found = scrubbed(request, pieces[0].encode(), rest[12:20].encode(), rest[20:].encode())

    assert found.answer is not None
    assert [len(chunk.data) for chunk in found.answer.chunks] == [12, 8, len(rest) - 20]
    assert found.answer.body == f"it was {'*' * len(KEY)}.".encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (f'{{"access_token": "{KEY}"}}', ()),
        (f'{{"refreshToken":"{KEY}"}}', ()),
        (f'{{"client_secret":{{"id":1,"value":"{KEY}"}}}}', ()),
        (f'{{"token":"{KEY}","expires":1}}', ()),
        (f'{{"apiKey":"{KEY}"}}', ()),
        (f"<SecretAccessKey>{KEY}</SecretAccessKey>", ()),
        (f"grant_type=refresh_token&refresh_token={KEY}&x=1", FORM),
        (f"code={KEY}", FORM),
    ],
)
def test_secrets_of_bodies_are_hidden_by_their_names(
    body: str, kind: tuple[tuple[str, str], ...]
) -> None:
    sent = scrubbed(TapedRequest("POST", URL, kind, body.encode()))
    came = scrubbed(None, body.encode(), headers=kind)

    assert came.answer is not None
    assert sent.request.body == came.answer.body == body.replace(KEY, "*" * len(KEY)).encode()


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-0123456789abcdefgh", "gsk_0123456789abcdefgh", "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv", "ghp_0123456789abcdefghij",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)  # fmt: skip
def test_what_has_the_shape_of_a_key_is_hidden_anywhere(key: str) -> None:
    found = scrubbed(TapedRequest("POST", URL, (), f'{{"content":"mine is {key}"}}'.encode()))

    assert key not in written(found)


@pytest.mark.parametrize(
    "body",
    [
        '{"choices":[{"logprobs":{"content":[{"token":"Hello","logprob":-0.1}]}}]}',
        '{"tools":[{"parameters":{"properties":{"password":{"type":"string"}}}}]}',
        '{"error":{"code":"rate_limit_exceeded","type":"tokens"}}',
        '{"encrypted_content":"eyJhIjoxfQ==","signature":"EqQBCkYIARgCKkD/AIza"}',
        '{"key":"value","session":"risk-assessment-of-a-long-word"}',
    ],
)
def test_what_is_no_secret_stays_as_it_is(body: str) -> None:
    found = scrubbed(TapedRequest("POST", URL, (), body.encode()), body.encode())

    assert found.answer is not None
    assert found.request.body == found.answer.body == body.encode()


def test_queries_that_sign_or_are_keys_are_hidden_and_others_stay() -> None:
    url = f"https://user:pw@a.example/p?alt=sse&key={KEY}&X-Amz-Signature=abc&sig=x&api-version=1"

    found = scrubbed(TapedRequest("GET", url), KEY.encode())

    assert found.request.url == (
        "https://a.example/p?alt=sse&key=***&X-Amz-Signature=***&sig=***&api-version=1"
    )
    assert found.answer is not None
    assert KEY.encode() not in found.answer.body


def test_figures_of_rate_limits_stay_and_cookies_do_not() -> None:
    headers = (
        ("x-ratelimit-remaining-tokens", "1999"),
        ("x-token-limit", "6000"),
        ("x-token-reset", "60s"),
        ("set-cookie", "sid=abcdefgh1234"),
        ("request-id", "req_1"),
    )

    found = scrubbed(None, b"sid abcdefgh1234", headers=headers)

    assert found.answer is not None
    assert found.answer.headers == (*headers[:3], ("set-cookie", "***"), headers[4])
    assert found.answer.body == b"sid ************"
