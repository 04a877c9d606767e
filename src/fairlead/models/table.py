"""Reads the model table: one data file for each provider, when it is first asked for.

The files are written by `scripts/make_models.py`, one model a line, and are not edited by hand.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
from msgspec.structs import force_setattr, replace

from fairlead.models.facts import ModelFacts, ProviderModels, Source

_DATA = Path(__file__).with_name("data")
_SOURCES = "sources"


class Section:
    """The models of one provider, by every name that is spelled out, in lower case."""

    __slots__ = ("by_name", "data")

    def __init__(self, data: ProviderModels) -> None:
        self.data = data
        self.by_name: dict[str, ModelFacts] = {}
        for model in data.models:
            # The file names the provider once; nobody else has seen these objects yet.
            force_setattr(model, "provider", data.provider)
            self.by_name[model.id.lower()] = model
        for model in data.models:
            for alias in model.aliases:
                self.by_name.setdefault(alias, model)


@cache
def section(provider: str) -> Section | None:
    """The models of `provider` (its own name, no alias); None where the table has none."""
    if provider not in providers():
        return None
    data = msgspec.json.decode((_DATA / f"{provider}.json").read_bytes(), type=ProviderModels)
    if data.same_as is None:
        return Section(data)
    twin = section(data.same_as)
    assert twin is not None, f"{provider} is the same as {data.same_as}, which has no data"
    return Section(
        replace(twin.data, provider=provider, models=tuple(map(replace, twin.data.models)))
    )


@cache
def providers() -> frozenset[str]:
    """The providers that the table knows models of."""
    return frozenset(path.stem for path in _DATA.glob("*.json")) - {_SOURCES}


@cache
def sources() -> dict[str, Source]:
    """The packages that the table was made from, by name."""
    return msgspec.json.decode((_DATA / f"{_SOURCES}.json").read_bytes(), type=dict[str, Source])
