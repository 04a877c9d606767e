"""An exchange as text and back; torn, damaged and later texts are refused in one sentence."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies as st
from tests.tapes.exchanges import exchanges

from fairlead.errors import ConfigError
from fairlead.tapes.exchange import Answer, Chunk, Ending, Exchange, TapedRequest
from fairlead.tapes.notation import read, written

EXAMPLE = Exchange(
    TapedRequest("POST", "https://api.example.com/v1/x", (("accept", "*/*"),), b'{"model":"m"}'),
    Answer(200, 0.25, "2", (("content-type", "text/event-stream"),), (Chunk(0.5, b"data: 1\n\n"),)),
    Ending("complete", 0.75),
)
TEXT = """\
fairlead tape 1
request POST https://api.example.com/v1/x
  accept: */*
body
  :{"model":"m"}
answer 200 http/2 at 0.250000
  content-type: text/event-stream
chunk at 0.500000
  |data: 1
  |
end complete at 0.750000
"""


@given(exchanges)
def test_any_exchange_is_read_as_it_was_written(exchange: Exchange) -> None:
    assert read(written(exchange), "x") == exchange


def test_an_exchange_is_text_that_people_can_read() -> None:
    assert written(EXAMPLE) == TEXT


@pytest.mark.parametrize("size", range(len("fairlead tape 1\n"), len(TEXT)))
def test_a_text_that_was_cut_anywhere_is_half_written(size: int) -> None:
    with pytest.raises(ConfigError, match="half written"):
        read(TEXT[:size], "0001")


def test_a_later_version_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"version 2, and this fairlead reads version 1; update"):
        read(TEXT.replace("tape 1", "tape 2"), "0001")


def test_changed_line_endings_are_told() -> None:
    with pytest.raises(ConfigError, match="line endings of 0001 were changed"):
        read(TEXT.replace("\n", "\r\n"), "0001")


@given(st.data())
@settings(max_examples=300)
def test_a_damaged_text_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(TEXT) - 1))
    damaged = TEXT[:at] + data.draw(st.text(max_size=3)) + TEXT[at + 1 :]
    with suppress(ConfigError):
        assert isinstance(read(damaged, "0001"), Exchange)


@pytest.mark.parametrize("text", ["", "hello\n", "fairlead tape x\n", "{}"])
def test_what_is_no_tape_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no tape"):
        read(text, "0001")


@pytest.mark.parametrize(
    ("there", "wrong"),
    [
        ("tape 1\n", f"tape {'1' * 5000}\n"),
        ("answer 200 ", f"answer {'2' * 5000} "),
        ("answer 200 ", "answer -5 "),
        ("end complete at ", "end complete at nan"),
        ("end complete at ", "end complete at 1e999"),
    ],
)
def test_numbers_that_cannot_be_are_refused(there: str, wrong: str) -> None:
    text = written(EXAMPLE)
    assert there in text
    with pytest.raises(ConfigError):
        read(text.replace(there, wrong), "a.tape.txt")
