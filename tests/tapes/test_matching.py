"""Which exchange answers a request, in which order, and what is said where none does."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from msgspec import json

from fairlead.errors import TapeMismatch
from fairlead.tapes.exchange import Answer, Chunk, Digest, Ending, Exchange, TapedRequest
from fairlead.tapes.matching import Deck

URL = "https://api.example.com/v1/chat?alt=sse&v=1"
FORM = "multipart/form-data; boundary=fairlead-"


def exchange(body: bytes | Digest | None = b"{}", said: str = "", url: str = URL) -> Exchange:
    answer = Answer(200, chunks=(Chunk(0.0, said.encode() or b"-"),))
    return Exchange(TapedRequest("POST", url, (), body), answer, Ending())


def said(deck: Deck, body: bytes | Digest | None = b"{}", url: str = URL) -> str:
    answer = deck.take(TapedRequest("POST", url, (), body)).answer
    assert answer is not None
    return answer.body.decode()


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text("ab*", max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), json_values, max_size=4))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))

    assert said(Deck([exchange(json.encode(value), "x")]), json.encode(turned)) == "x"


def test_a_number_is_the_same_however_it_is_written() -> None:
    deck = Deck([exchange(b'{"seed":0,"top_p":0.5}', "x")])

    assert said(deck, b'{"seed":0.0,"top_p":5e-1}') == "x"
    with pytest.raises(TapeMismatch, match=r"\$.seed: 0 on the tape, 0.25 asked"):
        said(deck, b'{"seed":0.25,"top_p":0.5}')


@given(json_values, json_values)
def test_other_json_is_another_request_unless_something_in_it_is_hidden(one, other) -> None:
    deck = Deck([exchange(json.encode(one), "x")])
    if json.encode(one, order="sorted") == json.encode(other, order="sorted"):
        assert said(deck, json.encode(other)) == "x"
    elif b"***" not in json.encode(one):
        with pytest.raises(TapeMismatch):
            said(deck, json.encode(other))


def test_repeated_requests_get_their_answers_in_order_and_the_last_one_again() -> None:
    deck = Deck([exchange(said="1"), exchange(b"[]", "other"), exchange(said="2")])

    assert [said(deck) for _ in range(4)] == ["1", "2", "2", "2"]
    assert said(deck, b"[]") == "other"


def test_once_each_answer_is_given_once() -> None:
    deck = Deck([exchange(said="1"), exchange(said="2")], once=True)

    assert [said(deck), said(deck)] == ["1", "2"]
    with pytest.raises(TapeMismatch, match="asked more than the 2 times on the tape"):
        said(deck)


def test_what_was_hidden_fits_any_value_and_nothing_around_it() -> None:
    deck = Deck([exchange(b'{"key":"********","a":1}', "x")])

    assert said(deck, b'{"a":1,"key":"another"}') == "x"
    with pytest.raises(TapeMismatch):
        said(deck, b'{"a":2,"key":"********"}')


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com:443/v1/chat?v=1&alt=sse",
        "https://API.example.com/v1/chat?alt=sse&v=1",
    ],
)
def test_the_same_address_in_other_words_fits(url: str) -> None:
    assert said(Deck([exchange(said="x")]), url=url) == "x"


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("http://api.example.com/v1/chat?alt=sse&v=1", "origin"),
        ("https://evil.example.com/v1/chat?alt=sse&v=1", "origin"),
        ("https://api.example.com:8443/v1/chat?alt=sse&v=1", "origin"),
        ("https://api.example.com/v2/chat?alt=sse&v=1", "path"),
        ("https://api.example.com/v1/chat?alt=sse&v=2", "query"),
    ],
)
def test_another_address_does_not_fit(url: str, field: str) -> None:
    with pytest.raises(TapeMismatch) as caught:
        said(Deck([exchange()]), url=url)

    assert [line.partition(":")[0] for line in caught.value.differences] == [field]


def test_servers_of_this_machine_are_alike_whatever_their_ports() -> None:
    deck = Deck([exchange(url="http://127.0.0.1:41234/v1", said="x")])

    for place in ("http://127.0.0.1", "http://localhost:8080", "http://[::1]:1"):
        assert said(deck, url=f"{place}/v1") == "x"


def test_any_origin_fits_where_that_is_asked_for() -> None:
    deck = Deck([exchange(said="x")], any_origin=True)

    assert said(deck, url=URL.replace("https://api.example.com", "http://127.0.0.1:80")) == "x"


def test_the_boundary_of_a_form_does_not_matter() -> None:
    def form(boundary: str) -> TapedRequest:
        kind = (("content-type", f"{FORM}{boundary}"),)
        body = f"--fairlead-{boundary}\r\nx\r\n--fairlead-{boundary}--".encode()
        return TapedRequest("POST", URL, kind, body)

    deck = Deck([Exchange(form("aaa"), Answer(200))])

    assert deck.take(form("bbb")).answer == Answer(200)


def test_long_bodies_are_compared_by_their_hashes() -> None:
    deck = Deck([exchange(Digest("ab", 5), "x")])

    assert said(deck, Digest("ab", 5)) == "x"
    with pytest.raises(TapeMismatch, match=r"cd \(5 bytes\)"):
        said(deck, Digest("cd", 5))


def test_no_body_and_an_empty_one_are_alike() -> None:
    assert said(Deck([exchange(None, "x")]), b"") == "x"


def test_a_mismatch_tells_the_nearest_request_and_in_what_it_differs() -> None:
    far = exchange(b'{"model":"m","messages":[{"content":"Bye"}],"seed":1,"top_p":1}')
    near = exchange(b'{"model":"m","messages":[{"content":"Hi"}]}')

    with pytest.raises(TapeMismatch) as caught:
        said(Deck([far, near]), b'{"model":"m","messages":[{"content":"Ho"}],"max_tokens":5}')

    assert str(caught.value) == (
        "no exchange on the tape fits POST /v1/chat, and nothing was sent; record the tape anew if "
        "the request is right. The nearest is POST /v1/chat, which differs in:\n"
        '  $.messages[0].content: "Hi" on the tape, "Ho" asked\n'
        "  $.max_tokens: nothing on the tape, 5 asked"
    )


def test_many_hidden_places_take_no_longer_than_one() -> None:
    """With `.*` in their place this would take hours, and the rules of Markdown look like them."""
    deck = Deck([exchange(b"a *** " * 40 + b"end", "x")])
    assert said(deck, b"a bcd " * 40 + b"end") == "x"
    with pytest.raises(TapeMismatch):
        said(deck, b"a " * 3000 + b"END")


def test_what_stands_around_a_hidden_place_does_not_overlap() -> None:
    deck = Deck([exchange(b"ab***bc", "x")])
    assert said(deck, b"abbc") == "x"
    with pytest.raises(TapeMismatch):
        said(deck, b"abc")
