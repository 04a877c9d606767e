"""Dialects by name, each loaded when it is first spoken."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from fairlead.errors import ConfigError

if TYPE_CHECKING:
    from fairlead.ports import Dialect

CHAT_DIALECTS = ("openai_chat", "openai_responses", "anthropic_messages")


@cache
def dialect_named(name: str) -> Dialect:
    """Raises `ConfigError` for a name that is none."""
    if name not in CHAT_DIALECTS:
        raise ConfigError(f"there is no dialect {name!r}; there are {', '.join(CHAT_DIALECTS)}")
    dialect: Dialect = import_module(f"fairlead.dialects.{name}").DIALECT
    return dialect
