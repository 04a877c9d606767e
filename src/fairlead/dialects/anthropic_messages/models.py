"""What a model's name tells of what its requests may hold.

Sources: the provider's pages on adaptive thinking, on Claude 4.7 (sampling parameters removed) and
on Claude 4.8 (system messages inside a conversation), read 2026-11. A name that is no Claude's, as
other providers that speak the protocol have, gets what all of them take.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

ThinkingForm = Literal["adaptive", "budget", "none"]

_VERSION = re.compile(r"claude-(?:[a-z]+-)*?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")


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


def answer_limit(model: str) -> int:
    """`max_tokens` where the caller gives none: 8,192, or all that Claude before 3.5 can write."""
    known = version(model)
    return 4096 if known is not None and known < (3, 5) else 8192
