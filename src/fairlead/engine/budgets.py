"""`fairlead.budget(...)`: whose money the calls of a block spend."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from decimal import Decimal
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from msgspec import Struct

from fairlead.engine.purse import Purse
from fairlead.errors import InvalidRequest
from fairlead.policies.cost import nanos
from fairlead.types.spending import PERIODS, Period, Unpriced

MOST_DOLLARS = 9_000_000
"""The largest budget: its nano-dollars are still exact in every store."""
_LONGEST_NAME = 200

P_ = ParamSpec("P_")
T_ = TypeVar("T_")


class Named(Struct, frozen=True):
    """A budget that a block asks for; `limit`, in nano-dollars, is None for the settings' own.

    One with a `purse` is kept there, and no store hears of it.
    """

    name: str
    limit: int | None
    per: Period | None = None
    unpriced: Unpriced | None = None
    purse: Purse | None = None


AMBIENT: ContextVar[tuple[Named, ...]] = ContextVar("fairlead_budgets", default=())
"""The budgets around the code that runs, outermost first."""


class budget:  # noqa: N801  # it reads as a word: with fairlead.budget("team-a", usd=5):
    """All calls in the block spend from the account `name`, and from those of blocks around it.

        with fairlead.budget("team-a", usd=5, per="day"):
            client.chat(...)

    `usd` is the most that may be spent in each `per` (hour, day, week or month, in UTC), or in all
    without it: by everyone who names the account and keeps it in the same store, in this process
    unless the settings have a `[store]`. Without `usd`, `[budgets.<name>]` of the settings says it;
    with both, both hold. Where a call's price is not known it is refused, or with
    `unpriced="allow"` counted as nothing.

    A call that may cost more than is left raises `BudgetExceeded` before anything is sent. Tasks
    that are started in the block are in it too; threads are not, and enter one of their own.
    Raises `InvalidRequest` for what is no budget.
    """

    __slots__ = ("_named",)

    def __init__(
        self,
        name: str,
        *,
        usd: Decimal | float | str | None = None,
        per: Period | None = None,
        unpriced: Unpriced | None = None,
    ) -> None:
        check_name(name)
        if per is not None and per not in PERIODS:
            raise InvalidRequest(f"per must be one of {', '.join(PERIODS)}, not {per!r}")
        if per is not None and usd is None:
            raise InvalidRequest("per goes with usd; the settings say it for their own budgets")
        if unpriced not in (None, "refuse", "allow"):
            raise InvalidRequest(f"unpriced must be refuse or allow, not {unpriced!r}")
        limit = None if usd is None else limit_of(usd, "usd")
        self._named = Named(name, limit, per, unpriced)

    def __enter__(self) -> Self:
        AMBIENT.set((*AMBIENT.get(), self._named))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _leave(self._named)

    def __repr__(self) -> str:
        return f"budget({self._named.name!r})"


class pursed:  # noqa: N801  # like budget, which it stands beside
    """All calls in the block spend from `purse`, and from the budgets around it."""

    __slots__ = ("_named",)

    def __init__(self, name: str, purse: Purse) -> None:
        self._named = Named(name, None, purse=purse)

    def __enter__(self) -> None:
        AMBIENT.set((*AMBIENT.get(), self._named))

    def __exit__(self, *_: object) -> None:
        _leave(self._named)


def spending_as_now(make: Callable[P_, Awaitable[T_]]) -> Callable[P_, Awaitable[T_]]:
    """`make`, with the budgets that are around the code that runs now, whenever it is called."""
    ambient = AMBIENT.get()

    async def made(*given: P_.args, **named: P_.kwargs) -> T_:
        token = AMBIENT.set(ambient)
        try:
            return await make(*given, **named)
        finally:
            with suppress(ValueError):  # it was left, and ends wherever it is collected
                AMBIENT.reset(token)

    return made


def _leave(named: Named) -> None:
    """Without a token: one budget may be around many tasks and threads, which end in any order."""
    around = AMBIENT.get()
    for place in reversed(range(len(around))):
        if around[place] is named:
            AMBIENT.set((*around[:place], *around[place + 1 :]))
            return


def check_name(name: object) -> None:
    """Raises `InvalidRequest` for what cannot be an account."""
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(
            f"a budget's name is 1 to {_LONGEST_NAME} printable characters, not {name!r:.60}"
        )


def limit_of(usd: Decimal | float | str, what: str) -> int:
    """Nano-dollars of a budget. A float means the decimal number that it is written as."""
    try:
        amount = Decimal(str(usd)) if not isinstance(usd, bool) else Decimal("NaN")
    except ArithmeticError:
        amount = Decimal("NaN")
    if not (amount.is_finite() and 0 < amount <= MOST_DOLLARS):
        raise InvalidRequest(
            f"{what} must be US dollars above 0 and at most {MOST_DOLLARS:,}, not {usd!r:.40}"
        )
    return nanos(amount)
