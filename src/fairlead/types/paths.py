"""Paths as people write them."""

from __future__ import annotations

import os
from pathlib import Path


def path_of(given: str | os.PathLike[str]) -> Path:
    """`given` with a leading `~` or `~name` filled in; as it stands where there is no such user."""
    return Path(os.path.expanduser(given))  # noqa: PTH111  # Path's own fails for an unknown user
