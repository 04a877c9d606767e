"""`fairlead config`: where settings come from, and what they are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping

import click
import msgspec

from fairlead.cli.group import Commands

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SECRET_HEADER = re.compile(r"auth|key|token|secret|password|credential|cookie", re.IGNORECASE)


@click.group("config", cls=Commands)
def command() -> None:
    """Show where settings come from, and what they are."""


@command.command("path")
@click.option("--all", "everything", is_flag=True, help="Every place that is looked at.")
def path(everything: bool) -> None:
    """Print the path of your own settings file, which need not exist yet."""
    from fairlead.auth.sources import Environment
    from fairlead.cli.terminal import note, table, write
    from fairlead.settings.files import config_paths

    places = config_paths(Environment(os.environ))
    if everything:
        rows = [(str(p.path), p.trust, "found" if p.exists else "not there") for p in places]
        write(table(rows))
        return
    write(f"{places[-1].path}\n")
    for place in places[:-1]:
        note(f"the project's {place.path} stands above it")


@command.command("show")
def show() -> None:
    """Print the settings in force as TOML, with every key hidden."""
    from fairlead.cli.printable import escaped_json
    from fairlead.cli.terminal import note, write
    from fairlead.settings import Settings

    settings = Settings.load()
    for warning in settings.warnings:
        note(f"warning: {warning}")
    tables = msgspec.structs.asdict(settings)
    for internal in ("warnings", "project_addresses"):
        tables.pop(internal, None)
    lines = [f"{key} = {value}" for key, value in _flat("", tables)]
    write(escaped_json("".join(f"{line}\n" for line in lines)))


def _flat(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    """Dotted keys and their values as TOML; what is unset is left out."""
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{prefix}.{_key(key)}" if prefix else _key(key), item)
    elif value is not None:
        yield prefix, _hidden(prefix, value)


def _hidden(path: str, value: object) -> str:
    table, _, key = path.rpartition(".")
    if table.endswith(".headers") and _SECRET_HEADER.search(key):
        return '"***"'
    if isinstance(value, str):
        value = re.sub(r"(?<=://)[^/@\s]*@", "***@", value)
    # A key is a `Secret`, which shows itself as stars.
    return json.dumps(value, default=str, ensure_ascii=False)


def _key(key: object) -> str:
    text = str(key)
    return text if _BARE_KEY.fullmatch(text) else json.dumps(text, ensure_ascii=False)
