"""Where settings files are, and what is in them, with every key sealed as it is read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from fairlead.auth.secret import Secret
from fairlead.errors import ConfigError
from fairlead.types.http import CREDENTIAL_HEADERS

if TYPE_CHECKING:
    from fairlead.auth.sources import Environment

FILE_NAME = "fairlead.toml"
Trust = Literal["user", "project"]


class ConfigPath(Struct, frozen=True):
    """A place for a settings file. A project's file may come from a stranger's repository."""

    trust: Trust
    path: Path
    required: bool = False
    """Whether its absence is an error: somebody named it."""

    @property
    def exists(self) -> bool:
        return self.path.is_file()


class Layer(Struct, frozen=True):
    """Settings from one place. `source` is what errors call it; tables are as in the file.

    `problem` says why there is no table; it is raised later, away from the frames that hold keys.
    """

    source: str
    trust: Trust
    table: dict[str, object] = {}
    problem: str = ""
    from_text: bool = False
    """Whether values are text still, as in the environment."""


def config_paths(
    environment: Environment, *, path: Path | None = None, cwd: Path | None = None
) -> tuple[ConfigPath, ...]:
    """The files that are looked for, strongest first. `path` stands in place of all others."""
    named = path or (Path(given) if (given := environment.get("FAIRLEAD_CONFIG")) else None)
    if named is not None:
        return (ConfigPath("user", named, required=True),)
    user = user_file(environment)
    start = cwd or working_folder()
    project = project_file(start, environment.home()) if start is not None else None
    if project is None or _same(project, user):
        return (ConfigPath("user", user),)
    return ConfigPath("project", project), ConfigPath("user", user)


def working_folder() -> Path | None:
    """The current folder; None where it was deleted, or may not be looked up."""
    try:
        return Path.cwd()
    except OSError:
        return None


def user_file(environment: Environment) -> Path:
    """The user's own file; it need not exist."""
    given = environment.get("XDG_CONFIG_HOME")
    if given is None and sys.platform == "win32":
        given = environment.get("APPDATA")
    folder = Path(given) if given else environment.home() / ".config"
    return folder / "fairlead" / FILE_NAME


def project_file(start: Path, home: Path) -> Path | None:
    """The nearest fairlead.toml from `start` up to the repository's root or the home folder.

    Outside of both, only `start` itself is looked at: any user may write to the folders above.
    """
    start = start.absolute()
    folders = [start, *start.parents]
    ends = [index for index, folder in enumerate(folders) if (folder / ".git").exists()]
    if home in folders:
        ends.append(folders.index(home))
    for folder in folders[: min(ends, default=0) + 1]:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    return None


def read_layer(config: ConfigPath) -> Layer:
    """What the file says, or what is wrong with it: not TOML (with the line), not readable."""
    import tomllib

    source = str(config.path)
    try:
        table: dict[str, object] = tomllib.loads(config.path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        problem = f"not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}{_quotes(str(error))}"
    except UnicodeDecodeError:
        problem = "not UTF-8 text; save it as UTF-8"
    except RecursionError:
        problem = "not valid TOML: nested too deeply"
    except ValueError:
        problem = "not valid TOML: a number has too many digits"
    except OSError as error:
        problem = f"cannot be read: {error.strerror or 'unknown reason'}"
    else:
        return Layer(source, config.trust, table, seal(table))
    return Layer(source, config.trust, problem=problem)


def _quotes(said: str) -> str:
    """What most often is wrong where a value makes no sense, as in `model = openai/gpt-5`."""
    return "; text stands between quotes" if said.startswith("Invalid value") else ""


def seal(table: dict[str, object]) -> str:
    """Turn every provider's `key`, and the store's `url` with its password, into a `Secret`.

    In place, before anything can show it. Takes out what cannot be sealed. Returns what is wrong
    with the first such value, or nothing.
    """
    problem = _sealed_store(table.get("store"))
    providers = table.get("providers")
    if problem or not isinstance(providers, dict):
        return problem
    problems = [_sealed(name, own) for name, own in providers.items() if isinstance(own, dict)]
    return next((problem for problem in problems if problem), "")


def _sealed_store(store: object) -> str:
    if isinstance(store, dict) and isinstance(store.get("url"), str):
        try:
            store["url"] = Secret(store["url"], what="url")
        except ConfigError as error:
            del store["url"]
            return f"store.{error}"
    return ""


def _sealed(name: str, own: dict[str, object]) -> str:
    problems = [_without_login(own), _without_credential_header(own)]
    if isinstance(own.get("key"), str):
        try:
            own["key"] = Secret(str(own["key"]), what="key")
        except ConfigError as error:
            del own["key"]
            problems.append(str(error))
    return next((f"providers.{name}.{problem}" for problem in problems if problem), "")


def _without_login(own: dict[str, object]) -> str:
    address = own.get("base_url")
    if isinstance(address, str) and "@" in address.partition("://")[2].partition("/")[0]:
        del own["base_url"]
        return "base_url: holds a user name or password; give the key as key or key_env"
    return ""


def _without_credential_header(own: dict[str, object]) -> str:
    headers = own.get("headers")
    for header in headers if isinstance(headers, dict) else ():
        if header.lower() in CREDENTIAL_HEADERS:
            del own["headers"]
            return f"headers.{header}: give the key as key or key_env, bound to its address"
    return ""


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
