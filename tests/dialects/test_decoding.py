"""What decoders share: counting, cuts, and bodies that are no stream."""

from __future__ import annotations

import json

from fairlead.dialects.decoding import EventDecoder
from fairlead.errors import DecodeError, ResponseTooLarge, StreamInterrupted
from fairlead.framing.sse import Frame
from fairlead.ports import Limits
from fairlead.types.targets import Target

TARGET = Target("p", "m", "chat", "d", "https://p.example/")


class Words(EventDecoder):
    """Each event is a JSON string of text; `"end"` is terminal, and a body is one word."""

    __slots__ = ()

    terminal = "end"

    def _frames(self, frames: list[Frame]) -> None:
        for _, data, _ in frames:
            self._word(data)
            if self.finished:
                return

    def _answer(self, body: bytes) -> None:
        self._word(body)
        self._assembly.finish("stop", None)
        self.finished = True

    def _word(self, data: bytes) -> None:
        try:
            word = json.loads(data)
        except ValueError as error:
            raise DecodeError("no word") from error
        if word == "end":
            self._assembly.finish("stop", None)
            self.finished = True
        else:
            self._assembly.text("text", str(word))


def words(limits: Limits | None = None) -> Words:
    return Words("d", TARGET, limits or Limits())


def test_a_stream_ends_at_its_terminal_event_and_no_later() -> None:
    decoding = words()
    decoding.feed(b'data: "a"\n\ndata: "end"\n\ndata: nonsense\n\n')

    assert decoding.finished
    assert decoding.failure is None
    assert decoding.feed(b"data: nonsense\n\n") == decoding.close() == []


def test_a_cut_names_what_did_not_come_and_keeps_what_had() -> None:
    for rest in (b"", b'data: "b', b"da"):
        decoding = words()
        decoding.feed(b'data: "a"\n\n' + rest)
        decoding.close()

        assert isinstance(decoding.failure, StreamInterrupted)
        assert "no end came" in str(decoding.failure)
        assert decoding.failure.partial is not None
        assert decoding.failure.partial.text == "a"


def test_the_last_event_needs_no_blank_line() -> None:
    decoding = words()
    decoding.feed(b'data: "end"')
    decoding.close()

    assert decoding.finished


def test_what_came_in_place_of_a_stream_is_read_as_a_body() -> None:
    decoding = words()
    assert decoding.feed(b'{"a":') == []
    decoding.feed(b" 1}")
    decoding.close()

    assert decoding.finished
    assert decoding.partial()[0].text == "{'a': 1}"
    page = words()
    page.feed(b"<html>")
    page.close()
    assert isinstance(page.failure, DecodeError)


def test_caps_hold_for_lines_events_and_the_whole() -> None:
    for limits, data in (
        (Limits(line=10), b'data: "' + b"a" * 20 + b'"\n\n'),
        (Limits(total=10), b'data: "a"\n\n' * 2),
    ):
        decoding = words(limits)
        decoding.feed(data)
        assert isinstance(decoding.failure, ResponseTooLarge)
    whole = words(Limits(total=10))
    whole.whole(b'"' + b"a" * 20 + b'"')
    assert isinstance(whole.failure, ResponseTooLarge)


def test_the_same_is_read_before_the_cap_in_any_split() -> None:
    data = b'data: "a"\n\n' * 5
    for size in (1, 7, len(data)):
        decoding = words(Limits(total=36))
        events = [
            e for at in range(0, len(data), size) for e in decoding.feed(data[at : at + size])
        ]

        assert decoding.partial()[0].text == "aaa"
        assert len(events) == len(words().feed(data[:33]))
        assert isinstance(decoding.failure, ResponseTooLarge)


def test_a_stream_that_ends_before_the_cap_is_no_failure() -> None:
    decoding = words(Limits(total=14))
    decoding.feed(b'data: "end"\n\n' + b": more" * 5)

    assert decoding.finished
    assert decoding.failure is None
