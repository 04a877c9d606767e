"""Opens a page in the person's browser, where there is one to be seen."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from threading import Thread

from fairlead.auth.origin import origin_of
from fairlead.errors import ConfigError


def open_browser(url: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser was asked to show `url`; only for https and for this machine itself.

    Without a screen a browser would take over the terminal, so there it is not asked.
    """
    if not (_is_safe(url) and _has_screen(environment)):
        return False
    # Some browsers hold the one who started them until they are closed.
    Thread(target=_open, args=(url,), name="fairlead-browser", daemon=True).start()
    return True


def _open(url: str) -> None:
    import webbrowser

    try:
        webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return  # the address is printed too


def _is_safe(url: str) -> bool:
    try:
        return not origin_of(url).insecure
    except ConfigError:
        return False


def _has_screen(environment: Mapping[str, str]) -> bool:
    if environment.get("BROWSER") or sys.platform in ("darwin", "win32"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
