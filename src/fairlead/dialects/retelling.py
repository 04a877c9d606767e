"""A decoder around another: the same answer, told in other words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.types.events import Event

if TYPE_CHECKING:
    from fairlead.errors import FairleadError
    from fairlead.ports import Decoder
    from fairlead.types.messages import Message
    from fairlead.types.receipts import Receipt
    from fairlead.types.responses import ChatResponse, FinishReason, RawResponse
    from fairlead.types.usage import Usage


class RetellingDecoder(ABC):
    """Events and messages go through `_told` and `_message`."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Decoder[Event, ChatResponse]) -> None:
        self._inner = inner

    @property
    def failure(self) -> FairleadError | None:
        return self._inner.failure

    @failure.setter
    def failure(self, error: FairleadError | None) -> None:
        self._inner.failure = error

    @property
    def finished(self) -> bool:
        return self._inner.finished

    @finished.setter
    def finished(self, value: bool) -> None:
        self._inner.finished = value

    def feed(self, data: bytes) -> Sequence[Event]:
        return self._retold(self._inner.feed(data))

    def close(self) -> Sequence[Event]:
        return self._retold(self._inner.close())

    def whole(self, body: bytes) -> Sequence[Event]:
        return self._retold(self._inner.whole(body))

    def partial(self) -> tuple[Message, Usage | None]:
        message, usage = self._inner.partial()
        return self._message(message), usage

    def result(
        self, *, receipt: Receipt, raw: RawResponse, warnings: tuple[str, ...]
    ) -> ChatResponse:
        answer = self._inner.result(receipt=receipt, raw=raw, warnings=warnings)
        return replace(
            answer,
            message=self._message(answer.message),
            finish_reason=self._reason(answer.finish_reason),
            warnings=(*answer.warnings, *self._warnings(answer.message)),
        )

    def _retold(self, events: Sequence[Event]) -> list[Event]:
        return [told for event in events for told in self._told(event)]

    @abstractmethod
    def _told(self, event: Event) -> Sequence[Event]:
        """What stands for `event`."""

    @abstractmethod
    def _message(self, message: Message) -> Message:
        """The message so far, or the whole."""

    def _reason(self, reason: FinishReason) -> FinishReason:
        return reason

    def _warnings(self, message: Message) -> tuple[str, ...]:  # for subclasses
        """What there is to say about the message as the model wrote it."""
        return ()
