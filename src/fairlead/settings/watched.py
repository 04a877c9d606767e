"""The files that a client's settings were read from, and whether they are others by now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from fairlead.auth.sources import Environment
from fairlead.settings.files import config_paths, working_folder
from fairlead.settings.values import Settings

Signature = tuple[tuple[str, int, int, int] | str, ...]
"""Of each file that would be read: its path, and when, how large and which it is, if it is."""


class SettingsFiles:
    """Looks where `Settings.load()` does, always from the folder in which the program began.

    A program that changes its folder must not come under the settings of another project.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._environment = Environment(environ)
        self._folder = working_folder()
        self.read: Signature | None = None
        """What the files were when they were read last."""

    def load(self) -> Settings:
        """Read them. Raises `ConfigError`."""
        self.read = self.signature()
        return Settings.load(environ=self._environ, cwd=self._folder)

    def signature(self) -> Signature:
        """What the files are now. It is another whenever one was changed, came or went."""
        places = config_paths(self._environment, cwd=self._folder)
        return tuple(_stamp(place.path) for place in places)


def _stamp(path: Path) -> tuple[str, int, int, int] | str:
    try:
        found = path.stat()
    except OSError:
        return str(path)
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino
