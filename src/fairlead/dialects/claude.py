"""What the name of a Claude tells of what its requests may hold, on whichever host it runs.

Sources: the provider's pages on adaptive thinking, on Claude 4.7 (sampling parameters removed),
on Claude 4.8 (system messages inside a conversation) and on Claude 4.6 (prefill refused with status
400), read 2026-11. A name that is no Claude's, as
other providers that speak the protocol have, gets what all of them take.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from fairlead.errors import InvalidRequest

ThinkingForm = Literal["adaptive", "budget", "none"]

BUDGETS = {
    "minimal": 1024,
    "low": 2048,
    "medium": 8192,
    "high": 16384,
    "xhigh": 20480,
    "max": 23808,
}
"""Tokens of thinking for an effort. The largest leaves 8,192 of the 32,000 that Claude 4 writes."""
LEAST_BUDGET = 1024

_VERSION = re.compile(r"claude-(?:[a-z]+-)*?v?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")


@lru_cache(maxsize=256)
def version(model: str) -> tuple[int, int] | None:
    """Of `claude-sonnet-4-5-20250929` it is (4, 5), of `claude-3-opus-latest` (3, 0)."""
    found = _VERSION.search(model.lower())
    return (int(found[1]), int(found[2] or 0)) if found else None


def thinking_form(model: str) -> ThinkingForm:
    """How thinking is asked for: with an effort (Claude 4.6 and later), or with a budget."""
    known = version(model)
    if known is None:
        return "adaptive" if "claude" in model.lower() else "budget"
    if known >= (4, 6):
        return "adaptive"
    return "budget" if known >= (3, 7) else "none"


def takes_sampling(model: str) -> bool:
    """Whether `temperature`, `top_p` and `top_k` are taken."""
    known = version(model)
    return known is None or known < (4, 7)


def takes_system_turns(model: str) -> bool:
    """Whether a system message may stand after a user's turn."""
    known = version(model)
    return known is not None and known >= (4, 8)


def takes_prefill(model: str) -> bool:
    """Whether a conversation may end with the beginning of the answer: until Claude 4.5."""
    known = version(model)
    return known is not None and known < (4, 6)


def answer_limit(model: str) -> int:
    """`max_tokens` where the caller gives none: 8,192, or all that Claude before 3.5 can write."""
    known = version(model)
    return 4096 if known is not None and known < (3, 5) else 8192


def thinking_budget(effort: str, max_tokens: int | None) -> int:
    """The effort's budget, or what a smaller `max_tokens` leaves: it must be larger."""
    budget = BUDGETS[effort]
    if max_tokens is None or max_tokens > budget:
        return budget
    if max_tokens <= LEAST_BUDGET:
        raise InvalidRequest(
            f"thinking takes at least {LEAST_BUDGET:,} tokens; raise max_tokens above that, or "
            "leave reasoning_effort out"
        )
    return max(LEAST_BUDGET, max_tokens // 2)
