"""Signatures are AWS's: by its own vectors, and by what botocore signs."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st
from tests.auth.vectors import KEYS, OURS, Vector, needs_vectors, vectors

from fairlead.auth.secret import Secret
from fairlead.auth.sigv4 import AwsKeys, Scope, Signer, canonical_request, payload_hash
from fairlead.errors import InvalidRequest
from fairlead.types.http import HttpRequest

MOMENT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
WALL = MOMENT.timestamp()
PAIR = AwsKeys(KEYS[0], Secret(KEYS[1]))
URL = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a.b-v1%3A0/converse"


def signed(vector: Vector) -> HttpRequest:
    session = Secret(vector.session) if vector.session and not vector.late_token else None
    scope = Scope("us-east-1", "service", vector.plain_paths)
    return Signer(scope).sign(vector.request, AwsKeys(*_pair(), session), WALL)


def _pair() -> tuple[str, Secret]:
    return KEYS[0], Secret(KEYS[1])


def header(request: HttpRequest, name: str) -> str:
    return dict(request.headers)[name]


def test_there_are_vectors_of_both_collections() -> None:
    needs_vectors()

    names = [vector.name.split()[0] for vector in vectors()]

    assert names.count("aws-c") >= 38
    assert names.count("botocore") >= 34


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.name)
def test_a_vector_is_signed_as_aws_says(vector: Vector) -> None:
    request = signed(vector)
    sent = tuple(pair for pair in request.headers if pair[0] != "authorization")
    canonical, _ = canonical_request(
        vector.request.__class__(request.method, request.url, sent, request.body),
        sent,
        payload_hash(request.body),
        plain_paths=vector.plain_paths,
    )

    assert canonical == vector.canonical
    assert header(request, "authorization").endswith(f"Signature={vector.signature}")


NAMES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).filter(
    lambda name: name not in (*OURS, "authorization", "user-agent", "expect", "content-length")
)
CHANGEABLE = st.sampled_from(["te", "traceparent", "user-agent", "x-amzn-trace-id", "upgrade"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
SEGMENTS = st.text("abcXYZ019-_.~%:$@&+=,;!*'()", min_size=1, max_size=12).filter(
    lambda text: text.strip(".")
)
QUERY = st.lists(st.tuples(st.text(min_size=1, max_size=6), st.text(max_size=6)), max_size=3)


@settings(max_examples=300, deadline=None)
@given(
    segments=st.lists(SEGMENTS, max_size=4),
    query=QUERY,
    headers=st.dictionaries(NAMES | CHANGEABLE, VALUES, max_size=4),
    body=st.binary(max_size=200),
    session=st.one_of(st.none(), st.text("abc/+=", min_size=1, max_size=30)),
    port=st.sampled_from(["", ":8443"]),
)
def test_botocore_signs_alike(segments, query, headers, body, session, port) -> None:
    from urllib.parse import quote

    encoded = "/".join(quote(segment, safe="-_.~") for segment in segments)
    url = f"https://bedrock-runtime.eu-west-1.amazonaws.com{port}/{encoded}"
    if query:
        pairs = [f"{quote(a, safe='-_.~')}={quote(b, safe='-_.~')}" for a, b in query]
        url += "?" + "&".join(pairs)
    request = HttpRequest("POST", url, tuple(headers.items()), body)
    keys = AwsKeys(KEYS[0], Secret(KEYS[1]), Secret(session) if session else None)

    ours = Signer(Scope("eu-west-1", "bedrock")).sign(request, keys, WALL)

    assert header(ours, "authorization") == _by_botocore(request, session)


def _by_botocore(request: HttpRequest, session: str | None) -> str:
    from unittest import SkipTest

    try:
        import botocore.auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
    except ImportError as error:
        raise SkipTest("botocore is not installed") from error

    class Fixed(botocore.auth.SigV4Auth):
        """botocore reads the clock by itself; here the context says the time."""

        def add_auth(self, request):
            stamp = MOMENT.strftime("%Y%m%dT%H%M%SZ")
            request.context["timestamp"] = stamp
            self._modify_request_before_signing(request)
            canonical = self.canonical_request(request)
            text = self.string_to_sign(request, canonical)
            self._inject_signature_to_request(request, self.signature(text, request))

    theirs = AWSRequest("POST", request.url, dict(request.headers), request.body)
    Fixed(Credentials(KEYS[0], KEYS[1], session), "bedrock", "eu-west-1").add_auth(theirs)
    return theirs.headers["Authorization"]


def test_the_model_in_the_path_is_encoded_once_more() -> None:
    canonical, _ = canonical_request(HttpRequest("POST", URL), (), payload_hash(None))

    assert canonical.split("\n")[1] == "/model/a.b-v1%253A0/converse"


def test_what_is_signed_is_what_is_sent() -> None:
    request = HttpRequest("POST", URL, (("Content-Type", "application/json"),), b"{}")

    sent = Signer(Scope("eu-west-1", "bedrock")).sign(request, PAIR, WALL)

    assert sent.headers[0] == ("Content-Type", "application/json")
    assert (sent.url, sent.body) == (request.url, request.body)
    assert "SignedHeaders=content-type;host;x-amz-date," in header(sent, "authorization")


def test_the_key_of_a_day_is_derived_once_and_anew_on_the_next() -> None:
    signer = Signer(Scope("us-east-1", "bedrock"))
    first = signer.sign(HttpRequest("GET", URL), PAIR, WALL)

    tomorrow = signer.sign(HttpRequest("GET", URL), PAIR, WALL + 86400)
    again = signer.sign(HttpRequest("GET", URL), PAIR, WALL)

    assert header(first, "authorization") == header(again, "authorization")
    assert "/20150831/" in header(tomorrow, "authorization")


def test_another_pair_is_never_signed_with_the_first_ones_key() -> None:
    signer = Signer(Scope("us-east-1", "bedrock"))
    other = AwsKeys(KEYS[0], Secret("another secret key of the same day"))

    first = header(signer.sign(HttpRequest("GET", URL), PAIR, WALL), "authorization")
    second = header(signer.sign(HttpRequest("GET", URL), other, WALL), "authorization")

    fresh = Signer(Scope("us-east-1", "bedrock")).sign(HttpRequest("GET", URL), other, WALL)
    assert second == header(fresh, "authorization") != first


@pytest.mark.parametrize("name", ["Authorization", "X-Amz-Date", "host", "x-amz-security-token"])
def test_a_header_of_the_signatures_own_is_refused(name) -> None:
    request = HttpRequest("GET", URL, ((name, "mine"),))

    with pytest.raises(InvalidRequest, match=name.lower()):
        Signer(Scope("us-east-1", "bedrock")).sign(request, PAIR, WALL)


class Piecewise:
    """A body that is not held in memory."""

    size = 6

    def __init__(self, *, broken: bool = False) -> None:
        self._broken = broken

    def open(self) -> io.BytesIO:
        if self._broken:
            raise FileNotFoundError(2, "No such file or directory")
        return io.BytesIO(b"abcdef")


def test_a_streamed_body_is_signed_like_the_same_bytes() -> None:
    signer = Signer(Scope("us-east-1", "bedrock"))

    streamed = signer.sign(HttpRequest("POST", URL, (), Piecewise()), PAIR, WALL)
    held = signer.sign(HttpRequest("POST", URL, (), b"abcdef"), PAIR, WALL)

    assert streamed.headers == held.headers


def test_a_body_that_cannot_be_read_is_the_callers_error() -> None:
    request = HttpRequest("POST", URL, (), Piecewise(broken=True))

    with pytest.raises(InvalidRequest, match="No such file"):
        Signer(Scope("us-east-1", "bedrock")).sign(request, PAIR, WALL)


def test_no_secret_shows() -> None:
    signer = Signer(Scope("us-east-1", "bedrock"))
    sent = signer.sign(HttpRequest("GET", URL), PAIR, WALL)

    assert KEYS[1] not in f"{signer!r} {PAIR!r} {sent!r}"
