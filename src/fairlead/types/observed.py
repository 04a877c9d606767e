"""What observers are shown: a call that begins, an attempt of it, and how the call ended.

The object of a call, and that of an attempt, is the same one in all of its events, and equal to no
other: it may be the key of a dictionary.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from fairlead.errors import FairleadError
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.usage import Cost, Usage


class ObservedCall(Struct, frozen=True, eq=False, weakref=True):
    """One operation that was asked for. `target` is `provider/model`, or the origin of a server.

    `began` is in seconds since 1970.
    """

    operation: str
    target: str
    stream: bool
    began: float


class ObservedAttempt(Struct, frozen=True, eq=False, weakref=True):
    """One attempt of a call. `number` counts from 1, `began` is in seconds since 1970.

    `sends` is false for one that ended before anything could be sent, such as a credential that
    could not be renewed.
    """

    number: int
    target: str
    began: float
    sends: bool = True


class Outcome(Protocol):
    """A reply that has ended."""

    @property
    def complete(self) -> bool: ...
    def result(self) -> object: ...
    def partial(self) -> tuple[Message, Usage | None]: ...


class Asking(Protocol):
    """What a call was made from."""

    @property
    def asked(self) -> object | None: ...


class CallEnd:
    """How a call ended. What was asked and answered is put together only when it is wanted.

    Both hold what people wrote. An observer that passes them on should have been told to.
    """

    __slots__ = ("_asking", "_outcome", "_usage", "receipt")

    def __init__(
        self, receipt: Receipt, outcome: Outcome | None = None, asking: Asking | None = None
    ) -> None:
        self.receipt = receipt
        self._outcome = outcome
        self._asking = asking
        self._usage: tuple[Usage | None] | None = None

    @property
    def complete(self) -> bool:
        """Whether the answer came to its end; not so where it failed, or was closed early."""
        return self._outcome is not None and self._outcome.complete

    @property
    def how(self) -> str:
        """In a word, how a call ended that did not fail: `ok`, `closed`, or `cached` where nothing
        was sent for it.
        """
        if not self.complete:
            return "closed"
        return "cached" if self.receipt.from_cache else "ok"

    @property
    def answer(self) -> object | None:
        """The finished answer, such as a `ChatResponse`; None where there is none."""
        if self._outcome is None or not self._outcome.complete:
            return None
        try:
            return self._outcome.result()
        except FairleadError:
            return None  # whoever asks for the answer is told why

    @property
    def request(self) -> object | None:
        """What was asked, such as a `ChatRequest`; None for a plain call."""
        return None if self._asking is None else self._asking.asked

    @property
    def usage(self) -> Usage | None:
        """As reported; of an answer that did not come to its end, as far as it was.

        None where nothing was sent, since the answer is that of another call: it is counted there.
        """
        if self._usage is None:
            self._usage = (self._reported(),)
        return self._usage[0]

    @property
    def cost(self) -> Cost | None:
        """None where no price is known."""
        return getattr(self.answer, "cost", None)

    def settle(self) -> None:
        """Put everything together now, before another thread asks for it."""
        _ = self.usage

    def _reported(self) -> Usage | None:
        if self.receipt.from_cache:
            return None
        answer = self.answer
        if answer is None and self._outcome is not None:
            return self._outcome.partial()[1]
        return getattr(answer, "usage", None)

    def __repr__(self) -> str:
        return f"CallEnd({self.receipt!r}, complete={self.complete})"
