"""What a web page says that came where an answer belongs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from fairlead.dialects.classify import classify, error_fields
from fairlead.dialects.web_page import is_web_page, words_of
from fairlead.errors import ApiError


def refused(body: bytes, status: int) -> ApiError:
    message, _, _ = error_fields(body)
    return classify(message, status=status, target="p/m", body=body)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b"<html><title>502 Bad Gateway</title><h1>no</h1></html>", ": 502 Bad Gateway"),
        (b"\xef\xbb\xbf<!DOCTYPE HTML>\n<HTML><TITLE> a \n b </TITLE>", ": a b"),
        (b"<!-- IE --><!doctype html><h1>Just a moment...</h1>", ": Just a moment..."),
        (b"<html><title></title><style>p{}</style><p>Blocked &amp; logged", ": Blocked & logged"),
        (b"<html><script>var a = 1 < 2;</script>", "not an answer"),
        (b"<html><title>\x1b[31mred\xff", ": [31mred\ufffd"),
        (b"<html>" + b"word " * 40, "word ..."),
    ],
)
def test_a_page_is_told_by_its_title_or_its_first_words(page: bytes, words: str) -> None:
    assert is_web_page(page)
    assert words_of(page).endswith(words)


@pytest.mark.parametrize(
    "body", [b"", b"upstream <html> error", b"<Error><Code>x", b'{"a":"<html>"}']
)
def test_what_is_no_page_is_told_as_it_is(body: bytes) -> None:
    assert not is_web_page(body)


@pytest.mark.parametrize(
    ("status", "words"), [(502, "try again later"), (403, "check the base URL"), (404, "proxy")]
)
def test_the_error_says_what_to_do_and_keeps_the_page(status: int, words: str) -> None:
    page = b"<html><title>Oops</title>"
    error = refused(page, status)
    assert words in str(error)
    assert error.excerpt == page.decode()


def test_a_key_that_is_refused_by_a_page_is_still_the_keys_fault() -> None:
    assert refused(b"<html><title>401</title>", 401).remedy is None


@given(
    st.lists(st.sampled_from(["<html>", "<", "<script", "</", ">", "a", "<!--", "<title>", "&"]))
)
def test_any_page_is_one_line_of_few_words(pieces: list[str]) -> None:
    said = words_of("".join(pieces).encode())
    assert said.isprintable()


def test_a_page_that_never_closes_anything_is_read_fast() -> None:
    started = time.process_time()
    for piece in (b"<", b"<script", b"<title>", b"<!--", b" "):
        is_web_page(piece * 100_000)
        words_of(b"<html>" + piece * 100_000)
    assert time.process_time() - started < 2
