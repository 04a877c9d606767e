"""Reads the lists of models that providers serve: one decoder for all shapes in the sheet."""

from __future__ import annotations

from fairlead.types.plain import ModelInfo

_LISTS = ("data", "models", "modelSummaries", "publisherModels", "result")
_IDS = ("id", "modelId", "model", "name")
_TITLES = ("display_name", "displayName", "modelName", "name")
_OWNERS = ("owned_by", "vendor", "providerName")
_WINDOWS = (
    "context_window",
    "context_length",
    "max_context_length",
    "max_model_len",
    "max_input_tokens",
    "inputTokenLimit",
    "max_context_window_tokens",
)
# Cloudflare's models have a number for an id, and go by their names.
_OWN_NAME = "@"
# Google's resource names; what stands before a model of its own is left out.
_PREFIXES = ("models/", "publishers/google/models/")


def models_of(data: object) -> tuple[ModelInfo, ...]:
    """Models in the order given, out of a bare list or an object around one; none of any other."""
    if isinstance(data, dict):
        data = next((data[key] for key in _LISTS if isinstance(data.get(key), list)), ())
    if not isinstance(data, list):
        return ()
    found = (_model(item) for item in data)
    return tuple(model for model in found if model is not None)


def _model(item: object) -> ModelInfo | None:
    if isinstance(item, str):
        return ModelInfo(item)
    if not isinstance(item, dict):
        return None
    name = item.get("name")
    if isinstance(name, str) and name.startswith(_OWN_NAME):
        return ModelInfo(name, None, None, _window(item))
    found = _text(item, _IDS)
    if found is None:
        return None
    for prefix in _PREFIXES:
        found = found.removeprefix(prefix)
    title = _text(item, _TITLES)
    plain = title is None or title == found or title.endswith(f"/{found}")
    return ModelInfo(found, None if plain else title, _text(item, _OWNERS), _window(item))


def _window(item: dict[str, object]) -> int | None:
    """How many tokens a model reads, wherever the provider says so."""
    places = [item]
    capabilities = item.get("capabilities")
    limits = capabilities.get("limits") if isinstance(capabilities, dict) else None
    if isinstance(limits, dict):
        places.append(limits)
    for place in places:
        for key in _WINDOWS:
            value = place.get(key)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
    return _property(item.get("properties"))


def _property(properties: object) -> int | None:
    """The window in a list of properties by id, as Cloudflare has them."""
    for entry in properties if isinstance(properties, list) else ():
        if isinstance(entry, dict) and entry.get("property_id") == "context_window":
            value = entry.get("value")
            return int(value) if isinstance(value, str) and value.isdecimal() else None
    return None


def _text(item: dict[str, object], keys: tuple[str, ...]) -> str | None:
    return next((value for key in keys if isinstance(value := item.get(key), str) and value), None)
