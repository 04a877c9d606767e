"""The versions of one client's settings: which is in force, and how the next one comes.

A version is a `Core` that never changes. A call takes the one in force when it begins and keeps it
to its end, so that no call sees parts of two.
"""

from __future__ import annotations

from math import inf
from threading import Lock
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fairlead.errors import ConfigError
from fairlead.warming import relearn

if TYPE_CHECKING:
    from fairlead.auth.secret import Secret
    from fairlead.core import Core
    from fairlead.settings import Settings
    from fairlead.settings.watched import SettingsFiles, Signature

_SETTLED = 0.5
"""Seconds for which a file must stay as it is before it is read: it may be half written."""


def given_or_read(given: Settings | None) -> tuple[Settings, SettingsFiles | None]:
    """A client's settings: those it was given or, with their files, those that it reads.

    Raises `ConfigError`.
    """
    if given is not None:
        return _checked(given), None
    from fairlead.settings.watched import SettingsFiles

    files = SettingsFiles()
    return files.load(), files


def _checked(given: object) -> Settings:
    from fairlead.settings import Settings

    if not isinstance(given, Settings):
        raise ConfigError(
            f"settings must be a fairlead.Settings, not a {type(given).__name__}; "
            "Settings.load(...) takes the same keys"
        )
    return given


class Versions:
    """Safe to share between threads. Without `files` only `reload` brings a new version."""

    __slots__ = ("_core", "_files", "_lock", "_look_at", "_seen", "problem")

    def __init__(self, core: Core, files: SettingsFiles | None = None) -> None:
        self._core = core
        self._files = files
        self._lock = Lock()
        self._seen: Signature | None = None
        self._look_at = inf
        self.problem: str | None = None
        """Why what the files say is not in force, or not all of it; None where it is."""
        self._wait()

    def current(self) -> Core:
        """The version for a call that begins now."""
        core = self._core
        if self._look_at < inf and core.now() >= self._look_at:
            self._look()
            return self._core
        return core

    def reload(self, settings: Settings | None = None) -> None:
        """Go by `settings`, or by the files as they are now.

        Raises `ConfigError`, and the version in force stays.
        """
        with self._lock:
            try:
                self._follow(self._loaded() if settings is None else _checked(settings))
                relearn(self._core.transport)
            except ConfigError as error:
                self.problem = str(error)
                raise
            finally:
                self._wait()

    def rotate_key(self, name: str, new: Secret) -> None:
        """Use `new` for the provider from the next request on, in this version and all others."""
        with self._lock:
            self._core.rotate_key(name, new)

    # -- under the lock --------------------------------------------------------------------------

    def _loaded(self) -> Settings:
        if self._files is None:
            raise ConfigError(
                "this client was given its settings and reads no files; "
                "pass the new ones: client.reload(settings)"
            )
        return self._files.load()

    def _follow(self, settings: Settings) -> None:
        before = self._core.settings
        fixed = "" if _connects_alike(before, settings) else _NEW_CLIENT
        self._core = self._core.under(replace(settings, http=before.http, limits=before.limits))
        self.problem = fixed or None

    def _wait(self, seconds: float | None = None) -> None:
        """When to look at the files again."""
        interval = self._core.settings.reload.interval
        if self._files is None or not interval:
            self._look_at = inf
        else:
            self._look_at = self._core.now() + min(interval, seconds or interval)

    # -- by itself -------------------------------------------------------------------------------

    def _look(self) -> None:
        """Read the files if they are others by now, and settled. One thread does; others go on."""
        files = self._files
        if files is None or not self._lock.acquire(blocking=False):
            return
        try:
            found = files.signature()
            changed, settled = found != files.read, found == self._seen
            self._seen = found
            if not changed:
                self._wait()
            elif settled:
                self._take(files, found)
            else:
                self._wait(_SETTLED)
        finally:
            self._lock.release()

    def _take(self, files: SettingsFiles, found: Signature) -> None:
        problem = self.problem
        try:
            settings = files.load()
            if files.signature() != found:
                files.read = self._seen = None
                self._wait(_SETTLED)
                return
            self._follow(settings)
        except ConfigError as error:
            self.problem = str(error)
        self._wait()
        _tell(problem, self.problem)


class Versioned:
    """What takes the version in force for each call."""

    _versions: Versions

    @property
    def _core(self) -> Core:
        """For a call that begins now."""
        return self._versions.current()


_NEW_CLIENT = (
    "[http], [limits] and allow_insecure_http of providers are in force for new clients only; "
    "all else is in force now"
)


def _connects_alike(before: Settings, after: Settings) -> bool:
    both = [(own.http, own.transport_http(), own.limits) for own in (before, after)]
    return both[0] == both[1]


def _tell(before: str | None, problem: str | None) -> None:
    from logging import getLogger

    log = getLogger("fairlead")
    if problem is None:
        log.info("the settings were read again and are in force")
    elif problem == _NEW_CLIENT:
        log.warning("the settings were read again: %s", problem)
    elif problem != before:
        log.warning("the settings stay as they were, because the new ones are broken: %s", problem)
