"""The model table: limits, modalities, features and prices of the providers' models.

    fairlead.models.find("anthropic/claude-sonnet-4-5").max_output

The table ships with the package and is read provider by provider, when it is first asked.
"""

from __future__ import annotations

from collections.abc import Iterator

TYPE_CHECKING = False  # every client imports this package, and most never ask the table
if TYPE_CHECKING:
    from fairlead.models.facts import ModelFacts as ModelFacts, Source as Source
    from fairlead.models.table import sources as sources
    from fairlead.types.prices import Price as Price, Rates as Rates, Tier as Tier

_HOMES = {
    "ModelFacts": "models.facts",
    "Price": "types.prices",
    "Rates": "types.prices",
    "Source": "models.facts",
    "Tier": "types.prices",
    "sources": "models.table",
}

__all__ = ["all", "find", *_HOMES]  # all are strings


def find(model: str) -> ModelFacts | None:
    """What is known of `provider/model`, `provider:model` or a bare, well-known name.

    The name may be an alias, or have a date behind it that the table does not know. None where
    nothing is known, or where several providers serve a bare name.
    """
    from fairlead.models.matching import match
    from fairlead.models.names import located

    place = located(model)
    found = None if place is None else match(*place)
    return None if found is None else found.facts


def all(provider: str | None = None) -> Iterator[ModelFacts]:  # noqa: A001  # models.all reads well
    """Every model of the table, or of one provider (its own name, no alias), sorted by name."""
    from fairlead.models.table import providers, section

    for name in sorted(providers()) if provider is None else (provider,):
        found = section(name)
        if found is not None:
            yield from found.data.models


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'fairlead.models' has no attribute {name!r}")
    return getattr(import_module(f"fairlead.{_HOMES[name]}"), name)
