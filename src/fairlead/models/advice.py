"""What the model table adds to a call: recommended settings, bounds before, the price after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, cast

from fairlead.errors import InvalidRequest

if TYPE_CHECKING:
    from fairlead.inputs import ChatOptions
    from fairlead.models.pricer import Pricer
    from fairlead.models.served import Asked
    from fairlead.policies.own_prices import OwnPrices
    from fairlead.providers.registry import Resolved
    from fairlead.types.requests import ChatRequest, Options
    from fairlead.types.targets import Target

Priced = Callable[[Any, float], Any]
"""Takes an answer and the seconds since 1970, and gives the answer with its cost."""

_BOUNDED = frozenset(
    {
        "max_tokens",
        "temperature",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "top_logprobs",
    }
)
_PAID = ("cloud", "gateway")
_CACHE_SIZE = 1024  # names may come from strangers


def settled(target: Target, options: ChatOptions) -> tuple[ChatOptions, tuple[str, ...]]:
    """The options with the recommended settings that the caller left open, and a list of those.

    Only where `defaults="recommended"` asks for it. Raises `InvalidRequest` for another word.
    """
    wanted = options.get("defaults")
    if wanted is None:
        return options, ()
    if wanted != "recommended":
        raise InvalidRequest(f'defaults must be "recommended", not {wanted!r}')
    from fairlead.models.recommended import recommended

    found = recommended(target.model, target.quirks.unsupported)
    open_ones = {name: v for name, v in found.items() if cast("Any", options).get(name) is None}
    added = tuple(f"{name}={value:g}" for name, value in open_ones.items())
    return cast("ChatOptions", {**options, **open_ones}), added


def check(resolved: Resolved, request: ChatRequest, options: ChatOptions) -> None:
    """Raises `InvalidRequest` for what the model is known to refuse.

    Nothing is known of what stands behind an address that is not the provider's own, nor with
    headers that the caller added: they may lift a limit.
    """
    if options.keys().isdisjoint(_BOUNDED) or options.get("extra_headers"):
        return
    if resolved.provider.endpoint.given_by != "table":
        return
    from fairlead.models.bounds import check_bounds

    check_bounds(resolved.target.provider, request, resolved.target.model)


def pricing(resolved: Resolved, options: Mapping[str, object]) -> Priced | None:
    """What prices the answers of a target; None where nobody is paid by the token.

    `options` are the caller's: a price may depend on what they ask for.
    """
    if not is_paid(resolved):
        return None
    pricer = pricer_of(resolved.target.provider, resolved.target.model, resolved.prices)
    asked = asked_of(options)
    return pricer.priced if asked is None else partial(pricer.priced, asked=asked)


def is_paid(resolved: Resolved) -> bool:
    """Whether the target is known to be paid by the token: by its kind, or by the settings."""
    if resolved.provider.table.kind in _PAID:
        return True
    target, prices = resolved.target, resolved.prices
    return prices is not None and pricer_of(target.provider, target.model, prices).is_own


def asked_of(options: Mapping[str, object]) -> Asked | None:
    """What the caller's options say that a price may depend on."""
    own, body = options.get("options"), options.get("extra_body")
    if own is None and body is None:
        return None
    from fairlead.models.served import Asked

    return Asked(cast("Options | None", own), cast("Mapping[str, object] | None", body))


@lru_cache(_CACHE_SIZE)
def pricer_of(provider: str, model: str, own: OwnPrices | None) -> Pricer:
    from fairlead.models.pricer import Pricer

    return Pricer(provider, model, own)
