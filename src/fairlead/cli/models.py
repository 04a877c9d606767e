"""`fairlead models`: what can be asked, as the names to ask it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from fairlead.cli.model_table import Row, cells, chosen, filters, heading, rows

if TYPE_CHECKING:
    from fairlead.cli.session import Session
    from fairlead.client import Client
    from fairlead.providers.registry import Registry


class Entry(Struct, frozen=True, omit_defaults=True):
    """One model. `model` is what `-m` takes; `context_window` is in tokens."""

    model: str
    provider: str
    name: str | None = None
    owned_by: str | None = None
    context_window: int | None = None


@click.command("models")
@click.argument("provider", required=False)
@click.option("--live", is_flag=True, help="Ask every provider that has a key.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@filters
def command(provider: str | None, live: bool, as_json: bool, **given: Any) -> None:
    """List models with their limits and prices, from the table that ships with fairlead.

    Prices that the settings give stand above the table's.

    With PROVIDER alone, or with --live, the providers are asked for their own lists.
    """
    from fairlead.cli.report import to_json
    from fairlead.cli.session import DEFAULT_MODEL, Session
    from fairlead.cli.terminal import note, write
    from fairlead.settings import Settings

    session = Session(Settings.load(), DEFAULT_MODEL)
    name = session.registry.get(provider).name if provider else None
    wanted = chosen(name, given.items())
    if live and wanted.anything:
        raise click.UsageError("--live cannot be narrowed; leave it or the other options out")
    if live or (name and not wanted.anything):
        asked = _of_one(session, name) if name else _of_all(session)
        text = to_json(asked, indent=True) + "\n" if as_json else _plain(asked)
    else:
        known = ([] if name or wanted.anything else _local_rows()) + rows(
            wanted, session.registry.prices()
        )
        text = to_json(known, indent=True) + "\n" if as_json else _with_heading(known)
        if not known:
            note("no model in the table fits; leave something out, or ask with --live")
    write(text)


def _plain(entries: list[Entry]) -> str:
    from fairlead.cli.terminal import table

    return table([(item.model, _described(item)) for item in entries])


def _with_heading(found: list[Row]) -> str:
    from fairlead.cli.terminal import table

    return table([heading(), *map(cells, found)]) if found else ""


def _local_rows() -> list[Row]:
    return [
        Row(model=e.model, provider=e.provider, name=e.name, context_window=e.context_window)
        for e in _local()
    ]


def _of_one(session: Session, name: str) -> list[Entry]:
    from fairlead.errors import MissingCredentials

    provider = session.registry.get(name)
    if provider.embedded:
        return _local()
    # Raises for a retired provider, with its successor, before anything is loaded or sent.
    session.registry.resolve(f"{provider.name}/-")
    with session.client() as client:
        try:
            return _listed(client, provider.name)
        except MissingCredentials as error:
            table = f"fairlead models -q {provider.name}/ needs none"
            raise MissingCredentials(f"{error}; {table}") from error


def _of_all(session: Session) -> list[Entry]:
    """Every list that can be had; one that cannot does not hide the others."""
    from fairlead.cli.failures import failure
    from fairlead.cli.session import ready_providers
    from fairlead.cli.terminal import note
    from fairlead.errors import FairleadError

    entries = _local()
    names = [name for name in ready_providers(session.registry) if _lists(session.registry, name)]
    if not names:
        return entries
    with session.client() as client:
        for name in names:
            try:
                entries += _listed(client, name)
            except FairleadError as error:
                note(f"warning: {failure(error)}")
    return entries


def _lists(registry: Registry, name: str) -> bool:
    return registry.get(name).models_url is not None


def _listed(client: Client, name: str) -> list[Entry]:
    return [
        Entry(f"{name}/{model.id}", name, model.name, model.owned_by, model.context_window)
        for model in client.provider(name).models()
    ]


def _local() -> list[Entry]:
    from fairlead.local.catalog import catalog
    from fairlead.local.launch import SLOTS, slot_context

    return [
        Entry(f"local/{model.name}", "local", model.title, None, slot_context(model, SLOTS))
        for model in catalog().values()
    ]


def _described(entry: Entry) -> str:
    window = f"{entry.context_window:,} tokens" if entry.context_window else None
    return ", ".join(filter(None, (entry.name, window)))
