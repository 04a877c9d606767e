"""How an answer is asked for and shown: the flags of `ask`, and which of them go together."""

from __future__ import annotations

from typing import NamedTuple

import click

_EXCLUSIVE = (
    ("json", "raw"),
    ("json", "markdown"),
    ("raw", "markdown"),
    ("extract", "extract_last"),
    ("extract", "json"),
    ("extract", "markdown"),
    ("extract", "items"),
    ("extract_last", "json"),
    ("extract_last", "markdown"),
    ("extract_last", "items"),
    ("items", "markdown"),
    ("items", "no_stream"),
    ("dry_run", "usage"),
    ("dry_run", "receipt"),
    ("dry_run", "raw"),
    ("dry_run", "markdown"),
    ("dry_run", "extract"),
    ("dry_run", "extract_last"),
)


class Flags(NamedTuple):
    """How an answer is asked for and shown."""

    # No Struct: help must not wait for msgspec to load.

    no_stream: bool
    json: bool
    usage: bool
    receipt: bool
    dry_run: bool
    hide_reasoning: bool
    quiet: bool
    raw: bool
    markdown: bool
    extract: bool
    extract_last: bool
    items: bool
    go_on: bool
    no_log: bool

    def check(self) -> None:
        """Raises `click.UsageError` for two that exclude each other."""
        for one, other in _EXCLUSIVE:
            if getattr(self, one) and getattr(self, other):
                names = f"--{one} and --{other}".replace("_", "-")
                raise click.UsageError(f"{names} exclude each other; keep one")
        if self.items and self.json and not self.dry_run:
            raise click.UsageError("--items and --json exclude each other; keep one")

    @property
    def block(self) -> bool:
        """Whether a code block of the answer is wanted, not all of it."""
        return self.extract or self.extract_last
