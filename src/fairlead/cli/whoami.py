"""`fairlead whoami`: who is signed in where."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from fairlead.auth.login_providers import LOGINS

if TYPE_CHECKING:
    from fairlead.auth.login import Login
    from fairlead.keys.token_store import TokenStore


class Entry(Struct, frozen=True):
    """One login; never its tokens. `expires_at` is in seconds since 1970."""

    service: str
    account: str
    state: str
    kept_in: str = ""
    expires_at: float | None = None


@click.command("whoami")
@click.argument("service", type=click.Choice(LOGINS), metavar="[SERVICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(service: str | None, as_json: bool) -> None:
    """Show who is signed in; with a SERVICE, the exit code 3 says that nobody is."""
    from fairlead.auth.sources import Environment
    from fairlead.cli.report import to_json
    from fairlead.cli.terminal import note, table, write
    from fairlead.errors import MissingCredentials
    from fairlead.settings.logins import login_store

    store = login_store(Environment(os.environ))
    names = [name for name in store.names() if service in (None, name)]
    if service and not names:
        raise MissingCredentials(f"nobody is signed in to {service}; run fairlead login {service}")
    entries = [entry(store, name, time.time()) for name in names]
    if as_json:
        write(to_json(entries, indent=True) + "\n")
    elif entries:
        write(table([(item.service, item.account or "-", item.state) for item in entries]))
    else:
        *others, last = LOGINS
        note(f"nobody is signed in; run fairlead login with {', '.join(others)} or {last}")


def entry(store: TokenStore, name: str, now: float) -> Entry:
    """The login `name`; one that cannot be read is its state, and no error."""
    from fairlead.errors import ConfigError

    try:
        found = store.about(name)
    except ConfigError as error:
        return Entry(name, "", f"broken ({error})")
    if found is None:
        return Entry(name, "", "signed out")
    login, place = found
    return Entry(name, login.account, f"{_state(login, now)} ({place})", place, login.expires_at)


def _state(login: Login, now: float) -> str:
    if login.usable(now) or login.refresh is not None:
        return "signed in"  # a token that has ended is renewed when it is used next
    return f"expired; run fairlead login {login.service}"
