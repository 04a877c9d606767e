"""`fairlead tape`: tapes from the recordings of other tools."""

from __future__ import annotations

import click

from fairlead.cli.group import Commands


@click.group("tape", cls=Commands)
def command() -> None:
    """Make a tape from a recording of another tool."""


@command.command("import")
@click.argument("cassette", metavar="CASSETTE")
@click.argument("tape", metavar="TAPE")
def take_over(cassette: str, tape: str) -> None:
    """Write the exchanges of a CASSETTE of vcrpy (YAML or JSON) to the folder TAPE.

    Keys, cookies and tokens are taken out.
    """
    from fairlead.cli.terminal import note
    from fairlead.tapes.vcr import import_cassette

    count = import_cassette(cassette, tape)
    note(f"{count} exchange{'s' * (count != 1)} taken over; to see them: fairlead replay {tape}")
