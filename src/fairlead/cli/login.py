"""`fairlead login`: sign in to a service, in a browser."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from fairlead.auth.login_providers import LOGINS

if TYPE_CHECKING:
    from fairlead.keys.token_store import TokenStore


@click.command("login")
@click.argument("service", type=click.Choice(LOGINS), metavar="SERVICE")
@click.option("--client-id", metavar="ID", help="The OAuth client of your own to sign in with.")
@click.option("--client-file", metavar="FILE", help="The same, as Google's console gives it.")
@click.option("--host", metavar="HOST", help="GitHub's own host of your company.")
@click.option("--scope", "scopes", multiple=True, help="Ask for this scope (repeatable).")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def command(
    service: str,
    client_id: str | None,
    client_file: str | None,
    host: str | None,
    scopes: tuple[str, ...],
    no_browser: bool,
) -> None:
    """Sign in to google, github-copilot or openrouter.

    The login is kept in the system's keyring where there is one, else in a file that only you can
    read, and is used where no key is set.
    """
    from msgspec.structs import replace

    from fairlead.auth.login_providers import login_service
    from fairlead.auth.sources import Environment
    from fairlead.cli.oauth_client import oauth_client
    from fairlead.cli.sign_in import line, sign_in
    from fairlead.cli.terminal import note
    from fairlead.settings import Settings
    from fairlead.settings.logins import login_store
    from fairlead.settings.values import LoginSettings

    settings, environment = Settings.load(), Environment(os.environ)
    own = settings.logins.get(service, LoginSettings())
    asked = login_service(service, host or own.host or "")
    client = oauth_client(asked, own, environment, client_id=client_id, client_file=client_file)
    asked = replace(asked, scopes=scopes or asked.scopes)
    store = login_store(environment)
    with line(settings) as through:
        login = sign_in(asked, client, store, through, browser=not no_browser)
    note(f"signed in to {asked.title}{f' as {login.account}' if login.account else ''}")
    note(_where(store, service))


def _where(store: TokenStore, service: str) -> str:
    found = store.about(service)
    if found is not None and found[1] == "keyring":
        return "the login is kept in the system's keyring"
    return (
        f"the login is kept in {store.path_of(service)}, which only you can read, but is not "
        'encrypted; with pip install "fairlead[keyring]" a keyring keeps it'
    )
