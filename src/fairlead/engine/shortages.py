"""What is said when a budget does not reach."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from fairlead.errors import BudgetExceeded, UnknownBudget
from fairlead.policies.cost import dollars

if TYPE_CHECKING:
    from fairlead.types.spending import Account, Shortage

_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))


def exceeded(short: Shortage, needed: int, target: str) -> BudgetExceeded:
    """The call may cost more than is left."""
    account = short.account
    left = max(0, account.limit - short.settled - short.held)
    held = f", {shown(short.held)} held for calls under way" if short.held else ""
    advice = "lower max_tokens or raise the budget"
    if needed <= account.limit - short.settled:
        advice += ", or ask again when those have ended"
    elif short.resets_in is not None and needed <= account.limit:
        advice += f", or wait {_duration(short.resets_in)}"
    return BudgetExceeded(
        f"budget {account.name}: {shown(left)} of {_limit(account)} is left "
        f"({shown(short.settled)} spent{held}), and this call to {target} may cost "
        f"{shown(needed)}; {advice}",
        account=account.name,
        limit=dollars(account.limit),
        spent=dollars(short.settled),
        held=dollars(short.held),
        needed=dollars(needed),
        resets_in=short.resets_in,
    )


def unpriced_call(account: Account, target: str) -> BudgetExceeded:
    """Nobody knows what the call may cost."""
    return BudgetExceeded(
        f"budget {account.name}: no price or no bound is known for {target}, so it cannot be "
        "held to the budget; set max_tokens, give its price in [providers.<name>.prices] of the "
        'settings, or let it pass uncounted with unpriced="allow"',
        account=account.name,
        limit=dollars(account.limit),
    )


def no_such_budget(name: str, known: tuple[str, ...]) -> UnknownBudget:
    """A block names a budget without saying how much it is."""
    near = get_close_matches(name, known, 1, 0.6)
    hint = f"did you mean {near[0]}?" if near else f"give usd=, or set [budgets.{name}]"
    return UnknownBudget(f"the settings have no budget {name}; {hint}")


def shown(amount: int) -> str:
    """Nano-dollars as `$1.25`, with as many digits as it takes."""
    text = f"{dollars(amount):f}".rstrip("0")
    whole, _, part = text.partition(".")
    return f"${whole}.{part:0<2}"


def _limit(account: Account) -> str:
    return shown(account.limit) + (f" per {account.per}" if account.per else "")


def _duration(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= 2 * size or size == 1:
            return f"{-(-seconds // size):.0f} {unit}"
    raise AssertionError("seconds are the smallest unit")
