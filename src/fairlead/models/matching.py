"""Finds the model that a name means: spelled out, by pattern, or behind what surrounds it."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from msgspec import Struct

from fairlead.models.facts import ModelFacts
from fairlead.models.table import Section, section

_CACHE_SIZE = 4096  # names may come from strangers
_LONGEST = 256
# What stands around a name without changing the model: a day, `-latest`, a version of the wire
# form, a region, a way of routing.
_AROUND = (
    re.compile(r"[-@]20\d{2}-?[01]\d-?[0-3]\d$"),
    re.compile(r"-latest$"),
    re.compile(r"-v\d+:\d+$"),
    re.compile(r"^(us|eu|apac|jp|au|ca|us-gov|global)\."),
    re.compile(r":(nitro|floor|exacto|extended)$"),
)


class Match(Struct, frozen=True):
    """A model, and whether the name is its own rather than an alias or something near it."""

    facts: ModelFacts
    exact: bool


@lru_cache(_CACHE_SIZE)
def match(provider: str, name: str) -> Match | None:
    """What `name` means at `provider` (its own name, no alias); None where nothing is known."""
    found = section(provider)
    if found is None or len(name) > _LONGEST:
        return None
    name = name.lower()
    facts = _called(found, name)
    if facts is not None:
        return Match(facts, exact=facts.id.lower() == name)
    for lender in found.data.borrows:
        if (other := section(lender)) is not None and (facts := _called(other, name)) is not None:
            return Match(facts, exact=False)
    shorter = _shorter(name)
    near = match(provider, shorter) if shorter else None
    return None if near is None else Match(near.facts, exact=False)


def _called(found: Section, name: str) -> ModelFacts | None:
    """The model of that name, or the first one whose pattern fits."""
    facts = found.by_name.get(name)
    if facts is not None:
        return facts
    for expression, model in _patterns(found.data.provider):
        if expression.search(name):
            return model
    return None


@cache
def _patterns(provider: str) -> tuple[tuple[re.Pattern[str], ModelFacts], ...]:
    found = section(provider)
    if found is None:
        return ()
    return tuple(
        (re.compile(pattern.expression), found.by_name[pattern.id.lower()])
        for pattern in found.data.patterns
    )


def _shorter(name: str) -> str:
    """`name` with one thing less around it; empty where there is none."""
    for around in _AROUND:
        shorter = around.sub("", name, 1)
        if shorter != name:
            return shorter
    # A path, such as the ARN of an inference profile or `models/...`: its last word is the name.
    return name.rpartition("/")[2] if "/" in name else ""
