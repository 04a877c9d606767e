"""Where files go that are neither settings nor a cache, by the XDG specification."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment


def state_folder(environment: Environment) -> Path:
    """The user's folder for what is kept between runs; it need not exist."""
    # The specification says that a relative path is to be ignored.
    configured = Path(environment.get("XDG_STATE_HOME") or "")
    folder = configured if configured.is_absolute() else environment.home() / ".local" / "state"
    return folder / "fairlead"
