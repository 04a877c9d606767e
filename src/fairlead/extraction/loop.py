"""Ask for a value, read it while it comes, and ask again where it cannot be right any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec import Struct

from fairlead.errors import BadRequestError, DecodeError, ExtractionFailed
from fairlead.extraction.answer import Answer, Fault
from fairlead.extraction.reading import ExtractionReading
from fairlead.extraction.verdicts import FailureKind, correction, failed, pointed_at, refusal_of
from fairlead.framing.repaired_json import repaired_json
from fairlead.types.events import Event, Finish, StreamRestarted, TextDelta
from fairlead.types.extraction import T_, Extraction, Partial
from fairlead.types.messages import Message

if TYPE_CHECKING:
    from fairlead.extraction.asking import Asking
    from fairlead.extraction.shape import Shape
    from fairlead.types.responses import ChatResponse


class Rules(Struct, frozen=True):
    """How often the model is asked, whether what is nearly JSON is read, and partial values told.

    Each of those costs what has come of the value so far.
    """

    max_attempts: int = 3
    repair: bool = False
    tells: bool = True


class Extracting(ExtractionReading[Partial[T_], T_]):
    """Partial values, then an `Extraction`."""

    thing = "value"

    def __init__(self, asking: Asking, shape: Shape, rules: Rules) -> None:
        super().__init__(asking)
        self._shape = shape
        self._rules = rules
        self._begun = 0
        self._answer: Answer[T_] = self._unread()
        self._more: tuple[Message, ...] = ()
        self._repairs: tuple[str, ...] = ()

    # -- steps -----------------------------------------------------------------------------------

    async def _step(self) -> Sequence[Partial[T_]]:
        if not self._asking.under_way:
            await self.begin()
        batch = await self._asking.read()
        if batch is None:
            return self._ended(self._asking.finish())
        news = self._take(batch)
        if self._answer.fault is not None and not self._waits(batch):
            await self._asking.stop()
            self._again()
            return ()
        tells = news and self._rules.tells and self._answer.fault is None
        return (self._answer.partial(),) if tells else ()

    async def begin(self) -> None:
        """Ask, first or again. Raises what the call raises."""
        self._answer = self._fresh()
        try:
            await self._asking.begin(self._more)
        except BadRequestError as error:
            pointed_at(error)
            raise

    def _fresh(self) -> Answer[T_]:
        """For an answer that begins anew."""
        self._begun += 1
        return self._unread()

    def _unread(self) -> Answer[T_]:
        return Answer(self._shape, self._begun, self._asking.max_size)

    def _take(self, batch: Sequence[Event]) -> bool:
        """Read the text of some events; whether there was any."""
        news = False
        for event in batch:
            if type(event) is TextDelta:
                self._answer.feed(event.text)
                news = True
            elif type(event) is StreamRestarted:
                self._answer = self._fresh()
                news = True
        return news

    def _waits(self, batch: Sequence[Event]) -> bool:
        """Whether the answer is read to its end all the same: it is there, or may be repaired.

        Behind a whole value only the usage is to come.
        """
        if self._answer.is_whole or (self._rules.repair and self._answer.is_malformed):
            return True
        return bool(batch) and type(batch[-1]) is Finish

    def _ended(self, response: ChatResponse) -> Sequence[Partial[T_]]:
        if self._answer.text != response.text:
            self._answer = self._unread()
            self._answer.feed(response.text)
        final = self._answer.close()
        refused = refusal_of(response)
        if refused is not None:
            raise self._failed(Fault(refused), "refused")
        cut = response.finish_reason == "length"
        if self._answer.is_malformed and self._rules.repair and not cut:
            final = self._repair(final)
        fault = self._answer.fault
        if fault is None:
            self._result = self._extraction(final, response)
            return (self._answer.partial(final),)
        if cut:
            raise self._failed(fault, "length")
        self._again()
        return ()

    def _repair(self, final: T_ | None) -> T_ | None:
        """The value of an answer that is nearly JSON, and what was wrong with it."""
        try:
            document, repairs = repaired_json(self._answer.text, max_size=self._asking.max_size)
        except DecodeError:
            return final
        self._answer = self._unread()
        self._answer.feed(msgspec.json.encode(document).decode())
        self._repairs = tuple(
            f"the answer was repaired: {repair.what} at character {repair.offset:,}"
            for repair in repairs
        )
        return self._answer.close()

    def _again(self) -> None:
        """Have the model told what is wrong. Raises `ExtractionFailed` after the last attempt."""
        fault = self._answer.fault
        assert fault is not None, "a right answer is the last"
        if self._asking.attempts >= self._rules.max_attempts:
            raise self._failed(fault)
        self._more = correction(self._answer.text, self._answer.faults())

    def _failed(self, fault: Fault, kind: FailureKind = "invalid") -> ExtractionFailed:
        answer = self._answer
        return failed(
            self._asking,
            fault,
            answer.text,
            holder=self._shape.holder,
            kind=kind,
            complete=answer.complete,
        )

    def _extraction(self, value: T_ | None, response: ChatResponse) -> Extraction[T_]:
        asking = self._asking
        return Extraction(
            value=cast("T_", value),
            response=response,
            attempts=asking.attempts,
            mode=asking.mode,
            usage=asking.usage,
            cost=asking.cost,
            receipt=self.receipt,
            warnings=(*asking.warnings, *self._repairs),
            saved=asking.saved,
        )
