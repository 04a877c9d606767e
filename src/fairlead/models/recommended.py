"""Settings that the makers of a model recommend; used only where `defaults="recommended"` asks.

The data is `recommended.toml`, kept by hand, with where each recommendation stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

_CACHE_SIZE = 1024  # names may come from strangers


class Family(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A family of models, whoever serves them.

    `models` is a regular expression that is searched in the lower-case name behind its last slash.
    `settings` are options of a chat call.
    """

    name: str
    models: str
    settings: dict[str, float]
    source: str


class _Recommendations(Struct, frozen=True, forbid_unknown_fields=True):
    family: tuple[Family, ...]


def recommended(model: str, unsupported: Iterable[str] = ()) -> dict[str, float]:
    """What to set for `model`, without the options that its target does not take."""
    family = family_of(model)
    if family is None:
        return {}
    return {name: v for name, v in family.settings.items() if name not in unsupported}


@lru_cache(_CACHE_SIZE)
def family_of(model: str) -> Family | None:
    """The first family that `model` belongs to."""
    name = model.lower().rpartition("/")[2]
    return next((family for family in families() if re.search(family.models, name)), None)


@cache
def families() -> tuple[Family, ...]:
    path = Path(__file__).with_name("recommended.toml")
    return msgspec.toml.decode(path.read_bytes(), type=_Recommendations).family
