"""Runs of one body through a decoder: in one piece, byte by byte, or at random splits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from msgspec import Struct

from fairlead.errors import FairleadError
from fairlead.ports import Decoder
from fairlead.types.events import Event
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse, RawResponse

RAW = RawResponse(200, ())
RECEIPT = Receipt("chat", "corpus/model")


class Run(Struct, frozen=True):
    """What came of one body: the events, and either the answer or the failure."""

    events: list[Event]
    response: ChatResponse | None
    failure: FairleadError | None


def stream(decoder: Decoder[Event, ChatResponse], pieces: Iterable[bytes]) -> Run:
    """Feed `pieces` until the decoder has failed, then say that the stream has ended."""
    events: list[Event] = []
    for piece in pieces:
        events += decoder.feed(piece)
        if decoder.failure is not None:
            return Run(events, None, decoder.failure)
    events += decoder.close()
    return outcome(decoder, events)


def whole(decoder: Decoder[Event, ChatResponse], body: bytes) -> Run:
    return outcome(decoder, decoder.whole(body))


def outcome(decoder: Decoder[Event, ChatResponse], events: list[Event]) -> Run:
    if decoder.failure is not None:
        return Run(events, None, decoder.failure)
    if not decoder.finished:
        raise AssertionError("the decoder has neither finished nor failed")
    return Run(events, decoder.result(receipt=RECEIPT, raw=RAW, warnings=()), None)


def bytewise(body: bytes) -> Iterator[bytes]:
    for place in range(len(body)):
        yield body[place : place + 1]


def random_pieces(body: bytes, random: Random) -> Iterator[bytes]:
    """Pieces of 0 to 200 bytes now, and of up to 8 KB then; empty ones are legal too."""
    start = 0
    while start < len(body):
        size = random.randint(0, 200) if random.random() < 0.7 else random.randint(0, 8192)
        yield body[start : start + size]
        start += size
