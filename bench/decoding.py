"""CPU time of decoding a stream of text, without a transport, in each dialect."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.floor_decoding import text_of as floor_text_of
from bench.measure import cpu_microseconds, taking_turns
from bench.sizes import Sizes
from bench.streams import PIECE, body_of
from bench.table import Row
from fairlead.dialects.registry import dialect_named
from fairlead.ports import Limits
from fairlead.types.events import Event
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.requests import ChatRequest
from fairlead.types.responses import RawResponse
from fairlead.types.targets import Target

_READ_BYTES = 16 << 10
_REQUEST = ChatRequest("m", (Message.user("Why is the sky blue?"),))


class Subject:
    """Reads streams with one dialect's decoder, to the finished answer."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect_named(dialect)
        self._target = Target("bench", "m", "chat", dialect, "http://127.0.0.1/")
        self._receipt = Receipt("chat", "bench/m")
        self._raw = RawResponse(200, ())

    def text_of(self, reads: list[bytes]) -> str:
        """The text of the answer, told in the events before."""
        decoder = self._dialect.decoder(_REQUEST, self._target, Limits())
        events: list[Event] = []
        for data in reads:
            events += decoder.feed(data)
        events += decoder.close()
        if decoder.failure is not None:
            raise decoder.failure
        text = decoder.result(receipt=self._receipt, raw=self._raw, warnings=()).text
        assert len(events) > len(text) / len(PIECE)
        return text


def decoding(dialect: str, sizes: Sizes, limit: float) -> Row:
    """Events of text in reads of 16 KiB, from bytes to typed events and the accumulated answer."""
    events = sizes.burst_events
    body = body_of(dialect, events)
    reads = [body[place : place + _READ_BYTES] for place in range(0, len(body), _READ_BYTES)]
    subject = Subject(dialect)

    def cost(text_of: Callable[[list[bytes]], str]) -> float:
        def work() -> None:
            for _ in range(sizes.bursts):
                if text_of(reads) != PIECE * events:
                    raise RuntimeError(f"{dialect}: this is not the text that was sent")

        return cpu_microseconds(work, events * sizes.bursts)

    floor, fairlead = taking_turns(
        lambda: cost(partial(floor_text_of, dialect)),
        lambda: cost(subject.text_of),
        sizes.rounds,
    )
    return Row(f"decoding, {dialect}", "us/event", floor, fairlead, "ratio", limit)
