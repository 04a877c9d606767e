"""A list whose items are handed out one by one, each as soon as it is complete and valid.

The model is asked once: who has used an item cannot have it taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from fairlead.errors import BadRequestError, FairleadError, StreamInterrupted
from fairlead.extraction.answer import Answer, Fault
from fairlead.extraction.reading import ExtractionReading
from fairlead.extraction.verdicts import (
    FailureKind,
    failed,
    place_in_value,
    pointed_at,
    refusal_of,
)
from fairlead.types.events import Finish, StreamRestarted, TextDelta
from fairlead.types.extraction import T_, Extraction
from fairlead.types.messages import Message

if TYPE_CHECKING:
    from fairlead.extraction.asking import Asking
    from fairlead.extraction.shape import Shape
    from fairlead.types.responses import ChatResponse

OnInvalid = Literal["raise", "skip"]


class Items(ExtractionReading[T_, list[T_]]):
    """Items in order, then an `Extraction` of them all."""

    thing = "list"

    def __init__(self, asking: Asking, shape: Shape, on_invalid: OnInvalid) -> None:
        super().__init__(asking)
        self._shape = shape
        self._lenient = on_invalid == "skip"
        self._answer: Answer[object] = self._unread()
        self._given = 0
        self._at_end = False

    # -- steps -----------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Ask. Raises what the call raises."""
        try:
            await self._asking.begin()
        except BadRequestError as error:
            pointed_at(error)
            raise

    async def _step(self) -> Sequence[T_]:
        if self._answer.fault is not None and not self._at_end:
            await self._asking.stop()
            raise self._failed(self._answer.fault)
        batch = await self._asking.read()
        if batch is None:
            return self._ended(self._asking.finish())
        for event in batch:
            if type(event) is TextDelta:
                self._answer.feed(event.text)
            elif type(event) is StreamRestarted:
                self._begin_anew(event)
        self._at_end = self._answer.is_whole or (bool(batch) and type(batch[-1]) is Finish)
        return self._new()

    def _begin_anew(self, event: StreamRestarted) -> None:
        if self._given:
            raise StreamInterrupted(
                f"the list begins anew at {event.target} ({event.reason}) after some of its items "
                "were handed out; ask again",
                partial=Message.assistant(self._answer.text),
            )
        self._answer = self._unread()

    def _unread(self) -> Answer[object]:
        return Answer(self._shape, 1, self._asking.max_size, lenient=self._lenient)

    def _new(self) -> Sequence[T_]:
        """The items that were not handed out."""
        found = self._answer.items[self._given :]
        self._given += len(found)
        return cast("Sequence[T_]", found)

    def _ended(self, response: ChatResponse) -> Sequence[T_]:
        answer = self._answer
        if not answer.text and response.text:
            answer.feed(response.text)
        answer.close()
        if (refused := refusal_of(response)) is not None:
            raise self._failed(Fault(refused), "refused")
        if answer.fault is not None:
            raise self._failed(
                answer.fault, "length" if response.finish_reason == "length" else "invalid"
            )
        self._result = self._extraction(response)
        return self._new()

    def _failed(self, fault: Fault, kind: FailureKind = "invalid") -> FairleadError:
        answer = self._answer
        return failed(
            self._asking, fault, answer.text, holder=self._shape.holder, kind=kind,
            complete=answer.complete, items=answer.items,
        )  # fmt: skip

    def _extraction(self, response: ChatResponse) -> Extraction[list[T_]]:
        asking, answer = self._asking, self._answer
        holder = self._shape.holder
        skipped = tuple(
            f"an item was skipped: {fault.reason} at {place_in_value(fault.place, holder)}"
            for fault in answer.skipped
        )
        return Extraction(
            value=cast("list[T_]", list(answer.items)),
            response=response,
            attempts=asking.attempts,
            mode=asking.mode,
            usage=asking.usage,
            cost=asking.cost,
            receipt=self.receipt,
            warnings=(*asking.warnings, *skipped),
            saved=asking.saved,
        )
