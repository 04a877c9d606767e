"""Reads `~/.aws/credentials` and `~/.aws/config`."""

from __future__ import annotations

from pathlib import Path

from fairlead.auth.sources import Environment
from fairlead.errors import ConfigError


class AwsFiles:
    """Both files; `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` name others."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    @property
    def paths(self) -> tuple[Path, Path]:
        """Credentials, then configuration."""
        return (
            self._path("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            self._path("AWS_CONFIG_FILE", "config"),
        )

    def exist(self) -> bool:
        """Whether there is either of them."""
        return any(path.is_file() for path in self.paths)

    def profiles(self) -> dict[str, Environment]:
        """The settings by profile; for keys, the credentials file stands above the other.

        Raises `ConfigError` with the file's name, and nothing of its content.
        """
        credentials, configuration = self.paths
        found: dict[str, dict[str, str]] = {}
        for section, values in _sections(configuration).items():
            name = _profile_name(section)
            if name is not None:
                found.setdefault(name, {}).update(values)
        for section, values in _sections(credentials).items():
            found.setdefault(section, {}).update(values)
        return {name: Environment(values) for name, values in found.items()}

    def region(self, profile: str) -> str | None:
        """The region that a profile names."""
        settings = self.profiles().get(profile)
        return None if settings is None else settings.get("region")

    def _path(self, variable: str, name: str) -> Path:
        given = self._environment.get(variable)
        if given is None:
            return self._environment.home() / ".aws" / name
        return self._environment.home() / given[2:] if given.startswith("~/") else Path(given)


def _profile_name(section: str) -> str | None:
    """Of `[default]` or `[profile name]`; other sections, such as `[sso-session x]`, hold none."""
    kind, _, name = section.partition(" ")
    if section == "default":
        return section
    return name.strip().strip("\"'") if kind == "profile" and name.strip() else None


def _sections(path: Path) -> dict[str, dict[str, str]]:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(default_section="\0", strict=False, allow_no_value=True)
    problem = ""
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        problem = error.strerror or "unreadable"
    except (Error, UnicodeDecodeError):
        problem = "it is not in the format of AWS's files"
    if problem:
        # Outside of the handler: the parser's own error quotes the line, which may hold a key.
        raise ConfigError(f"the file {path} cannot be read: {problem}")
    return {
        name: {key: value for key, value in parser.items(name) if value is not None}
        for name in parser.sections()
    }
