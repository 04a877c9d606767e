"""Help whose options stand under headings, so that a long list can be read."""

from __future__ import annotations

from collections.abc import Sequence

import click

_SECTIONS = {
    "The question": ("model", "go_on", "system", "pairs", "attachments", "sources", "deadline"),
    "Tools": ("tools", "functions", "chain_limit", "yes", "approve_each", "tools_debug"),
    "Structured answers": ("schema", "items", "extract", "extract_last"),
}
_REST = "What is shown"


class SectionedCommand(click.Command):
    """A command whose options are shown in the sections of `ask` and `chat`."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_sections(ctx, formatter, self.get_params(ctx))


def write_sections(
    ctx: click.Context, formatter: click.HelpFormatter, parameters: Sequence[click.Parameter]
) -> None:
    """Each option under its heading; those of no section come last."""
    options = [item for item in parameters if isinstance(item, click.Option)]
    placed = {name for names in _SECTIONS.values() for name in names}
    rest = tuple(item.name or "" for item in options if item.name not in placed)
    for title, names in {**_SECTIONS, _REST: rest}.items():
        rows = [item.get_help_record(ctx) for item in options if item.name in names]
        shown = [row for row in rows if row is not None]
        if shown:
            with formatter.section(title):
                formatter.write_dl(shown)
