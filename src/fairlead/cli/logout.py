"""`fairlead logout`: end a login."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from fairlead.auth.login_providers import LOGINS

if TYPE_CHECKING:
    from fairlead.auth.login_providers import LoginService
    from fairlead.keys.token_store import TokenStore


@click.command("logout")
@click.argument("service", type=click.Choice(LOGINS), metavar="SERVICE")
def command(service: str) -> None:
    """Forget a login, and have the service forget it where it offers that."""
    from fairlead.auth.sources import Environment
    from fairlead.cli.sign_in import line, sign_out
    from fairlead.cli.terminal import note
    from fairlead.settings import Settings
    from fairlead.settings.logins import login_store

    settings, store = Settings.load(), login_store(Environment(os.environ))
    asked = _service(service, store)
    with line(settings) as through:
        done = sign_out(asked, store, through)
    note(f"signed out of {asked.title}" if done else f"nobody is signed in to {asked.title}")


def _service(name: str, store: TokenStore) -> LoginService:
    """The service at the host where the login was made; one that is damaged does not tell it."""
    from fairlead.auth.login_providers import login_service
    from fairlead.errors import ConfigError

    try:
        found = store.about(name)
    except ConfigError:
        found = None
    return login_service(name, found[0].host if found is not None else "")
