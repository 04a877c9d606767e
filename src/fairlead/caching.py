"""Says of one call whether its answer may be kept and shared, by the settings and its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

from fairlead.errors import InvalidRequest
from fairlead.inputs import checked_number
from fairlead.policies.cache import CachePolicy, Caching
from fairlead.types.requests import ChatRequest
from fairlead.types.tools import ProviderTool

if TYPE_CHECKING:
    from fairlead.providers.registry import Resolved

CacheOption = bool | Literal["refresh"]

KEPT: Final = frozenset({"chat", "completion", "embeddings", "rerank", "count_tokens"})
"""The operations whose answers are small enough, and held in memory anyway."""
_LASTING = ("store", "background", "conversation")
"""Options that change something at the provider."""


def caching_of(
    policy: CachePolicy,
    resolved: Resolved,
    asked: object,
    options: Mapping[str, object],
    *,
    operation: str = "chat",
) -> Caching | None:
    """None where the answer is neither kept nor shared. Raises `InvalidRequest`.

    `asked` is the request in neutral words. One that does more than to ask is left alone unless
    the call itself says otherwise.
    """
    wish, ttl = options.get("cache"), options.get("cache_ttl")
    if wish is None and ttl is None:
        if not policy.enabled or operation not in KEPT or _does_more(asked, resolved):
            return None
    else:
        _check(wish, ttl, operation)
    if wish is False:
        return None
    return Caching(
        policy.ttl if ttl is None else checked_number("cache_ttl", ttl),
        ((resolved.target, resolved.credential),),
        refresh=wish == "refresh",
        share=policy.single_flight,
    )


def _check(wish: object, ttl: object, operation: str) -> None:
    if wish is not None and not isinstance(wish, bool) and wish != "refresh":
        raise InvalidRequest('cache must be True, False or "refresh"')
    if ttl is not None and checked_number("cache_ttl", ttl) <= 0:
        raise InvalidRequest("cache_ttl must be a number of seconds above 0")
    if operation not in KEPT and (wish or (wish is None and ttl is not None)):
        kinds = ", ".join(sorted(KEPT))
        raise InvalidRequest(f"answers of {operation} are not kept; the cache is for {kinds}")


def _does_more(asked: object, resolved: Resolved) -> bool:
    """Whether it stores something, is a turn of an agent, or has tools run at the provider."""
    if resolved.target.dialect == "ag_ui":
        return True
    if not isinstance(asked, ChatRequest):
        return False
    if asked.tools and any(isinstance(tool, ProviderTool) for tool in asked.tools):
        return True
    if asked.options is None and asked.extra_body is None:
        return False
    body = asked.extra_body or {}
    return any(getattr(asked.options, name, None) or body.get(name) for name in _LASTING)
