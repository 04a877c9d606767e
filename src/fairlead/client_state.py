"""What a client shows of its targets and its settings, alike in both colours: nothing waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.types.health import TargetHealth
from fairlead.versions import Versioned

if TYPE_CHECKING:
    from fairlead.settings import Settings


class StateMethods(Versioned):
    """`Client` and `AsyncClient` inherit them."""

    def health(self, model: str) -> TargetHealth:
        """How the target `model` (as `provider/model`) is doing, as this client sees it.

        Its breaker, and what is under way and waiting at its limits. Sends nothing. Raises
        `ConfigError` or `RequestError` for a name that leads nowhere.
        """
        return self._core.health(model)

    def open_breaker(self, model: str, seconds: float | None = None) -> TargetHealth:
        """Leave the target `model` alone: its calls raise `BreakerOpen`, and routes go elsewhere.

        After `seconds` it is probed, as after failures; without them it stays so until
        `close_breaker`. Calls that are under way go on. Raises like `health`, and `ConfigError`
        where the settings turn all breakers off.
        """
        return self._core.open_breaker(model, seconds)

    def close_breaker(self, model: str) -> TargetHealth:
        """Let calls of the target `model` through again, and forget what failed. Raises the same.

        In routes it rests no longer either.
        """
        return self._core.close_breaker(model)

    def reload(self, settings: Settings | None = None) -> None:
        """Go by `settings` from the next call on; without them, by the files and variables again.

        Calls that are under way keep what they began with. A client that reads files does this
        by itself a few seconds after a change (`[reload]`). What was measured, held, spent,
        rotated and opened stays, and so do the connections: `[http]` needs a new client. Raises
        `ConfigError` for settings that cannot be used, and everything stays as it was.
        """
        self._versions.reload(settings)

    @property
    def settings_problem(self) -> str | None:
        """Why the settings files, as they are now, are not in force; None where they are."""
        self._versions.current()
        return self._versions.problem
