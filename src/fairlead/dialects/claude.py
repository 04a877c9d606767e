"""What the name of a Claude tells of what its requests may hold, on whichever host it runs.

Sources: the provider's pages on adaptive thinking, on Claude 4.7 (sampling parameters removed),
on Claude 4.8 (system messages inside a conversation) and on Claude 4.6 (prefill refused with status
400), read 2026-11. A name that is no Claude's, as
other providers that speak the protocol have, gets what all of them take.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from msgspec.structs import replace

from fairlead.dialects.losses import Losses
from fairlead.errors import InvalidRequest
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import NamedTool, ToolChoice

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
_LEAST_TOP_P = 0.95

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


def beside_thinking(
    request: ChatRequest, asked: Mapping[str, object] | None, losses: Losses
) -> ChatRequest:
    """The request without what is refused of a Claude that thinks: most sampling, a forced tool.

    `asked` is what the options say of thinking, where they do. Source: "Feature compatibility" on
    the provider's page on extended thinking; with an effort, tools may be forced all the same.
    """
    form = _form(request, asked, losses.target.model)
    if form == "none":
        return request
    temperature, top_p = request.temperature, request.top_p
    refused = {
        "temperature": temperature is not None and temperature != 1,
        "top_p": top_p is not None and top_p < _LEAST_TOP_P,
        "top_k": request.top_k is not None,
        "tool_choice": form == "budget" and _is_forced(request.tool_choice),
    }
    given = [name for name, is_refused in refused.items() if is_refused]
    for name in given:
        what = "a forced tool choice" if name == "tool_choice" else name
        losses.unsupported(f"{what} together with thinking", "leave one of the two out")
    return replace(request, **dict.fromkeys(given)) if given else request


def _form(request: ChatRequest, asked: Mapping[str, object] | None, model: str) -> ThinkingForm:
    """In which way this very request has a Claude think."""
    if "claude" not in model.lower():
        return "none"
    if asked is not None:
        kind = asked.get("type")
        return "none" if kind == "disabled" else "adaptive" if kind == "adaptive" else "budget"
    return "none" if request.reasoning_effort in (None, "none") else thinking_form(model)


def _is_forced(choice: ToolChoice | None) -> bool:
    return choice == "required" or isinstance(choice, NamedTool)


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
