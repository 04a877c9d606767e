"""What all decoders share that count their bytes, and know a cut stream from a finished one.

A subclass reads pieces of a stream (`_read`), what is left at its end (`_rest`) and a body that is
no stream (`_answer`); what they raise becomes the decoder's `failure`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol

from fairlead.dialects.assembly import Assembly
from fairlead.errors import DecodeError, FairleadError, ResponseTooLarge, StreamInterrupted
from fairlead.framing.sse import Frame, SseParser
from fairlead.ports import Limits
from fairlead.types.events import Event
from fairlead.types.messages import Message
from fairlead.types.receipts import Receipt
from fairlead.types.responses import ChatResponse, RawResponse
from fairlead.types.targets import Target
from fairlead.types.usage import Usage


class AnswerDecoder(ABC):
    """One answer. `terminal` is how errors call what ends a stream; what follows it is ignored."""

    __slots__ = ("_assembly", "_limits", "_target", "_total", "failure", "finished")

    terminal: ClassVar[str]

    def __init__(self, dialect: str, target: Target, limits: Limits) -> None:
        self._assembly = Assembly(dialect, limits.tool_arguments)
        self._target = target
        self._limits = limits
        self._total = 0
        self.failure: FairleadError | None = None
        self.finished = False

    def feed(self, data: bytes) -> list[Event]:
        if self.finished or self.failure is not None:
            return []
        try:
            self._read(data[: self._room(len(data))])
            self._check_total()
        except FairleadError as error:
            self.failure = error
        return self._assembly.take()

    def close(self) -> list[Event]:
        if self.finished or self.failure is not None:
            return []
        try:
            self._rest()
        except ResponseTooLarge as error:
            self.failure = error
        except DecodeError:
            pass  # Half an event: the cut is told below.
        except FairleadError as error:
            self.failure = error
        if not self.finished and self.failure is None:
            self.failure = self._interrupted()
        return self._assembly.take()

    def whole(self, body: bytes) -> list[Event]:
        try:
            self._total = len(body)
            self._check_total()
            self._answer(body)
        except FairleadError as error:
            self.failure = error
        return self._assembly.take()

    def partial(self) -> tuple[Message, Usage | None]:
        return self._assembly.message(), self._assembly.usage

    def result(
        self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> ChatResponse:
        return self._assembly.response(receipt, raw, warnings)

    @abstractmethod
    def _read(self, data: bytes) -> None: ...

    @abstractmethod
    def _rest(self) -> None: ...

    @abstractmethod
    def _answer(self, body: bytes) -> None: ...

    def _room(self, size: int) -> int:
        """How many of `size` bytes more may be read; so the same bytes are, whatever the split."""
        room = self._limits.total - self._total
        self._total += size
        return room

    def _check_total(self) -> None:
        if self._total > self._limits.total and not self.finished:
            raise ResponseTooLarge(f"the answer is longer than {self._limits.total:,} bytes")

    def _interrupted(self) -> StreamInterrupted:
        message, usage = self.partial()
        return StreamInterrupted(
            f"the stream ended before the answer did (no {self.terminal} came); "
            "what had come is kept",
            partial=message,
            usage=usage,
        )


class Frames(Protocol):
    """Cuts a stream into events. `overflow` is what broke it off, if anything did."""

    @property
    def overflow(self) -> FairleadError | None: ...

    def feed(self, data: bytes) -> list[Frame]: ...

    def close(self) -> list[Frame]: ...


class EventDecoder(AnswerDecoder):
    """An answer in server-sent events; or in one object, where the server did not stream.

    `frames` cuts the stream where its events come in another way.
    """

    __slots__ = ("_head", "_parser")

    def __init__(
        self, dialect: str, target: Target, limits: Limits, frames: Frames | None = None
    ) -> None:
        super().__init__(dialect, target, limits)
        self._parser = frames or SseParser(limits.line, limits.event)
        self._head: bytearray | None = bytearray()

    def close(self) -> list[Event]:
        if self._head and not self.finished and self.failure is None:
            return self.whole(bytes(self._head))
        return super().close()

    @abstractmethod
    def _frames(self, frames: list[Frame]) -> None:
        """Read events, up to the terminal one."""

    def _read(self, data: bytes) -> None:
        frames = self._parser.feed(data)
        if self._head is not None:
            self._look(data, framed=bool(frames))
        self._frames(frames)
        if self._parser.overflow is not None and not self.finished:
            raise self._parser.overflow

    def _rest(self) -> None:
        self._frames(self._parser.close())
        if self._parser.overflow is not None and not self.finished:
            raise self._parser.overflow

    def _look(self, data: bytes, *, framed: bool) -> None:
        """Keep the head of what may be no event stream at all, but a JSON body or a web page."""
        assert self._head is not None
        self._head += data if self._head else data.lstrip()
        if self._head and (framed or not self._head.startswith((b"{", b"[", b"<"))):
            self._head = None
