"""Which built-in providers offer an operation. Reads all tables, so it is for errors alone."""

from __future__ import annotations

from functools import cache

from fairlead.providers.index import NAMES
from fairlead.providers.schema import table_of


@cache
def offering(operation: str) -> tuple[str, ...]:
    """The names, sorted, of the providers in service that have `operation` for some model."""
    return tuple(name for name in sorted(NAMES) if _offers(name, operation))


def _offers(name: str, operation: str) -> bool:
    table = table_of(name)
    return table.status == "active" and operation in table.operations
