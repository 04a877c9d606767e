"""What became of connections that were opened before they were needed."""

from __future__ import annotations

from collections.abc import Sequence


def first_version(outcomes: Sequence[str | BaseException]) -> str:
    """The HTTP version of the first that stands. Raises the first error where none does."""
    for outcome in outcomes:
        if isinstance(outcome, str):
            return outcome
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return ""
