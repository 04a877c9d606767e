"""Which provider and which of its models a string names, by the rules of every other call."""

from __future__ import annotations

from functools import lru_cache

from fairlead.errors import InvalidRequest
from fairlead.models.table import providers
from fairlead.providers.index import ALIASES, MODEL_PREFIXES
from fairlead.providers.model_names import check_model, folded, splits

_CACHE_SIZE = 4096


@lru_cache(_CACHE_SIZE)
def located(model: str) -> tuple[str, str] | None:
    """Provider and name; None where no provider of the table is meant, or several are."""
    try:
        check_model(model)
    except InvalidRequest:
        return None
    for cut in splits(model):
        provider = canonical(cut.provider)
        if provider in providers():
            return provider, cut.model
    lower = model.lower()
    fitting = [prefix for prefix in MODEL_PREFIXES if lower.startswith(prefix)]
    owners = MODEL_PREFIXES[max(fitting, key=len)] if fitting else ()
    return (owners[0], model) if len(owners) == 1 else None


def canonical(provider: str) -> str:
    """The own name of a provider that may be called by an alias."""
    name = folded(provider)
    return ALIASES.get(name, name)
