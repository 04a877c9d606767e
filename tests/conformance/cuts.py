"""A stream cut short at any place, and what is wrong with what came of it.

A cut inside an event must leave no trace of the half event. So the decoder that has read the events
before it is asked for every byte of that event in turn: it reads the half, is told that the stream
has ended, and goes on from where it stood. That is both a stronger claim than one with a fresh
decoder for each place and the difference between seconds and minutes; fresh ones are used at the
end of each event, wherever a half event had an effect, and for the places of long streams.
"""

from __future__ import annotations

from collections.abc import Callable

from fairlead.errors import StreamInterrupted
from fairlead.ports import Decoder
from fairlead.types.events import Event, Finish
from fairlead.types.responses import ChatResponse

Decoding = Decoder[Event, ChatResponse]


class Cutter:
    """Cuts one body at rising places."""

    def __init__(
        self,
        body: bytes,
        decoders: Callable[[], Decoding],
        event_start: Callable[[bytes, int], int],
    ) -> None:
        self._body = body
        self._event_start = event_start
        self._decoders = decoders
        self._decoder: Decoding | None = None
        self._start = 0
        self._finishes = 0

    def wrong(self, place: int, *, ended: bool) -> str:
        """What is wrong with the outcome of a cut at `place`; empty where nothing is."""
        start = self._event_start(self._body, place)
        if self._decoder is None or start != self._start:
            self._renew(start)
        decoder = self._decoder
        assert decoder is not None
        events = [*decoder.feed(self._body[self._start : place]), *decoder.close()]
        finishes = self._finishes + sum(isinstance(event, Finish) for event in events)
        reason = _wrong(decoder, finishes, ended=ended)
        if events or decoder.finished or not isinstance(decoder.failure, StreamInterrupted):
            self._decoder = None
        else:
            decoder.failure = None
        return reason

    def _renew(self, start: int) -> None:
        self._decoder = self._decoders()
        self._start = start
        before = self._decoder.feed(self._body[:start])
        self._finishes = sum(isinstance(event, Finish) for event in before)


def after_blank_line(body: bytes, place: int) -> int:
    """Where the event at `place` begins: behind the last blank line, or with the body."""
    start = body.rfind(b"\n\n", 0, place) + 2
    return start if start > 1 else 0


def _wrong(decoder: Decoding, finishes: int, *, ended: bool) -> str:
    failure = decoder.failure
    if ended:
        if failure is not None or finishes != 1 or not decoder.finished:
            return f"{failure!r} and {finishes} finish events, though it had ended"
        return ""
    if not isinstance(failure, StreamInterrupted):
        return f"{failure!r} though it had not ended"
    if finishes or decoder.finished:
        return "a finish though it had not ended"
    return "" if failure.partial is not None else "no partial message"
