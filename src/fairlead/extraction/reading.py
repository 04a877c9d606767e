"""What every way to extract reads like: steps up to a result, and one account of all attempts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from fairlead.errors import FairleadError

if TYPE_CHECKING:
    from fairlead.extraction.asking import Asking
    from fairlead.types.extraction import Extraction
    from fairlead.types.receipts import Receipt

E_ = TypeVar("E_")
V_ = TypeVar("V_")


class ExtractionReading(ABC, Generic[E_, V_]):
    """Satisfies `stream.Reading`: what `_step` gives, until there is a result."""

    thing: ClassVar[str]
    """What is not complete where the result is asked for too early."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._result: Extraction[V_] | None = None
        self._failure: BaseException | None = None

    async def __anext__(self) -> Sequence[E_]:
        if self._failure is not None:
            raise self._failure
        try:
            while self._result is None:
                news = await self._step()
                if news:
                    return news
        except BaseException as error:
            self._failure = error
            if isinstance(error, FairleadError):
                error.receipt = self._asking.receipt(error.receipt)
            await self.aclose()
            raise
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop: the connection is closed."""
        await self._asking.close()

    def result(self) -> Extraction[V_]:
        """What was extracted. Raises RuntimeError before the end."""
        if self._result is None:
            raise RuntimeError(
                f"the {self.thing} is not complete; iterate the stream to its end first"
            )
        return self._result

    @property
    def receipt(self) -> Receipt:
        """All attempts so far."""
        found = self._asking.receipt()
        if found is None:
            raise RuntimeError("nothing was asked yet")
        return found

    @abstractmethod
    async def _step(self) -> Sequence[E_]:
        """What is next; nothing where something was done that nobody need hear of."""
