"""`fairlead help`: the same pages as `--help`, for those who ask with a word."""

from __future__ import annotations

import click


@click.command("help")
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> None:
    """Show the help of fairlead, or of one of its commands."""
    from fairlead.cli.terminal import write

    page = context.parent or context
    for word in words:
        page = _below(page, word)
    write(f"{page.get_help()}\n")


def _below(page: click.Context, word: str) -> click.Context:
    group = page.command
    found = group.get_command(page, word) if isinstance(group, click.Group) else None
    if found is None:
        raise click.UsageError(
            f"{page.command_path} has no command {word!r}; "
            'to ask a model for help: fairlead -- "help ..."'
        )
    return click.Context(found, info_name=word, parent=page)
