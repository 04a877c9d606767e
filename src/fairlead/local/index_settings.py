"""Which package indexes the user has set: pip's environment variables, then pip's own files.

Read as pip reads them, and without pip, which an environment need not have.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from configparser import Error as ConfigParserError, RawConfigParser
from pathlib import Path

from msgspec import Struct

from fairlead.auth.sources import Environment
from fairlead.errors import LocalModelError

PYPI = "https://pypi.org/simple"
DEFAULT_TIMEOUT = 30.0

_SECTIONS = ("global", "download", "install")
_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class IndexSettings(Struct, frozen=True, kw_only=True):
    """Where to look for a wheel, in pip's words. URLs may hold a user and a password.

    `timeout` is of one wait, in seconds. `certificates` are added to the system's.
    """

    indexes: tuple[str, ...] = (PYPI,)
    find_links: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    proxy: str = ""
    timeout: float = DEFAULT_TIMEOUT

    def __repr__(self) -> str:
        return f"IndexSettings({len(self.indexes)} indexes, {len(self.find_links)} find-links)"


def read_index_settings(environment: Mapping[str, str] | None = None) -> IndexSettings:
    """The settings that hold for this process. Unreadable files are passed over, as pip does."""
    environment = os.environ if environment is None else environment
    options: dict[str, str] = {}
    for path in _config_files(environment):
        options.update(_read_file(path))
    options.update(_from_environment(environment))
    certificates = [options.get("cert", "")]
    certificates += [environment.get(variable, "") for variable in _CERTIFICATE_VARIABLES]
    return IndexSettings(
        indexes=_indexes(options, environment),
        find_links=tuple(options.get("find-links", "").split()),
        certificates=tuple(dict.fromkeys(path for path in certificates if path)),
        proxy=options.get("proxy", ""),
        timeout=_seconds(options.get("timeout") or options.get("default-timeout")),
    )


def _indexes(options: Mapping[str, str], environment: Mapping[str, str]) -> tuple[str, ...]:
    if options.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        return ()
    # An environment that uv made has no pip, and its user may have told only uv.
    for_uv = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    first = options.get("index-url") or for_uv or PYPI
    return (first, *options.get("extra-index-url", "").split())


def _seconds(text: str | None) -> float:
    try:
        return max(1.0, float(text or DEFAULT_TIMEOUT))
    except ValueError as error:
        raise LocalModelError(
            f"pip's timeout setting {text!r} is not a number; see: pip config list"
        ) from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        _option(name.removeprefix("PIP_")): value
        for name, value in environment.items()
        if name.startswith("PIP_") and value
    }


def _option(name: str) -> str:
    return name.lower().replace("_", "-")


def _read_file(path: Path) -> dict[str, str]:
    parser = RawConfigParser()
    try:
        parser.read_string(path.read_text())
    except (OSError, UnicodeDecodeError, ConfigParserError):
        return {}
    found: dict[str, str] = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            found.update((_option(name), value) for name, value in parser.items(section))
    return found


def _config_files(environment: Mapping[str, str]) -> list[Path]:
    """pip's files, the one that wins last."""
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return []
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    files = _global_files(environment, name)
    # pip leaves the user's own files out where a file is named in the environment.
    if not chosen or not Path(chosen).exists():
        files += _user_files(environment, name)
    files.append(Path(sys.prefix) / name)
    return [*files, Path(chosen)] if chosen else files


def _global_files(environment: Mapping[str, str], name: str) -> list[Path]:
    if sys.platform == "win32":
        return [Path(environment.get("PROGRAMDATA", r"C:\ProgramData")) / "pip" / name]
    if sys.platform == "darwin":
        return [Path("/Library/Application Support/pip") / name]
    shared = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [*(Path(folder) / "pip" / name for folder in shared.split(":")), Path("/etc") / name]


def _user_files(environment: Mapping[str, str], name: str) -> list[Path]:
    home = Environment(environment).home()
    if sys.platform == "win32":
        roaming = environment.get("APPDATA") or home / "AppData" / "Roaming"
        return [home / "pip" / name, Path(roaming) / "pip" / name]
    configured = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    application = home / "Library" / "Application Support" / "pip"
    if sys.platform == "darwin" and application.is_dir():
        return [home / ".pip" / name, application / name]
    return [home / ".pip" / name, configured / "pip" / name]
