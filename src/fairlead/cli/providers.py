"""`fairlead providers`: every provider, and whether it can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec import Struct

if TYPE_CHECKING:
    from fairlead.providers.registry import Registry


class Entry(Struct, frozen=True):
    """One provider as it stands. `state` is in a few words."""

    name: str
    title: str
    state: str
    kind: str = ""
    aliases: tuple[str, ...] = ()
    base_url: str = ""
    dialects: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()


@click.command("providers")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(as_json: bool) -> None:
    """Show every provider, and whether it can be used."""
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import table, write
    from fairlead.providers.registry import Registry
    from fairlead.settings import Settings

    registry = Registry(Settings.load())
    entries = [entry(registry, name) for name in registry.names()]
    if as_json:
        write(to_json(entries, indent=True) + "\n")
    else:
        write(table([(item.name, item.title, item.state) for item in entries]))


def entry(registry: Registry, name: str) -> Entry:
    """The provider `name`; a broken address is its state, and no error."""
    from fairlead.errors import ConfigError

    try:
        provider = registry.get(name)
        state = registry.state(name)
    except ConfigError as error:
        return Entry(name, name, f"broken ({error})")
    return Entry(
        name,
        provider.title,
        state,
        provider.table.kind,
        provider.table.aliases,
        "" if provider.embedded else provider.endpoint.base_url,
        provider.dialects,
        provider.operations,
    )
