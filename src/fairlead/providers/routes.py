"""Refuses routes of the settings that contradict themselves, before any call is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.errors import ConfigError
from fairlead.providers.index import ALIASES, NAMES

if TYPE_CHECKING:
    from fairlead.settings import Settings


def check_routes(settings: Settings) -> None:
    """Raises `ConfigError` for a route that names a route, or is called like something else."""
    for name, route in settings.routes.items():
        place = f"[routes.{name}]"
        if name in settings.aliases:
            raise ConfigError(f"{place} is an alias too; keep one of the two")
        if name in NAMES or name in ALIASES or name in settings.providers:
            raise ConfigError(f"{place}: {name} is a provider; call the route otherwise")
        if route.problem is not None:
            raise ConfigError(f"{place} {route.problem}")
        for entry in route.entries:
            if entry.model == name:
                raise ConfigError(f"{place} names itself; its targets are models")
            if unaliased(entry.model, settings) in settings.routes:
                raise ConfigError(f"{place} {nested(entry.model)}")


def nested(model: str) -> str:
    """Why a route may not name another, as the end of a sentence."""
    return f"names {model!r}, which is a route itself; list its models instead"


def unaliased(model: str, settings: Settings) -> str:
    """Where an alias leads. One that leads back to itself is found when it is used."""
    for _ in range(len(settings.aliases)):
        if model not in settings.aliases:
            break
        model = settings.aliases[model]
    return model
