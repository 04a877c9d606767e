"""Reads the lists of models that providers serve: one decoder for all shapes in the sheet."""

from __future__ import annotations

from fairlead.types.plain import ModelInfo

_WINDOW_KEYS = ("context_window", "context_length", "max_model_len", "max_input_tokens")


def models_of(data: object) -> tuple[ModelInfo, ...]:
    """Models in the order given. `{"data": [...]}`, `{"models": [...]}` and bare lists are read."""
    if isinstance(data, dict):
        data = data.get("data") or data.get("models") or ()
    if not isinstance(data, list):
        return ()
    found = (_model(item) for item in data)
    return tuple(model for model in found if model is not None)


def _model(item: object) -> ModelInfo | None:
    if isinstance(item, str):
        return ModelInfo(item)
    if not isinstance(item, dict):
        return None
    name = item.get("id") or item.get("model") or item.get("name")
    if not isinstance(name, str):
        return None
    title = item.get("display_name") or item.get("name")
    owner = item.get("owned_by")
    windows = (item.get(key) for key in _WINDOW_KEYS)
    return ModelInfo(
        name,
        title if isinstance(title, str) and title != name else None,
        owner if isinstance(owner, str) else None,
        next((window for window in windows if isinstance(window, int)), None),
    )
