"""A command that only holds others, such as `fairlead local`."""

from __future__ import annotations

import click

from fairlead.cli.failures import USAGE
from fairlead.cli.terminal import write_error


class Commands(click.Group):
    """Shows its help where none of its commands is named: on standard error, as wrong use."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            write_error(f"{ctx.get_help()}\n")
            ctx.exit(USAGE)
        return super().parse_args(ctx, args)
