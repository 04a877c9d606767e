"""Refuses what a model cannot do before it is sent: longer answers, numbers out of range.

Only what is sure is refused: a provider's own model by its own name, at the provider's own address.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from fairlead.errors import InvalidRequest
from fairlead.models.matching import match
from fairlead.models.table import section

if TYPE_CHECKING:
    from fairlead.types.requests import ChatRequest

_BOUNDED = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "top_logprobs")


class Ranges(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The least and the most of what a provider takes, and where it says so."""

    source: str
    temperature: tuple[float, float] | None = None
    top_p: tuple[float, float] | None = None
    presence_penalty: tuple[float, float] | None = None
    frequency_penalty: tuple[float, float] | None = None
    top_logprobs: tuple[float, float] | None = None


def check_bounds(provider: str, request: ChatRequest, model: str) -> None:
    """Raises `InvalidRequest`, with the limit. Extra betas may lift a limit: then none is sure."""
    if request.max_tokens is not None and not getattr(request.options, "betas", ()):
        _check_length(provider, model, request.max_tokens)
    for name, least, most in _ranges().get(provider, ()):
        value = getattr(request, name)
        if value is not None and not least <= value <= most:
            raise InvalidRequest(
                f"{name} must be between {least:g} and {most:g} for {provider}, not {value:g}"
            )


def _check_length(provider: str, model: str, asked: int) -> None:
    found = section(provider)
    if found is None or not found.data.bounded:
        return
    facts = match(provider, model)
    if facts is None or not facts.exact or facts.facts.max_output is None:
        return
    if asked > facts.facts.max_output:
        raise InvalidRequest(
            f"{provider}/{model} writes at most {facts.facts.max_output:,} tokens; "
            f"max_tokens is {asked:,}"
        )


@cache
def _ranges() -> dict[str, tuple[tuple[str, float, float], ...]]:
    """Name, least and most of every range, by provider."""
    path = Path(__file__).with_name("bounds.toml")
    given = msgspec.toml.decode(path.read_bytes(), type=dict[str, Ranges])
    return {
        provider: tuple((n, *bounds) for n in _BOUNDED if (bounds := getattr(ranges, n)))
        for provider, ranges in given.items()
    }
