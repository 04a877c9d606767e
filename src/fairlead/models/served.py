"""How an answer was served, as far as its price may depend on that: as asked, or as it says.

A provider may serve another tier than the one that was asked for, and a project may have one of its
own. A way that is not the usual one has a price of its own, or none that is known.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeAlias

import msgspec
from msgspec import Struct

from fairlead.types.requests import Options
from fairlead.types.usage import Usage

Ways: TypeAlias = dict[str, str]
"""What a price may depend on, and the word for it, such as `{"service_tier": "flex"}`."""

USUAL: Mapping[str, frozenset[str]] = {
    "service_tier": frozenset({"auto", "default", "standard", "standard_only", "on_demand"}),
    "speed": frozenset({"standard"}),
    "inference_geo": frozenset({"global", "not_available"}),
    "processing": frozenset(),
    "cache_life": frozenset({"5m", "30m", "1h"}),
}
"""The words that mean the usual price; for any other one the usual price would be a guess."""

_SPELLINGS = {"camel_tier": "service_tier", "traffic_type": "service_tier"}
_TRAFFIC = {
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
    "traffic_type_unspecified": "default",
}
"""Vertex AI's words for tiers that have other names where they are asked for."""


class _Told(Struct):
    """What usage objects say of it, the fields of all dialects together."""

    service_tier: object = None
    camel_tier: object = msgspec.field(default=None, name="serviceTier")
    traffic_type: object = msgspec.field(default=None, name="trafficType")
    speed: object = None
    inference_geo: object = None


_TOLD = msgspec.json.Decoder(_Told)
_TEXT_MARKS = (
    "service_tier",
    "serviceTier",
    "trafficType",
    "inference_geo",
    '"speed"',
    '"ttl_',
    "ephemeral_24h",
)
_LIFE = re.compile(r'"(?:ttl|ephemeral)_(\d+[mh])_(?:input_)?tokens"\s*:\s*[1-9]')
"""Tokens that were written to a cache, and for how long."""
_LONGEST = 50  # characters of what can be such a word


class Asked:
    """What a request said that a price may depend on, such as its service tier."""

    __slots__ = ("_body", "_options")

    def __init__(self, options: Options | None, body: Mapping[str, object] | None) -> None:
        self._options = options
        self._body = body

    def of(self, names: Collection[str]) -> Ways:
        """The values of `names`, where they are set."""
        body = self._body or {}
        found = {name: _word(body.get(name)) for name in names}
        for name, value in found.items():
            if value is None:
                found[name] = _word(getattr(self._options, name, None))
        if "service_tier" in found and found["service_tier"] is None:
            found["service_tier"] = _word(body.get("serviceTier"))
        return {name: value for name, value in found.items() if value is not None}


def ways_of(
    asked: Asked | None,
    usage: Usage | None,
    names: Collection[str],
    same: Collection[str],
) -> Ways:
    """What is not usual about an answer; `names` are what its model has prices for.

    `same` are the service tiers that cost what the usual one does.
    """
    found = {} if asked is None else asked.of(names | USUAL.keys())
    raw = None if usage is None else usage.raw
    if raw is not None and any(mark in raw for mark in _TEXT_MARKS):
        found |= _told(raw) | _lives(raw)
    if usage is not None and (tier := _word(usage.service_tier)) is not None:
        found["service_tier"] = tier
    if not found:
        return found
    return {
        name: word
        for name, word in found.items()
        if word not in USUAL.get(name, ()) and not (name == "service_tier" and word in same)
    }


def has_price(ways: Ways, when: Mapping[str, str]) -> bool:
    """Whether a price `when` so asked for is the price of all that is not usual."""
    return all(when.get(name) == word for name, word in ways.items() if name in USUAL)


def _told(said: str) -> Ways:
    try:
        told = _TOLD.decode(said)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    words = {name: _word(getattr(told, name)) for name in told.__struct_fields__}
    return {_SPELLINGS.get(name, name): word for name, word in words.items() if word is not None}


def _lives(usage: str) -> Ways:
    """How long what was written to a cache lives, where it is longer than has a price."""
    lives = [life for life in _LIFE.findall(usage) if life not in USUAL["cache_life"]]
    return {"cache_life": lives[-1]} if lives else {}


def _word(value: object) -> str | None:
    """A word in lower case, which Bedrock puts into an object."""
    if isinstance(value, dict):
        value = value.get("type")
    if not isinstance(value, str) or not 0 < len(value) < _LONGEST:
        return None
    word = value.lower()
    return _TRAFFIC.get(word, word)
